import { describe, expect, test } from "bun:test";
import { planForm } from "../../src/codex/elicitation_form.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import { answered, shownPlan } from "../fakes/shown_plan.ts";

const declined = { action: "decline", content: null, _meta: null };
const accepted = (content: JsonObject): JsonObject => ({ action: "accept", content, _meta: null });

function form(
  properties: JsonObject,
  required: readonly string[] = [],
): ReturnType<typeof planForm> {
  return planForm({ title: "A form", schema: { type: "object", properties, required } });
}

/** The value that a lone required field takes from an answer; "declined" when it takes none. */
function read(field: JsonObject, answer: string): Json {
  const result = answered(form({ it: field }, ["it"]), { it: answer }) as JsonObject;
  return result["action"] === "accept" ? (result["content"] as JsonObject)["it"]! : "declined";
}

const colours = { type: "string", enum: ["r", "g"], enumNames: ["Red", "Green"] };
const cities = { type: "string", enum: ["Rome", "Oslo", "Lima", "Bern", "Kiev"] };
const toppings = {
  type: "array",
  minItems: 1,
  maxItems: 2,
  items: {
    anyOf: [
      { const: "c", title: "Cheese" },
      { const: "h", title: "Ham" },
      { const: "o", title: "Olives" },
    ],
  },
};

describe("planForm() asks", () => {
  test("for each field in its order, with what fits and what may be left out", () => {
    const plan = form(
      {
        name: { type: "string", title: "Your name", description: "As printed", maxLength: 20 },
        mail: { type: "string", format: "email" },
        age: { type: "integer", minimum: 18, maximum: 99 },
        weight: { type: "number", default: 70.5 },
        member: { type: "boolean", default: false },
        colour: colours,
        city: cities,
        toppings,
      },
      ["name", "age", "city", "toppings"],
    );
    expect(shownPlan(plan)).toEqual({
      kind: "questions",
      title: "A form",
      questions: [
        ["name", "A form\nYour name\nAs printed\n(at most 20 characters)", []],
        ["mail", "mail (optional)\n(an email address)\n(- to leave it out)", []],
        ["age", "age\n(a whole number, at least 18, at most 99)", []],
        ["weight", "weight (optional)\n(a number)\n(- to take 70.5)", []],
        ["member", "member (optional)", ["yes", "no", "take false"]],
        ["colour", "colour (optional)", ["Red", "Green", "leave it out"]],
        ["city", "city\n1. Rome\n2. Oslo\n3. Lima\n4. Bern\n5. Kiev", []],
        [
          "toppings",
          "toppings\n1. Cheese\n2. Ham\n3. Olives\n(any of them, separated by commas, at least 1, at most 2)",
          [],
        ],
      ].map(([id, question, choices]) => ({ id, question: { question, choices } })),
    });
  });

  test("nothing when a required field cannot be asked, and declines", () => {
    for (const [properties, required] of [
      [{}, []],
      [{ a: { type: "object" } }, []],
      [{ a: { type: "string" }, b: { type: "object" } }, ["b"]],
      [{ a: { type: "string" } }, ["b"]],
      [{ a: { type: "string", enum: [] } }, ["a"]],
      [{ a: { type: "array", items: {} } }, ["a"]],
    ] as const) {
      expect(form(properties, required)).toEqual({ kind: "answer", result: declined });
    }
    expect(planForm({ title: "A form", schema: null })).toEqual({
      kind: "answer",
      result: declined,
    });
  });

  test("for the other fields when an optional one cannot be asked", () => {
    const plan = form({ a: { type: "object" }, b: { type: "string" } }, ["b"]);
    expect(answered(plan, { b: "x" })).toEqual(accepted({ b: "x" }));
  });
});

describe("planForm() reads", () => {
  test.each<[string, JsonObject, readonly (readonly [string, Json])[]]>([
    [
      "text as it is",
      { type: "string" },
      [
        [" a ", " a "],
        ["", "declined"],
        ["-", "-"],
      ],
    ],
    [
      "text within its length, in characters",
      { type: "string", minLength: 2, maxLength: 3 },
      [
        ["a", "declined"],
        ["😀😀", "😀😀"],
        ["abcd", "declined"],
      ],
    ],
    [
      "whole numbers",
      { type: "integer", minimum: 1, maximum: 9 },
      [
        ["7", 7],
        [" 7 ", 7],
        ["7.5", "declined"],
        ["0", "declined"],
        ["10", "declined"],
        ["seven", "declined"],
      ],
    ],
    [
      "numbers",
      { type: "number" },
      [
        ["7.5", 7.5],
        ["-1e3", -1000],
        ["Infinity", "declined"],
        ["", "declined"],
      ],
    ],
    [
      "truth",
      { type: "boolean" },
      [
        ["yes", true],
        ["No", false],
        ["true", true],
        ["false", false],
        ["maybe", "declined"],
      ],
    ],
    [
      "options by name or value",
      colours,
      [
        ["Green", "g"],
        ["g", "g"],
        ["green", "g"],
        ["blue", "declined"],
      ],
    ],
    [
      "options by number",
      cities,
      [
        ["2", "Oslo"],
        ["lima", "Lima"],
        ["6", "declined"],
        ["0", "declined"],
      ],
    ],
    [
      "titled options",
      {
        type: "string",
        oneOf: [
          { const: "1", title: "Two" },
          { const: "2", title: "One" },
        ],
      },
      [
        ["One", "2"],
        ["1", "1"],
      ],
    ],
    [
      "options of one name by their values",
      { type: "string", enum: ["a", "b"], enumNames: ["Same", "Same"] },
      [
        ["b", "b"],
        ["Same", "declined"],
      ],
    ],
    [
      "several options",
      toppings,
      [
        ["Ham, 1", ["h", "c"]],
        ["ham,Ham", ["h"]],
        ["Cheese,Ham,Olives", "declined"],
        ["Ham, Fish", "declined"],
      ],
    ],
  ])("%s", (_name, field, cases) => {
    expect(cases.map(([answer]) => [answer, read(field, answer)])).toEqual(
      cases.map((one) => [...one]),
    );
  });

  test("a default for an answer that is left out, only one that fits", () => {
    const plan = form({
      a: { type: "integer", default: 3 },
      b: { type: "integer", default: "three" },
      c: { type: "array", items: { enum: ["x", "y"] }, default: ["y"] },
      d: { ...colours, default: "g" },
      e: { type: "boolean", default: true },
    });
    expect(answered(plan, { a: "-", b: "-", c: "", d: "take g", e: "take true" })).toEqual(
      accepted({ a: 3, c: ["y"], d: "g", e: true }),
    );
  });

  test("a required field with a default from a skipped answer, never from none", () => {
    const plan = form({ a: { type: "string", default: "x" } }, ["a"]);
    expect([
      answered(plan, { a: "-" }),
      answered(plan, { a: "y" }),
      answered(plan, { a: undefined }),
      answered(plan, {}),
    ]).toEqual([accepted({ a: "x" }), accepted({ a: "y" }), declined, declined]);
  });

  test("no form that was left half way, and none in which all was left out", () => {
    const plan = form({ a: { type: "string" }, b: { type: "string" } }, ["a"]);
    expect(answered(plan, { a: "x" })).toEqual(declined);
    const optional = form({ a: { type: "string" }, b: { type: "string" } });
    expect(answered(optional, { a: "-", b: "leave it out" })).toEqual(declined);
  });

  test("a field of any name", () => {
    const plan = form(JSON.parse('{"__proto__":{"type":"string"}}') as JsonObject, ["__proto__"]);
    const { content } = answered(plan, { ["__proto__"]: "x" }) as { readonly content: JsonObject };
    expect(Object.entries(content)).toEqual([["__proto__", "x"]]);
  });
});
