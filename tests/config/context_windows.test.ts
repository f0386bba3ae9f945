import { expect, test } from "bun:test";
import { contextWindow } from "../../src/config/context_windows.ts";

test("contextWindow() goes by the model, then by the vendor", () => {
  const cases: readonly (readonly [
    provider: string,
    model: string,
    isKnown: boolean,
    tokens: number,
  ])[] = [
    ["openai", "gpt-5.5", true, 400_000],
    ["openai-codex", "gpt-5.5", true, 272_000],
    ["openrouter", "anthropic/Claude-Sonnet-4.5", true, 200_000],
    ["xai", "grok-4-fast-reasoning", true, 2_000_000],
    ["xai", "grok-4", true, 256_000],
    ["custom", "kimi-k2-thinking", false, 262_144],
    ["openai", "never-heard-of", true, 256_000],
    ["custom", "never-heard-of", false, 128_000],
  ];
  expect(
    cases.map(([provider, model, isKnown]) => contextWindow(provider, model, isKnown)),
  ).toEqual(cases.map(([, , , tokens]) => tokens));
});
