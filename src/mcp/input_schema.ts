import { isJsonObject, type Json, type JsonObject, parseJson } from "../core/json.ts";

/** A schema of more characters is told without its depths. */
const maxChars = 32_000;
/** Deeper than this nothing is told. */
const maxDepth = 24;
/** Parts that are looked at: references can multiply a small schema without end. */
const maxParts = 5_000;

/** Keys whose value is a schema, a list of schemas, or a table of schemas by name. */
const nested: ReadonlySet<string> = new Set(["items", "additionalProperties", "not"]);
const nestedLists: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf"]);
const nestedTables: ReadonlySet<string> = new Set(["properties", "patternProperties"]);

/** Keys that say nothing to a model, or that endpoints refuse: dialects, identities, definitions (references are resolved). */
const dropped: ReadonlySet<string> = new Set([
  "$schema",
  "$id",
  "id",
  "$anchor",
  "$comment",
  "$defs",
  "definitions",
  "$vocabulary",
  "$dynamicRef",
  "$dynamicAnchor",
]);

/**
 * The schema of a tool's arguments as every endpoint takes it: an object schema without references and without alternatives
 * at its top; what is no schema becomes one that allows everything. Pure.
 */
export function safeSchema(inputSchema: unknown): JsonObject {
  // Through JSON, so that nothing else is in it.
  const given = parseJson(JSON.stringify(inputSchema ?? {}).toWellFormed());
  const root = isJsonObject(given) ? given : {};
  const cleaner = new Cleaner(root);
  const schema = objectSchema(cleaner.clean(root, []));
  return JSON.stringify(schema).length > maxChars ? shallow(schema) : schema;
}

/** Takes parts of a schema over, and counts them. */
class Cleaner {
  readonly #root: JsonObject;
  #parts = 0;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  /** `path` holds the references that were followed to get here. */
  clean(schema: Json, path: readonly string[], depth = 0): JsonObject {
    this.#parts++;
    // `true` allows everything, which endpoints want to be written as a table.
    if (!isJsonObject(schema) || depth > maxDepth || this.#parts > maxParts) return {};
    const { $ref: reference, ...own } = schema;
    if (typeof reference === "string") return this.#followed(reference, own, { path, depth });
    const entries = Object.entries(own).flatMap(([key, value]): [string, Json][] => {
      if (dropped.has(key) || key.startsWith("x-")) return [];
      const kept = this.#entry(key, value, { path, depth });
      return kept === undefined ? [] : [[key, kept]];
    });
    return completed(Object.fromEntries(entries));
  }

  #followed(
    reference: string,
    own: JsonObject,
    { path, depth }: { readonly path: readonly string[]; readonly depth: number },
  ): JsonObject {
    const target = path.includes(reference) ? undefined : targetOf(this.#root, reference);
    const beside = this.clean(own, path, depth + 1);
    if (target === undefined) return beside;
    return { ...this.clean(target, [...path, reference], depth + 1), ...beside };
  }

  #entry(
    key: string,
    value: Json,
    { path, depth }: { readonly path: readonly string[]; readonly depth: number },
  ): Json | undefined {
    const clean = (part: Json): JsonObject => this.clean(part, path, depth + 1);
    if (nestedTables.has(key)) {
      if (!isJsonObject(value)) return undefined;
      return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, clean(part)]));
    }
    if (nestedLists.has(key))
      return isList(value) && value.length > 0 ? value.map(clean) : undefined;
    if (!nested.has(key)) return isSound(key, value) ? value : undefined;
    // A list of items is a tuple of before 2020-12.
    if (isList(value)) return key === "items" ? {} : undefined;
    return typeof value === "boolean" && key === "additionalProperties" ? value : clean(value);
  }
}

/** Whether a plain keyword says something that can be understood. */
function isSound(key: string, value: Json): boolean {
  if (key === "enum") return isList(value) && value.length > 0;
  if (key === "required") return isList(value);
  if (key === "pattern") return typeof value === "string" && isPattern(value);
  if (key === "type") return typeof value === "string" || (isList(value) && value.length > 0);
  return true;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, "u").source !== "";
  } catch {
    return false;
  }
}

/** A list must say of what; only properties that are there can be required. */
function completed(schema: JsonObject): JsonObject {
  const { required, properties, ...rest } = schema;
  const types = isList(schema["type"]) ? schema["type"] : [schema["type"]];
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  const needed = isList(required)
    ? required.filter((name) => typeof name === "string" && names.includes(name))
    : [];
  return {
    ...rest,
    ...(types.includes("array") && rest["items"] === undefined ? { items: {} } : {}),
    ...(isJsonObject(properties) ? { properties } : {}),
    ...(needed.length > 0 ? { required: [...new Set(needed)] } : {}),
  };
}

/**
 * An object schema at the top. Alternatives there (`anyOf` of several tables) are refused by endpoints: the properties of all
 * are told as one table, required are those that `allOf` or the schema itself requires.
 */
function objectSchema(schema: JsonObject): JsonObject {
  const {
    anyOf,
    oneOf,
    allOf,
    not: _not,
    enum: _enum,
    const: _const,
    type: _type,
    ...rest
  } = schema;
  const variants = [allOf, anyOf, oneOf].flatMap((list) => (isList(list) ? list : []));
  const tables = [...variants, schema].filter(isJsonObject);
  const properties = Object.fromEntries(
    tables.flatMap(({ properties: own }) => (isJsonObject(own) ? Object.entries(own) : [])),
  );
  const strict = [schema, ...(isList(allOf) ? allOf : [])].filter(isJsonObject);
  const required = strict.flatMap((table) => (isList(table["required"]) ? table["required"] : []));
  return completed({ ...rest, type: "object", properties, required });
}

/** The first level only: names, types and what is said of them. */
function shallow(schema: JsonObject): JsonObject {
  const { properties = {}, required = [] } = schema;
  const entries = Object.entries(isJsonObject(properties) ? properties : {}).slice(0, 200);
  const told = entries.map(([name, part]): [string, Json] => {
    const { type, description } = isJsonObject(part) ? part : {};
    const text = typeof description === "string" ? { description: description.slice(0, 200) } : {};
    const items = type === "array" ? { items: {} } : {};
    return [name.slice(0, 200), { ...(type === undefined ? {} : { type }), ...items, ...text }];
  });
  return completed({ type: "object", properties: Object.fromEntries(told), required });
}

/** What a local reference (`#/$defs/x`, RFC 6901) leads to. */
function targetOf(root: JsonObject, reference: string): Json | undefined {
  if (reference === "#") return undefined;
  if (!reference.startsWith("#/")) return undefined;
  return reference
    .slice(2)
    .split("/")
    .reduce<Json | undefined>((node, segment) => {
      const name = segment.replaceAll("~1", "/").replaceAll("~0", "~");
      return isJsonObject(node) && Object.hasOwn(node, name) ? node[name] : undefined;
    }, root);
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
