import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { coerceArguments } from "../../src/core/coerce_arguments.ts";
import type { JsonObject } from "../../src/core/json.ts";

const schema: JsonObject = {
  type: "object",
  properties: {
    count: { type: "integer" },
    ratio: { type: ["number", "null"] },
    flag: { anyOf: [{ type: "boolean" }, { type: "null" }] },
    name: { type: "string" },
    either: { anyOf: [{ type: "string" }, { type: "integer" }] },
    unclear: { type: ["boolean", "array", "object"] },
    list: { type: "array", items: { type: "number" } },
    table: { type: "object", properties: { n: { type: "integer" } } },
    free: {},
  },
};

describe("coerceArguments()", () => {
  test.each<[written: JsonObject, taken: JsonObject]>([
    [{ count: "7" }, { count: 7 }],
    [{ count: "7.5" }, { count: "7.5" }],
    [{ count: "seven" }, { count: "seven" }],
    [{ ratio: "0.5" }, { ratio: 0.5 }],
    [{ ratio: null }, { ratio: null }],
    [{ flag: "TRUE" }, { flag: true }],
    [{ flag: null }, { flag: null }],
    [{ name: 7 }, { name: "7" }],
    [{ name: "7" }, { name: "7" }],
    [{ either: "7" }, { either: "7" }],
    [{ unclear: "[1]" }, { unclear: [1] }],
    [{ unclear: "true" }, { unclear: true }],
    [{ list: '["1", 2]' }, { list: [1, 2] }],
    [{ list: "1" }, { list: "1" }],
    [{ table: '{"n":"1"}' }, { table: { n: 1 } }],
    [{ table: { n: null, m: null } }, { table: { m: null } }],
    [{ count: null, name: null }, {}],
    [
      { free: null, unknown: null },
      { free: null, unknown: null },
    ],
    [
      { free: "7", unknown: "7" },
      { free: "7", unknown: "7" },
    ],
    [{ toString: "7" }, { toString: "7" }],
  ])("takes %j as %j", (written, taken) => {
    expect(coerceArguments(written, schema)).toEqual(taken);
  });

  test("leaves alone what fits, changes nothing twice, and never throws", () => {
    const name = fc.constantFrom(...Object.keys(schema["properties"] ?? {}));
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue({ maxDepth: 2 })), (value) => {
        const given = JSON.parse(JSON.stringify(value)) as JsonObject;
        const once = coerceArguments(given, schema);
        expect(coerceArguments(once, schema)).toEqual(once);
        for (const [key, entry] of Object.entries(given)) {
          if (key === "either" && (typeof entry === "string" || Number.isInteger(entry))) {
            expect(once[key]).toBe(entry);
          }
        }
      }),
      { seed: 37, numRuns: 500 },
    );
  });
});
