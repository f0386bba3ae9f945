import { expect, test } from "bun:test";
import type { JsonObject } from "../../src/core/json.ts";
import { plainSchema } from "../../src/transports/plain_schema.ts";

test("plainSchema() takes patterns, formats and enums with a slash out of every schema", () => {
  const schema: JsonObject = {
    type: "object",
    properties: {
      url: { type: "string", format: "uri", pattern: "^https:", description: "where" },
      kind: { type: "string", enum: ["image/png", "other"] },
      mode: { enum: ["a", "b"] },
      list: { type: "array", items: { type: "string", pattern: "x" } },
      pair: { prefixItems: [{ format: "date" }, { type: "number" }] },
      any: { anyOf: [{ type: "string", format: "date" }, { type: "null" }] },
      map: { type: "object", additionalProperties: { type: "string", format: "email" } },
    },
    $defs: { inner: { type: "string", pattern: "y" } },
    required: ["url"],
    additionalProperties: false,
  };
  expect(plainSchema(schema)).toEqual({
    type: "object",
    properties: {
      url: { type: "string", description: "where" },
      kind: { type: "string" },
      mode: { enum: ["a", "b"] },
      list: { type: "array", items: { type: "string" } },
      pair: { prefixItems: [{}, { type: "number" }] },
      any: { anyOf: [{ type: "string" }, { type: "null" }] },
      map: { type: "object", additionalProperties: { type: "string" } },
    },
    $defs: { inner: { type: "string" } },
    required: ["url"],
    additionalProperties: false,
  });
});

test("plainSchema() keeps properties that are named like keywords", () => {
  const schema: JsonObject = {
    type: "object",
    properties: {
      type: { type: "string" },
      pattern: { type: "string", pattern: "x" },
      format: { type: "string" },
      enum: { type: "string", enum: ["a/b"] },
      properties: { type: "object", properties: { pattern: { format: "uri" } } },
    },
    $defs: { format: { type: "number" } },
  };
  expect(plainSchema(schema)).toEqual({
    type: "object",
    properties: {
      type: { type: "string" },
      pattern: { type: "string" },
      format: { type: "string" },
      enum: { type: "string" },
      properties: { type: "object", properties: { pattern: {} } },
    },
    $defs: { format: { type: "number" } },
  });
});

test("plainSchema() looks for schemas only where schemas are", () => {
  const schema: JsonObject = {
    type: "object",
    default: { pattern: "kept", format: "kept" },
    const: { enum: ["a/b"] },
    examples: [{ pattern: "kept" }],
  };
  expect(plainSchema(schema)).toEqual(schema);
});

test("plainSchema() leaves its argument as it was", () => {
  const schema: JsonObject = { properties: { a: { type: "string", pattern: "x" } } };
  const before = structuredClone(schema);
  plainSchema(schema);
  expect(schema).toEqual(before);
});
