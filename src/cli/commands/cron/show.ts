import type { Job, JobRun } from "../../../core/cron.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printText } from "../../print.ts";
import { runToJson, targetsText } from "../../render/job_json.ts";
import { problemsText, statusText } from "../../render/job_text.ts";
import { oneLine, plainText } from "../../render/plain.ts";
import { relativeTime } from "../../render/time.ts";
import { jobDocument, nextTimes, openJobs } from "./open_jobs.ts";

/** `hermes cron show`: all of one job, its next times and its last run. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands, mask } = context;
  const jobs = await openJobs(context);
  const { book, desk } = jobs;
  const job = await book.find(operands[0] ?? "");
  const [lastRun] = await desk.runs(job.id, 1);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      ...jobDocument(jobs, job, context),
      last_run: lastRun ? runToJson(lastRun, mask) : null,
    });
    return exitCodes.done;
  }
  const lines = [
    ...factsOf(job, lastRun, { next: nextTimes(book, job), now: ports.clock.now() }),
    ["Delivery", targetsText(job.deliver, mask)] as const,
  ].map(([what, value]) => `${`${what}:`.padEnd(14)}${oneLine(mask(value))}`);
  const prompt = job.task.prompt === "" ? [] : ["", plainText(mask(job.task.prompt))];
  await printText(ports, `${[...lines, ...prompt].join("\n")}\n`);
  return exitCodes.done;
}

type Fact = readonly [what: string, value: string];

function factsOf(
  job: Job,
  lastRun: JobRun | undefined,
  { next, now }: { readonly next: string; readonly now: number },
): readonly Fact[] {
  const { task, repeat, completedRuns } = job;
  const counted = repeat === undefined ? `${completedRuns}` : `${completedRuns} of ${repeat}`;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Job", `${job.id} ${job.name}`],
    ["Schedule", job.scheduleText],
    ["State", job.state],
    ["Next", next],
    ["Runs", counted],
    ["Last run", lastRun && `${statusText(lastRun)}, ${relativeTime(lastRun.startedAt, now)}`],
    ["Error", lastRun && (problemsText(lastRun) || undefined)],
    ["Hint", lastRun?.error?.hint],
    ["Outcome", lastRun?.outputFile ?? undefined],
    ["Script", task.script && `${task.script}${task.withAgent ? "" : " (without an agent)"}`],
    ["Context from", listed(task.contextFrom)],
    ["Model", task.model],
    ["Provider", task.provider],
    ["Runtime", task.runtime],
    ["Toolsets", listed(task.toolsets ?? [])],
    ["Skills", listed(task.skills)],
    ["Allowed", listed(task.allow)],
    ["Deadline", task.deadlineMs === undefined ? undefined : `${task.deadlineMs / 1_000} s`],
    ["Directory", task.workdir],
  ];
  return facts.flatMap(([what, value]): readonly Fact[] =>
    value === undefined ? [] : [[what, value]],
  );
}

function listed(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(", ");
}
