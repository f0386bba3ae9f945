import type { JobBook } from "../core/job_book.ts";
import type { Clock } from "../core/ports.ts";
import { createJobBook } from "../cron/job_book.ts";
import type { CronDesk } from "./cron.ts";

/** What people and the agent do with the jobs of a home. */
export function openJobBook(desk: CronDesk, clock: Pick<Clock, "now">): JobBook {
  return createJobBook({
    store: desk.store,
    timezone: desk.timezone,
    clock,
    parse: (text, zone) => desk.parse(text, zone),
    checkTask: (task) => desk.checkTask(task),
    checkTargets: (targets) => desk.checkTargets(targets),
    runNow: (job, signal) => desk.runNow(job, signal),
  });
}
