import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote } from "../../print.ts";
import { oneLine } from "../../render/plain.ts";
import { openJobs } from "./open_jobs.ts";

/** `hermes cron pause`: the job stays, and does not run by itself. */
export async function run(context: CommandContext): Promise<number> {
  const { book } = await openJobs(context);
  const before = await book.find(context.operands[0] ?? "");
  const { id, name } = await book.pause(before);
  const done = before.state === "paused" ? "Job was paused already" : "Paused job";
  await printNote(context.ports, `${done} ${id}: ${context.mask(oneLine(name))}`);
  return exitCodes.done;
}
