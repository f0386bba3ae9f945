import { expect, test } from "bun:test";
import {
  summaryTokens,
  tailTokens,
  thresholdFor,
  thresholdTokens,
} from "../../../src/agent/compression/limits.ts";

test("thresholdTokens() has a floor of 64,000 tokens and a ceiling of 0.85 of the window", () => {
  const cases: readonly (readonly [contextLength: number, threshold: number, tokens: number])[] = [
    [400_000, 0.5, 200_000],
    [128_000, 0.5, 64_000],
    [100_000, 0.5, 64_000],
    [75_294, 0.5, 63_999],
    [64_000, 0.5, 54_400],
    [64_000, 1, 54_400],
    [8_000, 0.5, 6_800],
    [1_000_000, 0.95, 850_000],
  ];
  expect(
    cases.map(([contextLength, threshold]) => thresholdTokens({ contextLength, threshold })),
  ).toEqual(cases.map(([, , tokens]) => tokens));
});

test("tailTokens() is a share of the threshold between a tenth and four fifths", () => {
  const tail = (targetRatio: number): number =>
    tailTokens({
      contextLength: 400_000,
      threshold: 0.5,
      targetRatio,
      protectFirst: 3,
      protectLast: 20,
      isAutomatic: true,
      abortsOnFailure: true,
    });
  expect([0, 0.2, 0.5, 1].map(tail)).toEqual([20_000, 40_000, 100_000, 160_000]);
});

test("summaryTokens() is a fifth of the content, from 2,000 to 12,000 and 5 % of the window", () => {
  expect([
    summaryTokens(1_000, 400_000),
    summaryTokens(30_000, 400_000),
    summaryTokens(300_000, 400_000),
    summaryTokens(300_000, 100_000),
    summaryTokens(300_000, 10_000),
  ]).toEqual([2_000, 6_000, 12_000, 5_000, 500]);
});

test("thresholdFor() knows the models that want another one", () => {
  const configured = { threshold: 0.5, autoRaise: true };
  const of = (provider: string, model: string, given = configured): number =>
    thresholdFor({ provider, model }, given);
  expect([
    of("openai", "gpt-5.5"),
    of("openai-codex", "gpt-5.5"),
    of("openai-codex", "gpt-5.5", { threshold: 0.5, autoRaise: false }),
    of("openai-codex", "gpt-5.5", { threshold: 0.9, autoRaise: true }),
    of("openrouter", "arcee-ai/Trinity-Large-Thinking"),
  ]).toEqual([0.5, 0.85, 0.5, 0.9, 0.75]);
});
