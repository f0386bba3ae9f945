import { expect, test } from "bun:test";
import type { Question } from "../../src/core/tool.ts";
import { fillForm } from "../../src/mcp/elicitation.ts";

const requestedSchema = {
  type: "object",
  properties: {
    street: { type: "string", title: "Street", description: "With the house number" },
    floor: { type: "integer", title: "Floor", minimum: 0, maximum: 99 },
    fragile: { type: "boolean" },
    speed: { type: "string", enum: ["normal", "express"] },
  },
  required: ["street", "speed"],
};
const params = { message: "Where to?", requestedSchema };

/** A person with these answers, one per question. */
function person(...answers: readonly (string | undefined)[]) {
  const asked: Question[] = [];
  const ask = (question: Question): Promise<string | undefined> => {
    asked.push(question);
    return Promise.resolve(answers[asked.length - 1]);
  };
  return { ask, asked };
}

test("fillForm() asks for field after field", async () => {
  const { ask, asked } = person("Kirchweg 1", "3", "no", "express");
  expect(await fillForm("post", params, ask)).toEqual({
    action: "accept",
    content: { street: "Kirchweg 1", floor: 3, fragile: false, speed: "express" },
  });
  const asks = "MCP server post asks: Where to?";
  expect(asked).toEqual([
    { question: `${asks}\nStreet\nWith the house number\n(- to decline)`, choices: [] },
    {
      question: `${asks}\nFloor (optional)\n(a whole number, at least 0, at most 99)\n(- to leave it out)`,
      choices: [],
    },
    { question: `${asks}\nfragile (optional)`, choices: ["yes", "no", "leave it out"] },
    { question: `${asks}\nspeed\n(- to decline)`, choices: ["normal", "express"] },
  ]);
});

test("fillForm() takes several of a list, and choices by their titles", async () => {
  const toppings = {
    type: "array",
    items: { anyOf: ["Cheese", "Ham", "Olives"].map((title) => ({ const: title[0], title })) },
    minItems: 1,
  };
  const size = { type: "string", oneOf: [{ const: "l", title: "Large" }], default: "l" };
  const form = {
    message: "Which?",
    requestedSchema: { properties: { toppings, size, odd: { type: "object" } } },
  };
  const { ask, asked } = person("Ham, fish", "1, ham", "take l");
  expect(await fillForm("pizza", form, ask)).toEqual({
    action: "accept",
    content: { toppings: ["C", "H"], size: "l" },
  });
  expect(asked[0]?.question).toBe(
    "MCP server pizza asks: Which?\ntoppings (optional)\n1. Cheese\n2. Ham\n3. Olives\n(any of them, separated by commas, at least 1)\n(- to leave it out)",
  );
  const needed = { requestedSchema: { ...form.requestedSchema, required: ["odd"] } };
  expect(await fillForm("pizza", { ...form, ...needed }, person("-", "-").ask)).toEqual({
    action: "decline",
  });
});

test.each([
  [
    "what is left out",
    ["a", "-", "-", "normal"],
    { action: "accept", content: { street: "a", speed: "normal" } },
  ],
  [
    "a wrong answer asked for again",
    ["a", "high", "7", "-", "normal"],
    { action: "accept", content: { street: "a", floor: 7, speed: "normal" } },
  ],
  ["a needed field that is declined", ["-"], { action: "decline" }],
  ["nobody who answers", [undefined], { action: "decline" }],
  ["a needed field that never fits", ["a", "-", "-", "slow", "slower"], { action: "decline" }],
])("fillForm() with %s", async (_, answers, result) => {
  expect(await fillForm("post", params, person(...answers).ask)).toEqual(result as never);
});

test("fillForm() declines where nobody can be asked, and asks for a yes where there is no field", async () => {
  expect(await fillForm("post", params, undefined)).toEqual({ action: "decline" });
  const bare = { message: "Sure?" };
  expect(await fillForm("post", bare, person("yes").ask)).toEqual({
    action: "accept",
    content: {},
  });
  expect(await fillForm("post", bare, person("no").ask)).toEqual({ action: "decline" });
});
