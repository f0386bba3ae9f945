import type { JobRun } from "../../../core/cron.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printTable } from "../../print.ts";
import type { Mask } from "../../render/error.ts";
import { runToJson } from "../../render/job_json.ts";
import { problemsText, statusText } from "../../render/job_text.ts";
import type { Column } from "../../render/table.ts";
import { durationText, isoTime, relativeTime } from "../../render/time.ts";
import { limitFlag } from "../sessions/list.ts";
import { openJobs } from "./open_jobs.ts";

/** `hermes cron history`: a record of each run of a job, the newest first. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands, mask } = context;
  const limit = limitFlag(flags);
  const { book, desk } = await openJobs(context);
  const job = await book.find(operands[0] ?? "");
  const runs = await desk.runs(job.id, limit);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      job_id: job.id,
      runs: runs.map((entry) => runToJson(entry, mask)),
    });
    return exitCodes.done;
  }
  await printTable(ports, columns(ports.clock.now(), mask), {
    rows: runs,
    ifEmpty: `No run yet: hermes cron run ${job.id} runs it now`,
  });
  return exitCodes.done;
}

function columns(now: number, mask: Mask): readonly Column<JobRun>[] {
  return [
    {
      header: "STARTED",
      text: ({ startedAt }) => relativeTime(startedAt, now),
      raw: ({ startedAt }) => isoTime(startedAt),
    },
    { header: "BY", text: ({ trigger }) => trigger },
    { header: "STATUS", text: statusText },
    { header: "EXIT", isNumber: true, text: ({ exitCode }) => String(exitCode ?? "-") },
    {
      header: "TOOK",
      isNumber: true,
      text: ({ startedAt, endedAt }) =>
        endedAt === null ? "-" : durationText(endedAt - startedAt),
    },
    {
      header: "TOKENS",
      isNumber: true,
      text: ({ usage }) => (usage ? String(usage.totalTokens) : "-"),
    },
    { header: "WHAT", text: (entry) => mask(whatOf(entry)) },
  ];
}

/** What went wrong, or where the outcome is. */
function whatOf(entry: JobRun): string {
  return problemsText(entry) || (entry.outputFile ?? "");
}
