/** Values that fit a JSON schema, for contracts that must hold for all of them. */
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";

/** How deep a value nests before only what is required is made. */
const maxDepth = 8;

/**
 * Values of a schema of draft 7, as codex writes them (`$ref` into its own `definitions`, unions, enums, records): half
 * of them with all that is optional, half with nothing of it. The same ones every time, each once.
 */
export function schemaValues(schema: JsonObject, count = 80): readonly Json[] {
  const { definitions } = schema;
  const made = Array.from({ length: count }, (_, index) => {
    const maker: Maker = {
      definitions: isJsonObject(definitions) ? definitions : {},
      isFull: index % 2 === 0,
      // The first values take the first alternatives in turn; later ones mix them.
      choose: index < 20 ? (of) => (index >> 1) % of : dice(index),
    };
    return valueOf(schema, maker, 0);
  });
  return [...new Map(made.map((value) => [JSON.stringify(value), value])).values()];
}

interface Maker {
  readonly definitions: JsonObject;
  readonly isFull: boolean;
  /** A number from 0 to below `of`. */
  choose(of: number): number;
}

/** Numbers without a pattern that are the same in every run (the generator of Numerical Recipes, chapter 7). */
function dice(seed: number): (of: number) => number {
  let state = seed;
  return (of) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * of);
  };
}

function valueOf(schema: Json, maker: Maker, depth: number): Json {
  if (!isJsonObject(schema)) return pick(anything, maker);
  const { $ref, oneOf, anyOf, allOf, type } = schema;
  const known = $ref ?? null;
  if (typeof known === "string") {
    return valueOf(maker.definitions[known.split("/").at(-1) ?? ""] ?? null, maker, depth);
  }
  const fixed = list(schema["enum"]);
  if (fixed.length > 0) return pick(fixed, maker);
  const alternatives = [...list(oneOf), ...list(anyOf)];
  if (alternatives.length > 0 || allOf !== undefined) {
    const chosen = alternatives.length > 0 ? [pick(alternatives, maker)] : list(allOf);
    const parts = chosen.map((part) => valueOf(part, maker, depth));
    const own = type === "object" ? [objectOf(schema, maker, depth)] : [];
    const objects = [...own, ...parts].filter(isJsonObject);
    return objects.length > 0 ? Object.assign({}, ...objects) : (parts[0] ?? null);
  }
  return typedValue(schema, maker, depth);
}

const anything: readonly Json[] = [null, "text", 7, { text: ["text"] }, []];

function typedValue(schema: JsonObject, maker: Maker, depth: number): Json {
  const types = typeof schema["type"] === "string" ? [schema["type"]] : list(schema["type"]);
  // The stack of a recursive type ends at null, where it may.
  const isDeep = depth > maxDepth && types.includes("null");
  const type = isDeep ? "null" : types.length > 0 ? pick(types, maker) : undefined;
  switch (type) {
    case "null":
      return null;
    case "boolean":
      return maker.choose(2) === 0;
    case "integer":
    case "number":
      return Math.max(numberOf(schema["minimum"]), maker.choose(4));
    case "string":
      return pick(["text", "https://example.com/", "é\n'; x", ""], maker);
    case "array":
      return maker.isFull
        ? Array.from({ length: 1 + maker.choose(5) }, () =>
            valueOf(schema["items"] ?? null, maker, depth + 1),
          )
        : [];
    case "object":
      return objectOf(schema, maker, depth);
    default:
      return pick(anything, maker);
  }
}

function objectOf(schema: JsonObject, maker: Maker, depth: number): JsonObject {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = list(schema["required"]);
  const isFull = maker.isFull && depth <= maxDepth;
  const entries = Object.entries(properties)
    .filter(([name]) => isFull || required.includes(name))
    .map(([name, property]) => [name, valueOf(property, maker, depth + 1)] as const);
  const others = schema["additionalProperties"];
  // A record gets the names that strings have, so that a list of its keys can be true.
  const more = isJsonObject(others) && maker.isFull ? ["text", "é\n'; x"] : [];
  return Object.fromEntries([
    ...entries,
    ...more.map((name) => [name, valueOf(others ?? null, maker, depth + 1)] as const),
  ]);
}

function pick<Value>(values: readonly Value[], maker: Maker): Value {
  return values[maker.choose(values.length)]!;
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function numberOf(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}
