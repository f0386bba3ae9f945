import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote } from "../../print.ts";
import { oneLine } from "../../render/plain.ts";
import { warnIfNobodyRuns } from "./nobody_runs.ts";
import { nextTimes, openJobs } from "./open_jobs.ts";

/** `hermes cron resume`: what passed while the job was paused is not made up for. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, operands } = context;
  const jobs = await openJobs(context);
  const { book } = jobs;
  const before = await book.find(operands[0] ?? "");
  const job = await book.resume(before);
  const done = before.state === "active" ? "Job was not paused" : "Resumed job";
  await printNote(ports, `${done} ${job.id}: ${context.mask(oneLine(job.name))}`);
  await printNote(ports, `Next: ${nextTimes(book, job)}`);
  await warnIfNobodyRuns(context, jobs);
  return exitCodes.done;
}
