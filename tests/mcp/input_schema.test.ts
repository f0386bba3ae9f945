import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Json } from "../../src/core/json.ts";
import { safeSchema } from "../../src/mcp/input_schema.ts";

const anything = { type: "object", properties: {} };

test.each<[string, unknown, unknown]>([
  ["nothing", undefined, anything],
  ["what is no schema", "text", anything],
  [
    "a schema of a list",
    { type: "array", items: {} },
    { type: "object", properties: {}, items: {} },
  ],
  [
    "an object schema as it is",
    {
      type: "object",
      properties: {
        path: { type: "string", description: "Where" },
        depth: { type: "integer", minimum: 0 },
      },
      required: ["path"],
      additionalProperties: false,
    },
    {
      type: "object",
      properties: {
        path: { type: "string", description: "Where" },
        depth: { type: "integer", minimum: 0 },
      },
      required: ["path"],
      additionalProperties: false,
    },
  ],
  [
    "references, also to themselves",
    {
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      properties: { root: { $ref: "#/$defs/node" }, gone: { $ref: "#/$defs/none" } },
      $defs: {
        node: {
          type: "object",
          properties: { id: { type: "string" }, next: { $ref: "#/$defs/node" } },
        },
      },
    },
    {
      type: "object",
      properties: {
        root: { type: "object", properties: { id: { type: "string" }, next: {} } },
        gone: {},
      },
    },
  ],
  [
    "alternatives at the top",
    {
      anyOf: [
        { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
        { type: "object", properties: { b: { type: "string" } }, required: ["b"] },
      ],
      allOf: [{ properties: { c: { type: "string" } }, required: ["c"] }],
    },
    {
      type: "object",
      properties: { c: { type: "string" }, a: { type: "string" }, b: { type: "string" } },
      required: ["c"],
    },
  ],
  [
    "what endpoints refuse",
    {
      type: "object",
      properties: {
        list: { type: "array" },
        tuple: { type: "array", items: [{ type: "string" }] },
        any: true,
        odd: { type: "string", pattern: "(", enum: [], "x-mark": 1 },
      },
      required: ["list", "missing", 7],
    },
    {
      type: "object",
      properties: {
        list: { type: "array", items: {} },
        tuple: { type: "array", items: {} },
        any: {},
        odd: { type: "string" },
      },
      required: ["list"],
    },
  ],
])("safeSchema() of %s", (_, schema, safe) => {
  expect(safeSchema(schema)).toEqual(safe as never);
});

test("safeSchema() of a huge schema tells names and types only", () => {
  const properties = Object.fromEntries(
    Array.from({ length: 300 }, (_, at) => [
      `field${at}`,
      { type: "array", items: { type: "string" }, description: "x".repeat(1_000) },
    ]),
  );
  const safe = safeSchema({ type: "object", properties, required: ["field0", "field299"] });
  expect(JSON.stringify(safe).length).toBeLessThan(60_000);
  expect(safe["required"]).toEqual(["field0"]);
});

test("safeSchema() of references that multiply ends", () => {
  const levels = Array.from({ length: 30 }, (_, at): [string, Json] => {
    const next = { $ref: `#/$defs/l${at + 1}` };
    return [`l${at}`, { type: "object", properties: { a: next, b: next } }];
  });
  const safe = safeSchema({ $ref: "#/$defs/l0", $defs: Object.fromEntries(levels) });
  expect(JSON.stringify(safe).length).toBeLessThan(60_000);
});

test("safeSchema() is an object schema without references, whatever it is given", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const safe = safeSchema(value);
      expect(safe["type"]).toBe("object");
      expect(JSON.stringify(safe)).not.toContain('"$ref"');
      expect(safeSchema(safe)).toEqual(safe);
    }),
    { seed: 5, numRuns: 300 },
  );
});
