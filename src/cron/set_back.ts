import type { Job, JobChange, Schedule } from "../core/cron.ts";
import { nextRun } from "./next_run.ts";

/** A clock that is set back by more than this was wrong before, in ms; cron(8) of Vixie draws the line there, too. */
export const correctionMs = 3 * 3_600_000;

/** What of a job follows the clock: its next time, and the schedule of an interval that began at a wrong one. */
export type TimeChange = Pick<JobChange, "schedule"> & { readonly nextRunAt: number };

/**
 * The next time of a recurring job that moved on, or was made, while the clock was far ahead, for the clock as it is now: it
 * would wait for the wrong time to come again, for years. Undefined where it stays as it is. A time that the job ran for
 * within the three hours is none: what the clock shows twice then runs once.
 */
export function timeAfterSetBack(
  { schedule, state, nextRunAt }: Pick<Job, "schedule" | "state" | "nextRunAt">,
  now: number,
): TimeChange | undefined {
  if (state !== "active" || nextRunAt === null || schedule.kind === "once") return undefined;
  if (nextRunAt - now <= correctionMs) return undefined;
  const actual = begunBy(schedule, now);
  const next = nextRun(actual, now);
  if (next === undefined || nextRunAt - next <= correctionMs) return undefined;
  return actual === schedule ? { nextRunAt: next } : { nextRunAt: next, schedule: actual };
}

/** The schedule; of an interval that began at a time far ahead the same one with a beginning that has passed. */
function begunBy(schedule: Schedule, now: number): Schedule {
  if (schedule.kind !== "interval") return schedule;
  const { anchor, everyMs } = schedule;
  if (anchor - now <= correctionMs) return schedule;
  return { ...schedule, anchor: anchor - Math.ceil((anchor - now) / everyMs) * everyMs };
}
