import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printNote } from "../../print.ts";
import { oneLine } from "../../render/plain.ts";
import { jobDocument, openJobs } from "./open_jobs.ts";

/** `hermes cron pause`: the job stays, and does not run by itself. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands, mask } = context;
  const jobs = await openJobs(context);
  const before = await jobs.book.find(operands[0] ?? "");
  const job = await jobs.book.pause(before);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, jobDocument(jobs, job, context));
    return exitCodes.done;
  }
  const done = before.state === "paused" ? "Job was paused already" : "Paused job";
  await printNote(ports, `${done} ${job.id}: ${mask(oneLine(job.name))}`);
  return exitCodes.done;
}
