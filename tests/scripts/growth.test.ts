import { expect, test } from "bun:test";
import { growthOf } from "../../scripts/lib/growth.ts";

/** Footprints of turns from 1 on, each with what `residentKb` says of its turn. */
function footprints(turns: number, residentKb: (turn: number) => number) {
  return Array.from({ length: turns }, (_, index) => ({
    turn: index + 1,
    residentKb: residentKb(index + 1),
    descriptors: 13,
  }));
}

test("growthOf() tells the growth of the warm-up from the one after it", () => {
  const grown = footprints(6_000, (turn) => 1_000 + 20 * Math.min(turn, 2_001) + 3 * turn);
  expect(growthOf(grown, 2_000)).toEqual({ warmUpKb: 23, steadyKb: 3 });
});

test("growthOf() leaves out what the collector takes later", () => {
  const heaps = footprints(6_000, (turn) => 90_000 + 200 * (turn % 100) + turn);
  expect(growthOf(heaps, 2_000).steadyKb).toBe(1);
});

test("growthOf() leaves out windows that stick out", () => {
  const odd = footprints(6_000, (turn) => (turn > 3_000 && turn < 3_600 ? 200_000 : 90_000));
  expect(growthOf(odd, 2_000).steadyKb).toBe(0);
});

test("growthOf() knows no growth of a process that ended in its warm-up", () => {
  const short = footprints(1_000, () => 90_000);
  expect(growthOf(short, 2_000)).toEqual({ warmUpKb: Number.NaN, steadyKb: Number.NaN });
});
