import type { Job, JobRun } from "../../../core/cron.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printTable } from "../../print.ts";
import type { Mask } from "../../render/error.ts";
import { jobToJson, runToJson } from "../../render/job_json.ts";
import { nextText, statusText } from "../../render/job_text.ts";
import type { Column } from "../../render/table.ts";
import { isoTime } from "../../render/time.ts";
import { warnIfNobodyRuns } from "./nobody_runs.ts";
import { openJobs } from "./open_jobs.ts";

interface ListedJob {
  readonly job: Job;
  readonly lastRun: JobRun | undefined;
}

/** `hermes cron list`: the jobs of the home; starts nothing. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, mask } = context;
  const jobs = await openJobs(context);
  const { book, desk } = jobs;
  const rows: ListedJob[] = [];
  for (const job of await book.list()) {
    const [lastRun] = await desk.runs(job.id, 1);
    rows.push({ job, lastRun });
  }
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      jobs: rows.map(({ job, lastRun }) => ({
        ...jobToJson(job, { timezone: book.timezoneOf(job), mask }),
        last_run: lastRun ? runToJson(lastRun, mask) : null,
      })),
    });
  } else {
    await printTable(ports, columns(ports.clock.now(), mask), {
      rows,
      ifEmpty: "No jobs yet: hermes cron add 'every day at 09:00' 'PROMPT'",
    });
  }
  if (rows.some(({ job }) => job.state === "active")) await warnIfNobodyRuns(context, jobs);
  return exitCodes.done;
}

function columns(now: number, mask: Mask): readonly Column<ListedJob>[] {
  return [
    { header: "JOB", text: ({ job }) => job.id },
    {
      header: "NEXT",
      text: ({ job }) => nextText(job, now),
      raw: ({ job }) => (job.nextRunAt === null ? job.state : isoTime(job.nextRunAt)),
    },
    { header: "LAST", text: ({ lastRun }) => (lastRun ? statusText(lastRun) : "never ran") },
    { header: "SCHEDULE", text: ({ job }) => job.scheduleText },
    { header: "NAME", text: ({ job }) => mask(job.name) },
  ];
}
