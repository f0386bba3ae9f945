import type { DeliveryTarget, Job } from "../core/cron.ts";
import { HermesError } from "../core/errors.ts";
import type { JobBook } from "../core/job_book.ts";
import { type JsonObject, parseJson } from "../core/json.ts";
import { scanThreats } from "../core/threat_scan.ts";
import type { Tool, ToolContext, ToolOutput, ToolPermission } from "../core/tool.ts";
import { editOf, jobFacts, requestOf } from "./cronjob/job_fields.ts";
import { type CronjobInput, cronjobInput, parseCronjob } from "./cronjob/input.ts";
import { failure, result } from "./output.ts";

export interface CronjobOptions {
  /** Opens the jobs of the home. */
  readonly book: () => Promise<JobBook>;
  /** A target as people write it. @throws {HermesError} `usage/invalid` */
  readonly parseTarget: (text: string, cwd: string) => DeliveryTarget;
  readonly targetText: (target: DeliveryTarget) => string;
}

/**
 * Jobs that run later, when nobody is there: made, changed, run and removed only with the agreement of the person who is there
 * now. Not for runs of jobs themselves: a job that makes jobs would never end.
 */
export function createCronjobTool(options: CronjobOptions): Tool<CronjobInput> {
  return {
    spec: {
      name: "cronjob",
      description:
        "Jobs that run at a later time or again and again, without a person: a prompt for an agent, a script of the user's, or both. " +
        "A job knows nothing of this conversation: its prompt must say everything. Its final answer is delivered, and kept as a file. " +
        "All but list and show ask the user. Use list before you change a job; hermes cron daemon or hermes cron install runs them.",
      parameters: cronjobInput.parameters,
    },
    effect: "execute",
    parse: parseCronjob,
    permission: (input, context) => permissionFor(options, input, context),
    async run(input, context) {
      const book = await options.book();
      try {
        return await carryOut(options, book, { input, context });
      } catch (error) {
        if (!(error instanceof HermesError) || !toldCodes.has(error.code)) throw error;
        return await refusal(book, input, error);
      }
    },
  };
}

/** What the model can do something about. */
const toldCodes: ReadonlySet<string> = new Set([
  "usage/invalid",
  "cron/not_found",
  "cron/ambiguous",
  "cron/name_taken",
  "cron/busy",
  "cron/script_refused",
]);

async function permissionFor(
  options: CronjobOptions,
  input: CronjobInput,
  { cwd }: ToolContext,
): Promise<ToolPermission> {
  const [threat] = scanThreats([input.name, input.prompt].filter(Boolean).join("\n"));
  if (threat) {
    const reason = `A job must not have this prompt, which nobody would see run: it ${threat.what}`;
    return { kind: "forbidden", reason };
  }
  // As the same verbs of `hermes cron` do in a command: a job that is paused tells nobody, and one that runs asks nobody.
  if (input.action === "list" || input.action === "show") return { kind: "allowed" };
  let about: JsonObject = {};
  let reason =
    input.action === "run"
      ? "run of a job, which asks nobody about what its user allowed it"
      : "change of a job that runs when nobody is there";
  try {
    const book = await options.book();
    if (input.schedule !== undefined) {
      const first = new Date(book.firstRun(input.schedule, input.timezone)).toISOString();
      reason += `, first at ${first}`;
    }
    // Which job it is about says more than its id.
    if (input.job_id !== undefined) about = { job: summaryOf(await book.find(input.job_id)) };
    for (const target of input.deliver ?? []) options.parseTarget(target, cwd);
  } catch (error) {
    // What cannot be done needs no answer: the run tells why.
    if (error instanceof HermesError && toldCodes.has(error.code)) return { kind: "allowed" };
    throw error;
  }
  // Without what is not there, which an object from the parser may have as undefined.
  const shown = parseJson(JSON.stringify({ ...input, ...about })) ?? null;
  const subject = { kind: "tool", name: "cronjob", arguments: shown } as const;
  const key = `cronjob ${JSON.stringify(input)}`;
  return { kind: "ask", request: { subject, reason, key, scopes: [] } };
}

function summaryOf({ name, scheduleText, task }: Job): JsonObject {
  return { name, schedule: scheduleText, prompt: task.prompt };
}

async function carryOut(
  options: CronjobOptions,
  book: JobBook,
  { input, context }: { readonly input: CronjobInput; readonly context: ToolContext },
): Promise<ToolOutput> {
  const facts = (job: Job): JsonObject => jobFacts(book, job, options.targetText);
  const deliver = input.deliver?.map((text) => options.parseTarget(text, context.cwd));
  const contextFrom = input.context_from && (await idsOf(book, input.context_from));
  const given = { input, deliver, contextFrom, cwd: context.cwd };
  switch (input.action) {
    case "create": {
      const { job, warnings } = await book.create(requestOf(given));
      const { id, name, task, scheduleText, repeat } = job;
      return result({
        success: true,
        job_id: id,
        name,
        skills: task.skills,
        schedule: scheduleText,
        repeat: repeat ?? null,
        deliver: job.deliver.map(options.targetText),
        next_run_at: facts(job)["next_run_at"],
        job: facts(job),
        message:
          "The job is there. It runs while hermes cron daemon runs, or after hermes cron install",
        ...(warnings.length === 0 ? {} : { warnings }),
      });
    }
    case "list": {
      const jobs = await book.list();
      return result({ count: jobs.length, jobs: jobs.map(facts) });
    }
    case "show":
      return result({ success: true, job: facts(await book.find(input.job_id ?? "")) });
    case "update": {
      const before = await book.find(input.job_id ?? "");
      const { job, warnings } = await book.edit(before, editOf(before, given));
      return result({
        success: true,
        job: facts(job),
        ...(warnings.length === 0 ? {} : { warnings }),
      });
    }
    case "pause":
      return result({
        success: true,
        job: facts(await book.pause(await book.find(input.job_id ?? ""))),
      });
    case "resume":
      return result({
        success: true,
        job: facts(await book.resume(await book.find(input.job_id ?? ""))),
      });
    case "remove": {
      const job = await book.find(input.job_id ?? "");
      await book.remove(job);
      return result({ success: true, job: facts(job) });
    }
    case "run":
      return await runOne(book, await book.find(input.job_id ?? ""), { facts, context });
    default:
      return input.action satisfies never;
  }
}

async function runOne(
  book: JobBook,
  job: Job,
  { facts, context }: { readonly facts: (job: Job) => JsonObject; readonly context: ToolContext },
): Promise<ToolOutput> {
  const run = await book.run(job, context.signal);
  const { status, exitCode, error, outputFile, deliveries } = run;
  const undelivered = deliveries.flatMap(({ problem }) => problem ?? []);
  const value = {
    success: error === null,
    job: facts(job),
    run: { status, exit_code: exitCode, output_file: outputFile, undelivered },
  };
  if (error === null) return result(value);
  const advice = error.hint === undefined ? "" : ` (${error.hint})`;
  return failure(`The run did not succeed: ${error.message}${advice}`, value);
}

async function idsOf(book: JobBook, names: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const name of names) ids.push((await book.find(name)).id);
  return ids;
}

/** What the model is told where it can do better. */
async function refusal(
  book: JobBook,
  { job_id: wanted = "" }: CronjobInput,
  { code, message, hint }: HermesError,
): Promise<ToolOutput> {
  const error = hint === undefined ? message : `${message} (${hint})`;
  if (code !== "cron/ambiguous") return failure(error, { success: false });
  const matches = (await book.list()).filter(({ id }) => id.startsWith(wanted.trim()));
  return failure(error, { success: false, matches: matches.map(({ id, name }) => ({ id, name })) });
}
