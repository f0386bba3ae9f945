import type { Job } from "../core/cron.ts";
import { nextRun, periodAt } from "./next_run.ts";

/** What becomes of a job whose time has come. */
export type DuePlan =
  /** It runs; recurring jobs have moved on to `nextRunAt` before, so that a crash never makes them run twice. */
  | { readonly kind: "run"; readonly dueAt: number; readonly nextRunAt: number | null }
  /** It is too late for it; the next time is kept. */
  | { readonly kind: "missed"; readonly dueAt: number; readonly nextRunAt: number | null };

const shortestGraceMs = 2 * 60_000;
const longestGraceMs = 2 * 3_600_000;

/** When a due job is looked at, in ms since epoch. */
export interface DueLook {
  /** When it was seen to be due: what it is late by counts until then. */
  readonly seenAt: number;
  /** Later than that where it waited for its turn: its next time is behind this. */
  readonly now: number;
}

/**
 * What to do with a job that is due at `seenAt`. Recurring jobs may be late by half of their period, but between two minutes
 * and two hours: a nightly report still comes when the machine was asleep at its time, one of last week does not, and
 * several times that passed are made up for by one run at most. A single time is never too late: it would be lost.
 */
export function planDue(job: Job, { seenAt, now }: DueLook): DuePlan | undefined {
  const { schedule, nextRunAt: dueAt } = job;
  if (job.state !== "active" || dueAt === null || dueAt > seenAt) return undefined;
  if (schedule.kind === "once") return { kind: "run", dueAt, nextRunAt: dueAt };
  const isLast = job.repeat !== undefined && job.completedRuns + 1 >= job.repeat;
  const period = periodAt(schedule, dueAt) ?? 0;
  const graceMs = Math.min(longestGraceMs, Math.max(shortestGraceMs, period / 2));
  const next = nextRun(schedule, now) ?? null;
  if (seenAt - dueAt > graceMs) return { kind: "missed", dueAt, nextRunAt: next };
  return { kind: "run", dueAt, nextRunAt: isLast ? null : next };
}
