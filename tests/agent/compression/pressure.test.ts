import { describe, expect, test } from "bun:test";
import { coolDownMs } from "../../../src/agent/compression/cool_down.ts";
import { isTooLarge, Worth } from "../../../src/agent/compression/pressure.ts";
import { HermesError } from "../../../src/core/errors.ts";

describe("isTooLarge()", () => {
  const limits = { threshold: 100_000, contextLength: 200_000 };
  const cases: readonly (readonly [string, Parameters<typeof isTooLarge>, boolean])[] = [
    ["an estimate alone below", [99_999, undefined, limits], false],
    ["an estimate alone at the threshold", [100_000, undefined, limits], true],
    [
      "a count at the threshold",
      [50_000, { inputTokens: 100_000, estimate: 50_000 }, limits],
      true,
    ],
    [
      "a count below, however high the estimate",
      [130_000, { inputTokens: 90_000, estimate: 129_000 }, limits],
      false,
    ],
    ["small growth just below", [55_000, { inputTokens: 99_999, estimate: 50_000 }, limits], false],
    [
      "large growth over the threshold",
      [70_000, { inputTokens: 95_000, estimate: 50_000 }, limits],
      true,
    ],
    [
      "large growth below the threshold",
      [70_000, { inputTokens: 70_000, estimate: 50_000 }, limits],
      false,
    ],
    [
      "growth that would not fit a small window",
      [8_000, { inputTokens: 6_000, estimate: 5_000 }, { threshold: 6_800, contextLength: 8_000 }],
      true,
    ],
  ];
  test.each(cases)("%s", (_, given, expected) => {
    expect(isTooLarge(...given)).toBe(expected);
  });
});

test("Worth gives up after two compressions in a row that saved less than a tenth", () => {
  const worth = new Worth();
  const seen = [
    [100, 95],
    [100, 50],
    [100, 100],
    [100, 91],
    [100, 20],
  ].map(([before = 0, after = 0]) => {
    worth.note(before, after);
    return worth.isFutile;
  });
  expect(seen).toEqual([false, false, false, true, false]);
});

test("coolDownMs() waits by what went wrong", () => {
  const of = (code: ConstructorParameters<typeof HermesError>[0]) =>
    coolDownMs(new HermesError(code, "x"));
  expect([of("auth/missing"), of("stream/invalid"), of("network/timeout")]).toEqual([
    600_000, 30_000, 60_000,
  ]);
});
