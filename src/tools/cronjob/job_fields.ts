import { isAbsolute, join, normalize } from "node:path/posix";
import type { DeliveryTarget, Job, JobTask } from "../../core/cron.ts";
import { defined } from "../../core/defined.ts";
import type { JobBook, JobEdit, JobRequest } from "../../core/job_book.ts";
import type { JsonObject } from "../../core/json.ts";
import type { CronjobInput } from "./input.ts";

/** The arguments of a call, with what was looked up. */
export interface GivenJob {
  readonly input: CronjobInput;
  readonly deliver: readonly DeliveryTarget[] | undefined;
  /** Ids. */
  readonly contextFrom: readonly string[] | undefined;
  /** What a relative working directory is read against. */
  readonly cwd: string;
}

/** A new job. */
export function requestOf(given: GivenJob): JobRequest {
  const { schedule, name, timezone, repeat } = given.input;
  const empty: JobTask = { prompt: "", withAgent: true, skills: [], contextFrom: [], allow: [] };
  return {
    scheduleText: schedule ?? "",
    task: { ...empty, ...taskFields(given) },
    deliver: given.deliver ?? [],
    ...defined("name", name),
    ...defined("timezone", timezone),
    ...defined("repeat", repeat === 0 ? undefined : repeat),
  };
}

/** What becomes different about a job. What the user alone may say, such as which commands are allowed, stays. */
export function editOf({ task }: Job, given: GivenJob): JobEdit {
  const { schedule, name, timezone, repeat } = given.input;
  const fields = taskFields(given);
  return {
    ...defined("scheduleText", schedule),
    ...defined("name", name),
    ...defined("timezone", timezone),
    ...defined("deliver", given.deliver),
    ...defined("repeat", repeat === 0 ? null : repeat),
    ...(Object.keys(fields).length === 0 ? {} : { task: { ...task, ...fields } }),
  };
}

function taskFields({ input, contextFrom, cwd }: GivenJob): Partial<JobTask> {
  const { prompt, script, no_agent: noAgent, skills, model, enabled_toolsets, workdir } = input;
  return {
    ...defined("prompt", prompt?.trim()),
    ...defined("script", script),
    ...defined("withAgent", noAgent === undefined ? undefined : !noAgent),
    ...defined("skills", skills),
    ...defined("contextFrom", contextFrom),
    ...defined("model", model?.model),
    ...defined("provider", model?.provider),
    ...defined("toolsets", enabled_toolsets),
    ...defined("workdir", workdir === undefined ? undefined : absolute(workdir, cwd)),
  };
}

function absolute(path: string, cwd: string): string {
  return normalize(isAbsolute(path) ? path : join(cwd, path));
}

/** A job as the model sees it. */
export function jobFacts(
  book: Pick<JobBook, "timezoneOf">,
  job: Job,
  targetText: (target: DeliveryTarget) => string,
): JsonObject {
  const { task, nextRunAt } = job;
  return {
    id: job.id,
    name: job.name,
    schedule: job.scheduleText,
    timezone: book.timezoneOf(job),
    state: job.state,
    next_run_at: nextRunAt === null ? null : new Date(nextRunAt).toISOString(),
    prompt: task.prompt,
    deliver: job.deliver.map(targetText),
    completed_runs: job.completedRuns,
    ...defined("repeat", job.repeat),
    ...defined("script", task.script),
    ...(task.withAgent ? {} : { no_agent: true }),
    ...(task.skills.length === 0 ? {} : { skills: task.skills }),
    ...(task.contextFrom.length === 0 ? {} : { context_from: task.contextFrom }),
    ...defined("model", task.model),
    ...defined("provider", task.provider),
    ...defined("enabled_toolsets", task.toolsets),
    ...defined("workdir", task.workdir),
  };
}
