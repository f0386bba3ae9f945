import { Cron } from "croner";
import type { Schedule } from "../core/cron.ts";

/**
 * The first time after `after` (ms since epoch) that a schedule names, undefined when there is none. Intervals keep their
 * rate: they never drift. Cron expressions follow the clock of their zone: a fixed time that daylight saving skips runs
 * right behind the gap, one that comes twice runs once; what repeats within the hour runs through both.
 */
export function nextRun(schedule: Schedule, after: number): number | undefined {
  switch (schedule.kind) {
    case "once":
      return schedule.at > after ? schedule.at : undefined;
    case "interval": {
      const { anchor, everyMs } = schedule;
      if (after < anchor) return anchor;
      return anchor + (Math.floor((after - anchor) / everyMs) + 1) * everyMs;
    }
    case "cron":
      return readExpression(schedule.expression, schedule.timezone)
        .nextRun(new Date(after))
        ?.getTime();
    default:
      return schedule satisfies never;
  }
}

/** The first `count` times after `after`; fewer where there are no more. */
export function nextRuns(schedule: Schedule, after: number, count: number): readonly number[] {
  const times: number[] = [];
  for (let at = nextRun(schedule, after); at !== undefined && times.length < count;) {
    times.push(at);
    at = nextRun(schedule, at);
  }
  return times;
}

/**
 * How far apart two runs are about `at`, in ms: what a delay is measured against; undefined for a single time.
 */
export function periodAt(schedule: Schedule, at: number): number | undefined {
  if (schedule.kind === "once") return undefined;
  if (schedule.kind === "interval") return schedule.everyMs;
  const [first, second] = nextRuns(schedule, at - 1, 2);
  return first === undefined || second === undefined ? undefined : second - first;
}

/** @throws {Error} in the words of the library for an expression or a zone that is none */
export function readExpression(expression: string, timezone: string): Cron {
  return new Cron(expression, { timezone, mode: "5-or-6-parts" });
}
