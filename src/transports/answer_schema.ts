import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../core/json.ts";

/** The format of an answer that must follow a schema, as both wire APIs write it. */
export function answerSchema(schema: JsonObject): JsonObject {
  return { name: "answer", schema, strict: isStrict(schema) };
}

/** What `strict` does not know (Structured Outputs, "Supported schemas"). */
const looseKeywords = ["allOf", "oneOf", "not", "if", "dependentRequired", "dependentSchemas"];

/**
 * Whether a server can enforce the schema. OpenAI answers a request for `strict` with 400 unless the whole is an object
 * and every object in it requires all of its properties and allows no others.
 */
function isStrict(schema: JsonObject): boolean {
  return schema["type"] === "object" && isStrictNode(schema);
}

function isStrictNode(node: Json): boolean {
  if (isJsonArray(node)) return node.every(isStrictNode);
  if (!isJsonObject(node)) return true;
  if (looseKeywords.some((keyword) => keyword in node)) return false;
  const isObjectSchema = node["type"] === "object" || isJsonObject(node["properties"]);
  return (!isObjectSchema || isClosed(node)) && Object.values(node).every(isStrictNode);
}

function isClosed({ properties, required, additionalProperties }: JsonObject): boolean {
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  return (
    additionalProperties === false &&
    names.every((name) => isJsonArray(required) && required.includes(name))
  );
}
