import { join } from "node:path/posix";
import type { CronStore, Job, JobRun, RunError } from "../core/cron.ts";
import { HermesError } from "../core/errors.ts";
import { errorExitCode } from "../core/exit_codes.ts";
import type { Log } from "../core/log.ts";
import type { Clock } from "../core/ports.ts";
import type { Redactor } from "../core/redact.ts";
import type { PromptSource } from "../cron/job_prompt.ts";
import { runJob } from "../cron/run_job.ts";
import type { TickDeps } from "../cron/tick.ts";
import { deliver, tell } from "./cron_delivery.ts";
import { ifFree } from "./cron_locks.ts";
import { createOutcomeFiles, type OutcomeFiles } from "./cron_outcomes.ts";
import { runIdVariable, runScript } from "./cron_script.ts";
import { runTurn } from "./cron_turn.ts";
import type { AppParts } from "./parts.ts";

/** Runs that are looked through for the newest outcome of a job, and for one of them. */
const lookedAtRuns = 50;
/** What is on its way to somebody when everything has to end may take so long, in ms. */
const partingMs = 5_000;

/** What runs jobs, wired to the machine: their locks, their runs, and what is told of them. */
export async function openRuns(app: AppParts, store: CronStore): Promise<Omit<TickDeps, "onRun">> {
  const { files, clock, host, processes } = app.ports;
  const redactor = await app.redactor();
  const outcomes = createOutcomeFiles(
    { files, now: () => clock.now(), redact: (text) => redactor.boundary(text) },
    app.paths.cron.outputDirectory,
  );
  return {
    store,
    clock,
    pid: host.pid,
    newRunId: () => `run_${crypto.randomUUID().replaceAll("-", "")}`,
    withJob: async (jobId, work, patienceMs) =>
      (await ifFree(files, lockOf(app, jobId), work, patienceMs))?.result,
    async run(job, run, signal) {
      // What was wrong with the settings may have been mended since the daemon began; what is wrong now fails the run.
      const renewed = app.renewed();
      const current = await renewed.catch(() => app);
      using deadline = deadlineOf(clock, job);
      using parting = leave(clock, signal);
      const end = await runJob(
        {
          clock,
          runScript: async (of, until) => await runScript(await renewed, { job: of, run }, until),
          runTurn: async (of, prompt, until) =>
            await runTurn(await renewed, { job: of, run, prompt }, until),
          newestOutcome: (id) => newestOutcome(store, outcomes, id),
          keep: (...kept) => outcomes.keep(...kept),
          deliver: (of, _run, outcome) =>
            deliver(current, { job: of, run, told: tell(of, outcome) }, parting.signal),
          exitCodeOf: errorExitCode,
          nonce: () => crypto.randomUUID().slice(0, 8),
        },
        job,
        run,
        AbortSignal.any([signal, deadline.signal]),
      );
      return { ...end, error: end.error && withoutSecrets(redactor, end.error) };
    },
    async endLeftovers({ id }) {
      try {
        const pids = await processes.withVariable(runIdVariable, id);
        for (const pid of pids) if (pid !== host.pid) processes.kill(pid);
      } catch {
        // What is somebody else's goes on.
      }
    },
    async alert(job, run, signal) {
      const { status, error } = run;
      if (status === "running") throw new TypeError("A run that goes on is no reason for an alert");
      using parting = leave(clock, signal);
      const exitCode = run.exitCode ?? 1;
      const told = tell(job, { status, text: "", exitCode, error });
      const current = await app.renewed().catch(() => app);
      return await deliver(current, { job, run, told }, parting.signal);
    },
  };
}

/** The file that is locked while a process works at a job. */
function lockOf({ paths }: Pick<AppParts, "paths">, jobId: string): string {
  return join(paths.cron.locksDirectory, `${jobId}.lock`);
}

/**
 * A run as it is, whatever the books say: one that is written as running while nobody works at its job is lost, and the
 * next look of a daemon or a tick writes that down.
 */
export async function asItIs(app: AppParts, store: CronStore, run: JobRun): Promise<JobRun> {
  if (run.status !== "running") return run;
  const { files } = app.ports;
  const lock = lockOf(app, run.jobId);
  // It may have ended between the two looks.
  const again = async (): Promise<JobRun> => {
    const runs = await store.runs(run.jobId, { limit: lookedAtRuns });
    return runs.find(({ id }) => id === run.id) ?? run;
  };
  try {
    const isLocked = (await files.stat(lock)) !== undefined;
    const found = isLocked ? (await ifFree(files, lock, again))?.result : await again();
    if (found?.status !== "running") return found ?? run;
  } catch {
    // Somebody else's, who alone knows.
    return run;
  }
  const message = `The process that ran it (${run.pid}) died; the next tick writes that down`;
  return { ...run, status: "lost", error: { code: "cron/lost", message } };
}

/** What is written down of a failure: some providers say in theirs which key they got. */
function withoutSecrets(
  { boundary }: Pick<Redactor, "boundary">,
  { code, message, hint }: RunError,
): RunError {
  return {
    code,
    message: boundary(message),
    ...(hint === undefined ? {} : { hint: boundary(hint) }),
  };
}

/** Writes what came of a run and of its deliveries to the log. */
export function logRun(log: Log, job: Job, run: JobRun): void {
  const facts = { job: job.id, run: run.id };
  const isGood = ["completed", "silent", "skipped"].includes(run.status);
  const { exitCode, error, sessionId } = run;
  log.write(isGood ? "info" : "error", `cron.${run.status}`, {
    ...facts,
    exit: exitCode ?? undefined,
    session: sessionId ?? undefined,
    code: error?.code,
    message: error?.message,
  });
  for (const { target, attempts, isDelivered, problem } of run.deliveries) {
    if (isDelivered) continue;
    log.write("error", "cron.not_delivered", { ...facts, to: target.kind, attempts, problem });
  }
}

/** The newest outcome of a job that succeeded and had something to tell. */
async function newestOutcome(
  store: CronStore,
  outcomes: OutcomeFiles,
  jobId: string,
): Promise<PromptSource | undefined> {
  const name = (await store.jobs()).find(({ id }) => id === jobId)?.name;
  const runs = await store.runs(jobId, { limit: lookedAtRuns });
  const path = runs.find(({ status, outputFile }) => status === "completed" && outputFile !== null);
  const text = path?.outputFile ? await outcomes.read(path.outputFile) : undefined;
  return name === undefined || text === undefined ? undefined : { from: `the job ${name}`, text };
}

/** A signal that its owner has to let go of. */
interface OwnedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** Aborts with `turn/deadline` when a job has had its time. */
function deadlineOf(clock: Clock, { id, name, task }: Job): OwnedSignal {
  const late = new AbortController();
  const over = new AbortController();
  const { deadlineMs } = task;
  if (deadlineMs !== undefined) {
    const message = `The job "${name}" took longer than its deadline of ${deadlineMs / 1_000} s`;
    const hint = `hermes cron edit ${id} --deadline SECONDS`;
    clock.sleep(deadlineMs, over.signal).then(
      () => late.abort(new HermesError("turn/deadline", message, { hint })),
      () => undefined,
    );
  }
  return { signal: late.signal, [Symbol.dispose]: () => over.abort() };
}

/** Aborts some time after another signal: what is being told then may come to its end. */
function leave(clock: Clock, signal: AbortSignal): OwnedSignal {
  const late = new AbortController();
  const over = new AbortController();
  const wait = (): void => {
    clock.sleep(partingMs, over.signal).then(
      () => late.abort(),
      () => undefined,
    );
  };
  if (signal.aborted) wait();
  else signal.addEventListener("abort", wait, { once: true, signal: over.signal });
  return { signal: late.signal, [Symbol.dispose]: () => over.abort() };
}
