import type { Job } from "../core/cron.ts";
import { nextRun } from "./next_run.ts";

/** A clock that is set back by more than this was wrong before, in ms; cron(8) of Vixie draws the line there, too. */
export const correctionMs = 3 * 3_600_000;

/**
 * The next time of a recurring job that moved on while the clock was far ahead, for the clock as it is now: it would wait
 * for the wrong time to come again, for years. Undefined where it stays as it is. A time that the job ran for within the
 * three hours is none: what the clock shows twice then runs once.
 */
export function timeAfterSetBack(
  { schedule, state, nextRunAt }: Pick<Job, "schedule" | "state" | "nextRunAt">,
  now: number,
): number | undefined {
  if (state !== "active" || nextRunAt === null || schedule.kind === "once") return undefined;
  if (nextRunAt - now <= correctionMs) return undefined;
  const next = nextRun(schedule, now);
  return next !== undefined && nextRunAt - next > correctionMs ? next : undefined;
}
