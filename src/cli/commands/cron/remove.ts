import type { CommandContext } from "../../command.ts";
import { confirm } from "../../confirm.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printNote, printWarning } from "../../print.ts";
import { jobToJson } from "../../render/job_json.ts";
import { oneLine } from "../../render/plain.ts";
import { openJobs } from "./open_jobs.ts";

/** `hermes cron remove`: the job and the record of its runs; its outcomes stay as files. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands } = context;
  const { book } = await openJobs(context);
  const job = await book.find(operands[0] ?? "");
  const what = `${job.id} (${context.mask(oneLine(job.name))})`;
  const isJson = switchFlag(flags, "json");
  const isSure =
    switchFlag(flags, "yes") ||
    (await confirm(ports.terminal, `Remove job ${what} and the record of its runs?`));
  if (!isSure) {
    if (isJson) await printDocument(ports, { removed: null, read_by: [] });
    else await printNote(ports, "Nothing removed");
    return exitCodes.failed;
  }
  await book.remove(job);
  const readers = (await book.list()).filter(({ task }) => task.contextFrom.includes(job.id));
  if (isJson) {
    const options = { timezone: book.timezoneOf(job), mask: context.mask };
    const removed = jobToJson(job, options);
    await printDocument(ports, { removed, read_by: readers.map(({ id }) => id) });
  } else await printNote(ports, `Removed job ${what}`);
  for (const { id } of readers) {
    await printWarning(
      ports,
      `Job ${id} takes outcomes of it: hermes cron edit ${id} --clear-context-from`,
    );
  }
  return exitCodes.done;
}
