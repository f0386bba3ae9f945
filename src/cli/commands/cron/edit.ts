import type { Job, JobTask } from "../../../core/cron.ts";
import { defined } from "../../../core/defined.ts";
import type { JobEdit } from "../../../core/job_book.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import {
  filledFlag,
  type FlagValues,
  spell,
  switchFlag,
  textFlag,
  usageError,
} from "../../flags.ts";
import { printDocument, printText, printWarning } from "../../print.ts";
import { oneLine } from "../../render/plain.ts";
import { checkedTask, idsOf } from "./add.ts";
import { type JobFlags, jobFlags } from "./job_flags.ts";
import { readJobPrompt } from "./job_prompt.ts";
import { jobDocument, nextTimes, openJobs } from "./open_jobs.ts";

/** `hermes cron edit`: what was named becomes different, the rest stays. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands, mask } = context;
  const given = jobFlags(flags, ports.host);
  const cleared = clearedFields(flags);
  const scheduleText = filledFlag(flags, "schedule");
  const typed = textFlag(flags, "prompt");
  const prompt = typed === undefined ? undefined : await readJobPrompt(context, typed);
  const jobs = await openJobs(context);
  const { book } = jobs;
  const before = await book.find(operands[0] ?? "");
  const contextFrom = given.task.contextFrom && (await idsOf(book, given.task.contextFrom));
  const task = editedTask(before.task, cleared, {
    ...given.task,
    ...defined("contextFrom", contextFrom),
    ...defined("prompt", prompt),
  });
  const edit = jobEdit(given, cleared, {
    ...defined("scheduleText", scheduleText),
    ...defined("task", task),
  });
  if (Object.keys(edit).length === 0) {
    throw usageError("Nothing to change was named", "hermes cron edit --help lists what can be");
  }
  const { job, warnings } = await book.edit(before, edit);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      ...jobDocument(jobs, job, context),
      warnings: warnings.map(mask),
    });
  } else {
    const lines = [`Changed job ${job.id}: ${oneLine(job.name)}`, `Next: ${nextTimes(book, job)}`];
    await printText(ports, `${mask(lines.join("\n"))}\n`);
  }
  for (const warning of warnings) await printWarning(ports, mask(warning));
  return exitCodes.done;
}

/** What can be taken away, by the flag that sets it. */
export const clearable = [
  "prompt",
  "script",
  "deliver",
  "model",
  "provider",
  "runtime",
  "toolsets",
  "skills",
  "contextFrom",
  "allow",
  "deadline",
  "workdir",
  "repeat",
] as const;

type Clearable = (typeof clearable)[number];

/** @throws {HermesError} `usage/invalid` for what is set and taken away at once */
function clearedFields(flags: FlagValues): ReadonlySet<Clearable> {
  const cleared = clearable.filter((field) => {
    const flag = `clear${field.charAt(0).toUpperCase()}${field.slice(1)}`;
    if (!switchFlag(flags, flag)) return false;
    if (flags[field] === undefined) return true;
    throw usageError(
      `${spell(field)} and ${spell(flag)} exclude one another`,
      `leave ${spell(flag)} out`,
    );
  });
  return new Set(cleared);
}

/** The task as it becomes; undefined where it stays. @throws {HermesError} `usage/invalid` */
function editedTask(
  before: JobTask,
  cleared: ReadonlySet<Clearable>,
  given: Partial<JobTask>,
): JobTask | undefined {
  const isCleared = clearable.some(
    (field) => field !== "deliver" && field !== "repeat" && cleared.has(field),
  );
  if (Object.keys(given).length === 0 && !isCleared) return undefined;
  const { prompt, withAgent, script, skills, contextFrom, allow, ...optional } = before;
  const { model, provider, runtime, toolsets, workdir, deadlineMs } = optional;
  const kept = <Value>(field: Clearable, value: Value): Value | undefined =>
    cleared.has(field) ? undefined : value;
  return checkedTask({
    prompt: kept("prompt", prompt) ?? "",
    withAgent,
    skills: kept("skills", skills) ?? [],
    contextFrom: kept("contextFrom", contextFrom) ?? [],
    allow: kept("allow", allow) ?? [],
    ...defined("script", kept("script", script)),
    ...defined("model", kept("model", model)),
    ...defined("provider", kept("provider", provider)),
    ...defined("runtime", kept("runtime", runtime)),
    ...defined("toolsets", kept("toolsets", toolsets)),
    ...defined("workdir", kept("workdir", workdir)),
    ...defined("deadlineMs", kept("deadline", deadlineMs)),
    ...given,
  });
}

function jobEdit(
  { name, timezone, deliver, repeat }: JobFlags,
  cleared: ReadonlySet<Clearable>,
  edit: Pick<JobEdit, "scheduleText" | "task">,
): JobEdit {
  const newTargets: Job["deliver"] | undefined = cleared.has("deliver") ? [] : deliver;
  return {
    ...edit,
    ...defined("name", name),
    ...defined("timezone", timezone),
    ...defined("deliver", newTargets),
    ...defined("repeat", cleared.has("repeat") ? null : repeat),
  };
}
