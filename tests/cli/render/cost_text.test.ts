import { expect, test } from "bun:test";
import { costStatus, costText, dollars } from "../../../src/cli/render/cost_text.ts";

test.each([
  ["openrouter", 0.5, 0, ["known", "$0.5000"]],
  ["openrouter", 0, 0, ["known", "$0.00"]],
  ["openrouter", 1.5, 2, ["partly_known", "$1.50, and 2 more calls of unknown cost"]],
  ["openai-codex", 0.01, 1, ["partly_known", "$0.0100, and 1 more call in the subscription"]],
  ["openai-codex", null, 3, ["included", "included in the subscription"]],
  ["xai-oauth", null, 3, ["included", "included in the subscription"]],
  ["xai", null, 3, ["unknown", "cost unknown"]],
  ["custom", null, 0, ["unknown", "cost unknown"]],
] as const)("the cost of %s: %j, %d unpriced", (provider, costUsd, unpriced, expected) => {
  const spent = { provider, runtime: "loop", costUsd, calls: { count: 3, unpriced } } as const;
  expect([costStatus(spent), costText(spent)]).toEqual([...expected]);
});

test("a turn on codex is included, whoever the provider is", () => {
  const spent = { provider: "openai", runtime: "codex_app_server", costUsd: null } as const;
  expect(costStatus({ ...spent, calls: { count: 1, unpriced: 1 } })).toBe("included");
});

test.each([
  [0.000_012_3, "$0.000012"],
  [0.000_000_001, "$0.000000001"],
  [0.012_34, "$0.0123"],
  [12.345, "$12.35"],
])("dollars() of %d", (usd, expected) => {
  expect(dollars(usd)).toBe(expected);
});
