import { expect, test } from "bun:test";
import fc from "fast-check";
import { OutputLimit } from "../../src/agent/output_limit.ts";

function limits(configured: number | undefined, cuts: readonly number[]) {
  const limit = new OutputLimit(configured);
  return [
    limit.tokens,
    ...cuts.map((tokens) => {
      limit.cut(tokens);
      return limit.tokens;
    }),
  ];
}

test.each([
  ["the usual limit", undefined, [20, 20, 20], [undefined, 8_192, 12_288, 16_384]],
  ["a configured one", 1_000, [1_000, 2_000], [1_000, 2_000, 3_000]],
  ["up to the ceiling", 20_000, [20_000, 32_768], [20_000, 32_768, 32_768]],
  ["one above the ceiling", 50_000, [50_000], [50_000, 50_000]],
  ["what a server allowed by itself", undefined, [16_000, 32_000], [undefined, 32_000, 32_768]],
  ["a server that allowed a lot", undefined, [60_000], [undefined, 60_000]],
])("the limit is raised from %s", (_, configured, cuts, expected) => {
  expect(limits(configured, cuts)).toEqual(expected);
});

test("a limit never falls below what was given", () => {
  const tokens = fc.integer({ min: 1, max: 200_000 });
  fc.assert(
    fc.property(fc.option(tokens, { nil: undefined }), fc.array(tokens), (configured, cuts) => {
      const all = limits(configured, cuts).filter((limit) => limit !== undefined);
      expect(all).toEqual(all.toSorted((a, b) => a - b));
      expect(Math.min(...all, Infinity)).toBeGreaterThanOrEqual(configured ?? 1);
    }),
    { seed: 32 },
  );
});
