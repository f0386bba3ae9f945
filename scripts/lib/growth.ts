import type { Footprint } from "./long_session.ts";

/** How a process grew, in kilobytes a turn. */
export interface Growth {
  /** While it filled its caches, and its collector learned how much there is. */
  readonly warmUpKb: number;
  /** From then on: what more and more turns would add. */
  readonly steadyKb: number;
}

/** Turns of a window whose lowest footprint counts: what the collector has not taken yet comes and goes by tens of megabytes. */
const windowTurns = 250;

/** @param footprints of all turns in their order, some windows more than the `warmUpTurns` */
export function growthOf(footprints: readonly Footprint[], warmUpTurns: number): Growth {
  const windows = Math.floor(footprints.length / windowTurns);
  const lows = Array.from({ length: windows }, (_, index) =>
    footprints
      .slice(index * windowTurns, (index + 1) * windowTurns)
      .reduce((low, next) => (next.residentKb < low.residentKb ? next : low)),
  );
  const [first] = footprints;
  const steady = lows.filter(({ turn }) => turn > warmUpTurns);
  const [warm] = steady;
  return {
    warmUpKb: first && warm ? slope(first, warm) : Number.NaN,
    steadyKb: middleSlope(steady),
  };
}

/** Of the slopes between any two the median (Theil and Sen): a few that stick out move it little. */
function middleSlope(points: readonly Footprint[]): number {
  const slopes = points
    .flatMap((one, index) => points.slice(index + 1).map((other) => slope(one, other)))
    .toSorted((a, b) => a - b);
  return slopes[slopes.length >> 1] ?? Number.NaN;
}

function slope(from: Footprint, to: Footprint): number {
  return (to.residentKb - from.residentKb) / (to.turn - from.turn);
}
