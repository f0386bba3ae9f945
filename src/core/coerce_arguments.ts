import { isJsonArray, isJsonObject, type Json, type JsonObject, parseJson } from "./json.ts";

/**
 * A tool's arguments as its JSON schema wants them. Models write numbers as text, lists as JSON text, and null for what
 * they leave out: where the schema makes clear what was meant, that is taken; what is ambiguous is left as it is. The
 * schema holds no references.
 */
export function coerceArguments(value: JsonObject, schema: JsonObject): JsonObject {
  const properties = propertiesOf(schema);
  const entries = Object.entries(value).flatMap(([name, entry]): [string, Json][] => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    // A null stands for a property that is left out, for models that must name all of them.
    if (entry === null && !allowsNull(property)) return [];
    return [[name, coerce(entry, property)]];
  });
  return Object.fromEntries(entries);
}

/** The schemas of an object's properties by name. */
export function propertiesOf(schema: JsonObject): JsonObject {
  const properties = schema["properties"];
  return isJsonObject(properties) ? properties : {};
}

function coerce(value: Json, schema: Json | undefined): Json {
  if (!isJsonObject(schema)) return value;
  const variants = variantsOf(schema);
  // What fits one of several kinds is meant as it is; a text that could be two others is ambiguous.
  const fitting = variants.find((variant) => fits(value, variant));
  if (fitting !== undefined) return within(value, fitting);
  const meant = variants.flatMap((variant) => {
    const read = readAs(value, variant);
    return read !== undefined && fits(read, variant) ? [within(read, variant)] : [];
  });
  const [first] = meant;
  const isClear = meant.every((other) => JSON.stringify(other) === JSON.stringify(first));
  return first !== undefined && isClear ? first : value;
}

/** The kinds of value that a schema allows, each as a schema with one type. */
function variantsOf(schema: JsonObject): readonly JsonObject[] {
  const { type, anyOf, oneOf } = schema;
  if (isJsonArray(type)) return type.map((one) => ({ ...schema, type: one }));
  if (type !== undefined) return [schema];
  const alternatives = isJsonArray(anyOf) ? anyOf : isJsonArray(oneOf) ? oneOf : [];
  return alternatives.filter(isJsonObject).flatMap(variantsOf);
}

/** Whether null may be meant: it may where the schema does not say that it must be something else. */
function allowsNull(schema: Json | undefined): boolean {
  const variants = isJsonObject(schema) ? variantsOf(schema) : [];
  return variants.length === 0 || variants.some((variant) => variant["type"] === "null");
}

function fits(value: Json, { type }: JsonObject): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "number":
    case "string":
    case "boolean":
      return typeof value === type;
    case "array":
      return isJsonArray(value);
    case "object":
      return isJsonObject(value);
    case "null":
      return value === null;
    default:
      return false;
  }
}

/** The value as one of another type, or undefined when it cannot be that. */
function readAs(value: Json, { type }: JsonObject): Json | undefined {
  if (type === "string") return typeof value === "number" ? String(value) : undefined;
  if (typeof value !== "string") return undefined;
  switch (type) {
    case "number":
    case "integer":
      return /^\s*-?\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
    case "boolean":
      return /^(?:true|false)$/i.test(value) ? value.toLowerCase() === "true" : undefined;
    case "array":
    case "object":
      return parseJson(value);
    default:
      return undefined;
  }
}

/** The parts of a value as the schema of its kind wants them. */
function within(value: Json, schema: JsonObject): Json {
  if (isJsonArray(value)) return value.map((entry) => coerce(entry, schema["items"]));
  return isJsonObject(value) ? coerceArguments(value, schema) : value;
}
