import type { DeliveryReport, Job, JobRun, RunEnd, RunError, RunStatus } from "../core/cron.ts";
import { defined } from "../core/defined.ts";
import { HermesError, toHermesError } from "../core/errors.ts";
import type { TurnOutcome, Usage } from "../core/event.ts";
import type { Clock } from "../core/ports.ts";
import { forJob } from "./job_hint.ts";
import { jobPrompt, type PromptSource } from "./job_prompt.ts";
import { isSilent, wakesNoAgent } from "./outcome_text.ts";

/** How a script ended by itself. */
export interface ScriptReport {
  /** 128 + n where signal n ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  /** The end of it. */
  readonly stderr: string;
}

/** How a turn ended. */
export interface TurnReport {
  readonly outcome: TurnOutcome;
  /** What the model said last, also where the turn failed behind that. */
  readonly lastText: string;
  readonly usage: Usage;
  readonly sessionId: string;
}

/** What came of a run: what is kept of it, and what is told. */
export interface RunOutcome {
  readonly status: Exclude<RunStatus, "running">;
  /** The answer, or the script's output; of a failure what there is besides its error. */
  readonly text: string;
  readonly exitCode: number;
  readonly error: RunEnd["error"];
  readonly sessionId: string | null;
  readonly usage: Usage | null;
}

export interface RunJobDeps {
  readonly clock: Pick<Clock, "now">;
  /** @throws {HermesError} `cron/script_refused`, `turn/deadline`, or what the signal was aborted with */
  readonly runScript: (job: Job, signal: AbortSignal) => Promise<ScriptReport>;
  /** @throws {HermesError} what kept the turn from beginning */
  readonly runTurn: (job: Job, prompt: string, signal: AbortSignal) => Promise<TurnReport>;
  /** The newest outcome of another job, with its name; undefined where there is none. */
  readonly newestOutcome: (jobId: string) => Promise<PromptSource | undefined>;
  /** Writes the outcome to its file; the path. @throws {HermesError} `file/unwritable`, `store/full` */
  readonly keep: (job: Job, run: JobRun, outcome: RunOutcome) => Promise<string>;
  /** What is told of a failure begins with its error. Never rejects. */
  readonly deliver: (
    job: Job,
    run: JobRun,
    outcome: RunOutcome,
  ) => Promise<readonly DeliveryReport[]>;
  /** What scripts get as exit code of a failure. */
  readonly exitCodeOf: (error: HermesError) => number;
  readonly nonce: () => string;
}

/**
 * Runs a job: its script, then its turn with what the script brought, then keeps and delivers the outcome. Whatever fails is
 * a failed run that is told of; what succeeds without anything to tell is silent. Never rejects.
 */
export async function runJob(
  deps: RunJobDeps,
  job: Job,
  run: JobRun,
  signal: AbortSignal,
): Promise<RunEnd> {
  let outcome = await perform(deps, job, signal).catch((error: unknown) =>
    failure(deps, signal.aborted ? interrupted(signal) : toHermesError(error)),
  );
  if (outcome.error !== null) outcome = { ...outcome, error: forJob(job, outcome.error) };
  let outputFile: string | null = null;
  // What there is nothing to tell of is kept, too, so that it can be looked at; a script that woke nobody said nothing.
  if (outcome.status !== "skipped") {
    try {
      outputFile = await deps.keep(job, run, outcome);
    } catch (thrown) {
      outcome = unkept(outcome, toHermesError(thrown));
    }
  }
  const { text: _text, ...facts } = outcome;
  const deliveries = isTold(job, run, outcome) ? await deps.deliver(job, run, outcome) : [];
  return { ...facts, endedAt: deps.clock.now(), outputFile, deliveries };
}

/**
 * Whether anybody should hear of it. Of what was stopped only where it will not be made up for: a single time stays owed,
 * and who runs a job by hand knows that it was stopped.
 */
function isTold({ schedule }: Job, { trigger }: JobRun, { status }: RunOutcome): boolean {
  if (status === "interrupted") return trigger === "schedule" && schedule.kind !== "once";
  return status === "completed" || status === "failed";
}

/** What is not written down is no success, whatever it was. */
function unkept(outcome: RunOutcome, problem: HermesError): RunOutcome {
  if (outcome.error !== null) return outcome;
  return { ...outcome, status: "failed", exitCode: 1, error: runError(problem) };
}

function runError({ code, message, hint }: HermesError): RunError {
  return { code, message, ...defined("hint", hint) };
}

async function perform(deps: RunJobDeps, job: Job, signal: AbortSignal): Promise<RunOutcome> {
  const { task } = job;
  const sources: PromptSource[] = [];
  if (task.script !== undefined) {
    const { exitCode, stdout, stderr } = await deps.runScript(job, signal);
    // What ends this process may end a script before it is heard of here: then that did not fail.
    if (exitCode !== 0 && signal.aborted) throw interrupted(signal);
    if (exitCode !== 0) {
      const problem = `The script ${task.script} ended with exit code ${exitCode}`;
      return failure(
        deps,
        new HermesError("cron/script_failed", problem),
        [stdout.trim(), stderr.trim()].filter((text) => text !== "").join("\n\n"),
      );
    }
    if (!task.withAgent) return said(stdout.trim());
    if (wakesNoAgent(stdout)) return { ...said(""), status: "skipped" };
    sources.push({ from: `the script ${task.script}`, text: stdout });
  }
  for (const id of task.contextFrom) {
    const source = await deps.newestOutcome(id);
    if (source) sources.push(source);
  }
  const report = await deps.runTurn(job, jobPrompt(job, sources, deps.nonce()), signal);
  const { outcome, lastText, sessionId, usage } = report;
  const facts = { sessionId, usage };
  switch (outcome.status) {
    case "completed":
      return { ...said(outcome.finalText), ...facts };
    case "failed":
      return { ...failure(deps, outcome.error, lastText), ...facts };
    case "interrupted":
      return { ...failure(deps, interrupted(signal), lastText), ...facts };
    default:
      return outcome satisfies never;
  }
}

function said(text: string): RunOutcome {
  const status = text.trim() === "" || isSilent(text) ? "silent" : "completed";
  return { status, text, exitCode: 0, error: null, sessionId: null, usage: null };
}

function failure({ exitCodeOf }: RunJobDeps, error: HermesError, text = ""): RunOutcome {
  const isInterrupted = error.code === "turn/interrupted";
  return {
    status: isInterrupted ? "interrupted" : "failed",
    text,
    exitCode: exitCodeOf(error),
    error: runError(error),
    sessionId: null,
    usage: null,
  };
}

function interrupted(signal: AbortSignal): HermesError {
  const reason: unknown = signal.reason;
  return reason instanceof HermesError
    ? reason
    : new HermesError("turn/interrupted", "The run was stopped");
}
