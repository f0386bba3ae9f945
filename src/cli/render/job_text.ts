import type { Job, JobRun } from "../../core/cron.ts";
import type { Mask } from "./error.ts";
import { oneLine } from "./plain.ts";
import { durationText, timeUntil } from "./time.ts";

/** Whether somebody has to look: it did not do what it should, or nobody was told of it. */
export function isBadRun({ status, deliveries }: JobRun): boolean {
  const isBad = ["failed", "missed", "lost", "interrupted"].includes(status);
  return isBad || deliveries.some(({ isDelivered }) => !isDelivered);
}

/** How a run went, in few words: `completed`, `failed (turn/deadline)`, `completed, not delivered`. */
export function statusText({ status, error, deliveries }: JobRun): string {
  const undelivered = deliveries.filter(({ isDelivered }) => !isDelivered).length;
  const cause = error ? ` (${error.code})` : "";
  return `${status}${cause}${undelivered === 0 ? "" : ", not delivered"}`;
}

/** What went wrong with a run, and why it was not told to whom; "" where nothing did. */
export function problemsText({ error, deliveries }: JobRun): string {
  const undelivered = deliveries.flatMap(({ target, isDelivered, problem }) =>
    isDelivered ? [] : [`not delivered (${target.kind}): ${problem ?? "unknown"}`],
  );
  return [...(error ? [error.message] : []), ...undelivered].join("; ");
}

/** A run that came to an end, in one line: when it did, which job, how it went and what was wrong. */
export function runLine(job: Job, run: JobRun, mask: Mask): string {
  const took = run.endedAt === null ? "" : `, ${durationText(run.endedAt - run.startedAt)}`;
  const problems = problemsText(run);
  const why = problems === "" ? "" : `: ${problems}`;
  return oneLine(mask(`${job.id} ${job.name}: ${statusText(run)}${took}${why}`));
}

/** When a job runs next, in few words. */
export function nextText({ state, nextRunAt }: Job, now: number): string {
  if (state !== "active") return state;
  return nextRunAt === null ? "never" : timeUntil(nextRunAt, now);
}
