import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../core/json.ts";

/** Keywords whose value maps names, which are the user's own, to schemas. */
const schemaMaps = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
]);
/** Keywords whose value is a schema or a list of schemas. */
const schemaKeywords = new Set([
  "items",
  "prefixItems",
  "contains",
  "additionalItems",
  "additionalProperties",
  "unevaluatedItems",
  "unevaluatedProperties",
  "propertyNames",
  "allOf",
  "anyOf",
  "oneOf",
  "not",
  "if",
  "then",
  "else",
]);

/**
 * A copy of a JSON schema without `pattern`, `format` and enums that hold a slash, which some servers cannot compile
 * into a grammar. Walks by keyword: a property that is named `pattern` stays.
 */
export function plainSchema(schema: JsonObject): JsonObject {
  const kept = Object.entries(schema).filter(([key, value]) => !isUnwanted(key, value));
  return Object.fromEntries(
    kept.map(([key, value]) => {
      if (schemaMaps.has(key) && isJsonObject(value)) return [key, plainMap(value)];
      return [key, schemaKeywords.has(key) ? plainValue(value) : value];
    }),
  );
}

function isUnwanted(key: string, value: Json): boolean {
  if (key === "pattern" || key === "format") return true;
  return (
    key === "enum" &&
    isJsonArray(value) &&
    value.some((entry) => typeof entry === "string" && entry.includes("/"))
  );
}

function plainMap(map: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(value: Json): Json {
  if (isJsonArray(value)) return value.map(plainValue);
  return isJsonObject(value) ? plainSchema(value) : value;
}
