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
  expect(asked).toEqual([
    {
      question: "MCP server post asks: Where to? Street (With the house number); - declines",
      choices: [],
    },
    { question: "MCP server post asks: Where to? Floor; - leaves it out", choices: [] },
    {
      question: "MCP server post asks: Where to? fragile; - leaves it out",
      choices: ["yes", "no"],
    },
    {
      question: "MCP server post asks: Where to? speed; - declines",
      choices: ["normal", "express"],
    },
  ]);
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
