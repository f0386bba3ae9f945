import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import * as z from "zod";
import { defineInput } from "../../src/tools/input.ts";
import { thrown } from "../fakes/thrown.ts";

const input = defineInput("sample", () =>
  z.object({
    name: z.string(),
    count: z.int().min(1).default(1),
    ratio: z.number().optional(),
    isLoud: z.boolean().default(false),
    tags: z.array(z.string()).default([]),
    items: z.array(z.object({ id: z.string(), size: z.int().optional() })).optional(),
    kind: z.enum(["a", "b"]).default("a"),
  }),
);

const plain = { name: "x", count: 1, isLoud: false, tags: [], kind: "a" } as const;

function parse(value: unknown): unknown {
  return input.parse(JSON.stringify(value));
}

describe("defineInput()", () => {
  test("gives a schema without dialect, bounds of integers and refusals of other keys", () => {
    expect(input.parameters).toEqual({
      type: "object",
      properties: {
        name: { type: "string" },
        count: { type: "integer", minimum: 1, default: 1 },
        ratio: { type: "number" },
        isLoud: { type: "boolean", default: false },
        tags: { type: "array", items: { type: "string" }, default: [] },
        items: {
          type: "array",
          items: {
            type: "object",
            properties: { id: { type: "string" }, size: { type: "integer" } },
            required: ["id"],
          },
        },
        kind: { type: "string", enum: ["a", "b"], default: "a" },
      },
      required: ["name"],
    });
  });

  const meant: readonly (readonly [written: object, taken: object])[] = [
    [{}, {}],
    [{ count: "7" }, { count: 7 }],
    [{ count: " 7 " }, { count: 7 }],
    [{ ratio: "-0.5" }, { ratio: -0.5 }],
    [{ isLoud: "true" }, { isLoud: true }],
    [{ isLoud: "False" }, { isLoud: false }],
    [{ name: 12 }, { name: "12" }],
    [{ tags: '["a","b"]' }, { tags: ["a", "b"] }],
    [{ tags: ["a", 2] }, { tags: ["a", "2"] }],
    [{ items: '[{"id":3,"size":"4"}]' }, { items: [{ id: "3", size: 4 }] }],
    [{ items: ['{"id":"x"}'] }, { items: [{ id: "x" }] }],
    [{ items: [{ id: "x", size: null }] }, { items: [{ id: "x" }] }],
    [{ count: null, tags: null, kind: null }, {}],
    [{ other: 1 }, {}],
    [{ name: "7" }, { name: "7" }],
    [{ name: "null" }, { name: "null" }],
    [{ name: "[1]" }, { name: "[1]" }],
  ];
  test.each(meant)("parse() takes %j as %j", (written, taken) => {
    expect(parse({ name: "x", ...written })).toEqual({ ...plain, ...taken });
  });

  const wrong: readonly (readonly [written: unknown, problem: string])[] = [
    [[], "they must be one JSON object"],
    ["text", "they must be one JSON object"],
    [null, "they must be one JSON object"],
    [{}, "name is missing"],
    [{ name: null }, "name is missing"],
    [{ nmae: "x", extra: 1 }, "name is missing; not known: nmae, extra"],
    [{ name: "x", count: 0 }, "count: Too small: expected number to be >=1"],
    [{ name: "x", count: "many" }, "count: Invalid input: expected number, received string"],
    [{ name: "x", count: "1e3" }, "count: Invalid input: expected number, received string"],
    [{ name: "x", isLoud: "yes" }, "isLoud: Invalid input: expected boolean, received string"],
    [{ name: true }, "name: Invalid input: expected string, received boolean"],
    [{ name: "x", tags: "a" }, "tags: Invalid input: expected array, received string"],
    [{ name: "x", items: [{}] }, "items.0.id is missing"],
    [{ name: "x", kind: "c" }, 'kind: Invalid option: expected one of "a"|"b"'],
    [
      { count: 0, isLoud: 3, kind: "c", tags: 1 },
      "name is missing; count: Too small: expected number to be >=1; isLoud: Invalid input: expected boolean, received number",
    ],
  ];
  test.each(wrong)("parse() says what is wrong with %j", async (written, problem) => {
    expect(await thrown(() => parse(written))).toMatchObject({
      code: "turn/tool_arguments",
      message: `Cannot read the arguments of sample: ${problem}`,
    });
  });

  test("parse() refuses what is no JSON", async () => {
    for (const raw of ["", "{", "{'name':'x'}", '{"name":"x"} {}']) {
      expect(await thrown(() => input.parse(raw))).toMatchObject({ code: "turn/tool_arguments" });
    }
  });

  test("parse() gives a value or a typed failure for any JSON", () => {
    fc.assert(
      fc.property(fc.json(), (raw) => {
        try {
          expect(input.parse(raw).name).toBeString();
        } catch (error) {
          expect(error).toMatchObject({ code: "turn/tool_arguments" });
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  test("parse() changes nothing of arguments that are right", () => {
    const right = fc.record({
      name: fc.string(),
      count: fc.integer({ min: 1 }),
      isLoud: fc.boolean(),
      tags: fc.array(fc.string()),
      kind: fc.constantFrom("a", "b"),
    });
    fc.assert(
      fc.property(right, (value) => {
        expect(parse(value)).toEqual(value);
      }),
      { seed: 12, numRuns: 300 },
    );
  });
});
