import type { JobTask } from "../../../core/cron.ts";
import type { JobBook, JobRequest } from "../../../core/job_book.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag, usageError } from "../../flags.ts";
import { printDocument, printText, printWarning } from "../../print.ts";
import { oneLine } from "../../render/plain.ts";
import { type JobFlags, jobFlags } from "./job_flags.ts";
import { readJobPrompt } from "./job_prompt.ts";
import { warnIfNobodyRuns } from "./nobody_runs.ts";
import { jobDocument, nextTimes, openJobs } from "./open_jobs.ts";

/** `hermes cron add`: a job, checked; says when it runs and whether anything is there to run it. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands, mask } = context;
  const [scheduleText = "", typed = ""] = operands;
  const given = jobFlags(flags, ports.host);
  const prompt = await readJobPrompt(context, typed);
  const task = newTask(prompt, given);
  const jobs = await openJobs(context);
  const { book } = jobs;
  const request = jobRequest(scheduleText, given, {
    ...task,
    contextFrom: await idsOf(book, task.contextFrom),
  });
  const { job, warnings } = await book.create(request);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      ...jobDocument(jobs, job, context),
      warnings: warnings.map(mask),
    });
  } else {
    const lines = [`Added job ${job.id}: ${oneLine(job.name)}`, `Next: ${nextTimes(book, job)}`];
    await printText(ports, `${mask(lines.join("\n"))}\n`);
  }
  for (const warning of warnings) await printWarning(ports, mask(warning));
  await warnIfNobodyRuns(context, jobs);
  return exitCodes.done;
}

/** The task that flags make of a prompt. @throws {HermesError} `usage/invalid` for one that does nothing */
export function newTask(prompt: string, { task }: Pick<JobFlags, "task">): JobTask {
  const made: JobTask = {
    withAgent: true,
    skills: [],
    contextFrom: [],
    allow: [],
    ...task,
    prompt,
  };
  return checkedTask(made);
}

/** @throws {HermesError} `usage/invalid` for a task that does nothing, or whose prompt nobody reads */
export function checkedTask(task: JobTask): JobTask {
  const { prompt, script, withAgent } = task;
  const hint = "pass a prompt in quotes, - for stdin, or --script NAME";
  if (prompt === "" && script === undefined) {
    throw usageError("A job needs a prompt or a script", hint);
  }
  if (!withAgent && script === undefined) {
    throw usageError("--no-agent needs a script: without an agent nobody reads a prompt", hint);
  }
  if (!withAgent && prompt !== "") {
    throw usageError(
      "A job without an agent has no use for a prompt",
      "leave the prompt or --no-agent out",
    );
  }
  return task;
}

/** The ids of the jobs that were named. @throws {HermesError} `cron/not_found`, `cron/ambiguous` */
export async function idsOf(
  book: Pick<JobBook, "find">,
  names: readonly string[],
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const name of names) ids.push((await book.find(name)).id);
  return [...new Set(ids)];
}

function jobRequest(
  scheduleText: string,
  { task: _task, deliver, ...flags }: JobFlags,
  task: JobTask,
): JobRequest {
  return { ...flags, scheduleText, task, deliver: deliver ?? [] };
}
