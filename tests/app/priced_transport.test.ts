import { expect, test } from "bun:test";
import { withCost, type Pricing } from "../../src/app/priced_transport.ts";
import { addUsage, noUsage, type Usage } from "../../src/core/event.ts";
import { readUsage } from "../../src/transports/chat_completions/chunk.ts";
import { toldCost } from "../../src/transports/told_cost.ts";

const usage: Usage = {
  inputTokens: 1_000,
  cachedInputTokens: 400,
  outputTokens: 100,
  reasoningTokens: 50,
  totalTokens: 1_100,
};
const prices: Pricing["prices"] = {
  m1: { input: 2, cached_input: 0.5, output: 10 },
  m2: { input: 2, cached_input: null, output: 10 },
};

test.each([
  ["the user's prices", "m1", undefined, undefined, 0.0024],
  ["no price of what is cached", "m2", undefined, undefined, 0.003],
  ["no price at all", "m3", undefined, undefined, undefined],
  ["a name that every object has", "constructor", undefined, undefined, undefined],
  ["what the provider told", "m1", "told", 0.7, 0.7],
  ["nothing told where it is otherwise", "m1", "told", undefined, 0.0024],
  ["what a server told that is not known to tell dollars", "m3", undefined, 0.7, undefined],
  ["a subscription", "m1", "subscription", 0.7, undefined],
] as const)("withCost() by %s", (_name, model, billing, ...[told, expected]) => {
  const given = told === undefined ? usage : { ...usage, costUsd: told };
  const wanted = expected === undefined ? usage : { ...usage, costUsd: expected };
  expect(withCost(given, model, { billing, prices })).toEqual(wanted);
});

test("withCost() knows no price of tokens that nobody counted", () => {
  expect(withCost(noUsage, "m1", { billing: undefined, prices })).toEqual(noUsage);
});

test("addUsage() adds what is known, and knows nothing where nothing is", () => {
  const with1 = { ...noUsage, costUsd: 0.1 };
  const with2 = { ...noUsage, costUsd: 0.2 };
  expect(addUsage(with1, with2)).toEqual({ ...noUsage, costUsd: 0.3 });
  expect([addUsage(noUsage, with1), addUsage(with1, noUsage)]).toEqual([with1, with1]);
  expect(addUsage(noUsage, noUsage)).toEqual(noUsage);
});

test.each([
  [{ cost: 0.002 }, { costUsd: 0.002 }],
  [{ cost: 0 }, { costUsd: 0 }],
  [{ cost: -1 }, {}],
  [{ cost: "0.1" }, {}],
  [{ cost: null }, {}],
  [{}, {}],
  [
    { cost: 0.001, is_byok: true, cost_details: { upstream_inference_cost: 0.02 } },
    { costUsd: 0.021 },
  ],
  [{ cost: 0.001, is_byok: true }, {}],
])("toldCost() of %j", (told, expected) => {
  expect(toldCost(told)).toEqual(expected);
});

test("the usage of a chat chunk has the cost that it tells, and none where it tells none", () => {
  const counts = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
  const tokens = { ...noUsage, inputTokens: 3, outputTokens: 2, totalTokens: 5 };
  expect([readUsage({ usage: { ...counts, cost: 0.01 } }), readUsage({ usage: counts })]).toEqual([
    { ...tokens, costUsd: 0.01 },
    tokens,
  ]);
});
