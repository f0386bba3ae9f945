import type { App } from "../../../app.ts";
import type { CronDesk } from "../../../app/cron.ts";
import { openJobBook } from "../../../app/job_book.ts";
import type { Job } from "../../../core/cron.ts";
import type { JobBook } from "../../../core/job_book.ts";
import type { JsonObject } from "../../../core/json.ts";
import { timesText } from "../../../cron/time_text.ts";
import type { CommandContext } from "../../command.ts";
import { jobToJson } from "../../render/job_json.ts";
import { isoTime } from "../../render/time.ts";

/** What the commands of the group work with. */
export interface Jobs {
  readonly app: App;
  readonly desk: CronDesk;
  readonly book: JobBook;
}

/** Opens the jobs of the home; starts nothing. */
export async function openJobs(context: CommandContext): Promise<Jobs> {
  const app = await context.app();
  const desk = await app.cron();
  return { app, desk, book: openJobBook(desk, context.ports.clock) };
}

/** How many of its next times are shown of a job. */
const shownTimes = 3;

/** The next times of a job in one line: `Next: Mon 2026-01-05 09:00, ... (Europe/Berlin)`. */
export function nextTimes(book: JobBook, job: Job): string {
  const times = book.nextRuns(job, shownTimes);
  return times.length === 0 ? job.state : timesText(times, book.timezoneOf(job));
}

/** A job with its next times, as documents show it. */
export function jobDocument(
  { book }: Pick<Jobs, "book">,
  job: Job,
  { mask }: Pick<CommandContext, "mask">,
): JsonObject {
  return {
    job: jobToJson(job, { timezone: book.timezoneOf(job), mask }),
    next_runs: book.nextRuns(job, shownTimes).map(isoTime),
  };
}
