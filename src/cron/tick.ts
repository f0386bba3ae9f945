import type { CronStore, DeliveryReport, Job, JobAfterRun, JobRun, RunEnd } from "../core/cron.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { nextRun } from "./next_run.ts";
import { planDue } from "./plan_due.ts";

export interface TickDeps {
  readonly store: CronStore;
  readonly clock: Pick<Clock, "now">;
  /**
   * What `work` gives while nobody else, in any process, works at this job; undefined where somebody does, after
   * `patienceMs` (0 where absent).
   */
  readonly withJob: <T>(
    jobId: string,
    work: () => Promise<T>,
    patienceMs?: number,
  ) => Promise<T | undefined>;
  /** Runs a job to its end, with its delivery. Never rejects. */
  readonly run: (job: Job, run: JobRun, signal: AbortSignal) => Promise<RunEnd>;
  /** Ends what a run whose process died has left behind, as far as it is known. Never rejects. */
  readonly endLeftovers: (run: JobRun) => Promise<void>;
  /** Tells of a run that never was, or that nobody saw the end of. Never rejects. */
  readonly alert: (
    job: Job,
    run: JobRun,
    signal: AbortSignal,
  ) => Promise<readonly DeliveryReport[]>;
  /** Is told of each run that came to an end or never was. */
  readonly onRun: (job: Job, run: JobRun) => void;
  readonly newRunId: () => string;
  readonly pid: number;
}

/**
 * A one-shot whose process died is started again, this often in all: what kills its process each time must come to an
 * end, and a machine that dies that often within one job has other sorrows.
 */
const maxAttempts = 10;
/** How long a job is waited for that somebody only looks at, or ends in the books, in ms. */
const lookMs = 500;
/** Runs that are looked through for them. */
const lookedAtRuns = 100;

/** A run that was lost or missed, as it is in the books; nobody was told yet. */
export interface UntoldRun {
  readonly job: Job;
  readonly run: JobRun;
  readonly end: RunEnd;
}

/**
 * Ends in the books what died in the middle: runs that are written as running while nobody holds their job. `onLost` gets
 * each of them when that is done: telling of it may take long, and neither its job nor another one has to wait for that.
 * @throws what kept a run from being ended; the others have been
 */
export async function settleLost(deps: TickDeps, onLost: (lost: UntoldRun) => void): Promise<void> {
  const problems: unknown[] = [];
  for (const run of await deps.store.running()) {
    try {
      const lost = await deps.withJob(run.jobId, async () => {
        // Its holder may have ended it between the two looks.
        const isStill = (await deps.store.running()).some(({ id }) => id === run.id);
        return isStill ? await settle(deps, run) : undefined;
      });
      if (lost) onLost(lost);
    } catch (error) {
      problems.push(error);
    }
  }
  if (problems.length > 0) throw problems[0];
}

async function settle(deps: TickDeps, run: JobRun): Promise<UntoldRun | undefined> {
  const { store, clock } = deps;
  const job = (await store.jobs()).find(({ id }) => id === run.jobId);
  if (!job) return undefined;
  // Another attempt must not run beside them.
  await deps.endLeftovers(run);
  const why =
    run.pid === deps.pid
      ? "How it ended could not be written down"
      : `The process that ran it (${run.pid}) died`;
  const after = await afterLoss(store, job, run);
  const isGivenUp = after.state === "broken";
  const isOwed = isOneShot(job) && job.state === "active" && job.nextRunAt === run.dueAt;
  const what = isOwed ? `${why}: it is tried again` : why;
  const verdict = isGivenUp ? `${why}, the ${maxAttempts}th time: it is not tried again` : what;
  const end = unseen(clock.now(), "lost", "cron/lost", verdict);
  await store.finish(run.id, end, after);
  return { job, run, end };
}

/**
 * Tells of a run whose end is in the books: a process that dies while it does that has told at most once. What came of
 * the telling is written behind it.
 */
export async function tellOfEnd(
  deps: TickDeps,
  { job, run, end }: UntoldRun,
  signal: AbortSignal,
): Promise<JobRun> {
  const deliveries = await deps.alert(job, { ...run, ...end }, signal);
  if (deliveries.length > 0) {
    await deps.store.finish(run.id, { ...end, deliveries }, { isCounted: false });
  }
  const ended = { ...run, ...end, deliveries };
  deps.onRun(job, ended);
  return ended;
}

async function afterLoss(store: CronStore, job: Job, run: JobRun): Promise<JobAfterRun> {
  if (run.trigger === "manual") return { isCounted: false };
  if (isOneShot(job)) {
    const isGivenUp = (await deathsOf(store, run)) >= maxAttempts;
    return isGivenUp ? { state: "broken", nextRunAt: null } : {};
  }
  // It was the last one.
  return job.state === "active" && job.nextRunAt === null ? { state: "done" } : {};
}

/** How often a process died with this time of the job; who was told to end may begin as often as it likes. */
async function deathsOf(store: CronStore, { jobId, dueAt }: JobRun): Promise<number> {
  const runs = await store.runs(jobId, { limit: lookedAtRuns });
  return runs.filter((run) => run.dueAt === dueAt && run.status !== "interrupted").length;
}

export interface DueOptions {
  /** ms since epoch */
  readonly seenAt: number;
  readonly signal: AbortSignal;
  readonly onMissed: (missed: UntoldRun) => void;
}

/**
 * Takes a job whose time has come, if nobody else does: at most one process runs it, and a recurring one has moved on to
 * its next time before it starts. The run as it ended; undefined when there was nothing to do. `seenAt` is when it was
 * seen to be due: waiting for a free place makes it no later. `onMissed` gets what was too late, to tell of it.
 */
export async function runDue(
  deps: TickDeps,
  job: Job,
  { seenAt, signal, onMissed }: DueOptions,
): Promise<JobRun | undefined> {
  const { store, clock } = deps;
  const plan = planDue(job, { seenAt, now: clock.now() });
  if (!plan) return undefined;
  const run: JobRun = { ...begun(deps, job.id), dueAt: plan.dueAt, trigger: "schedule" };
  if (plan.kind === "missed") {
    return await miss(deps, job, { run, nextRunAt: plan.nextRunAt, onMissed });
  }
  const ended = await deps.withJob(
    job.id,
    async () => {
      // It may have waited long for its turn, and somebody may have changed it: what counts is what it is now.
      const current = (await store.jobs()).find(({ id }) => id === job.id);
      if (current?.nextRunAt !== plan.dueAt) return { run: undefined };
      const { nextRunAt } = planDue(current, { seenAt, now: clock.now() }) ?? plan;
      if (!(await store.claim(run, nextRunAt))) return { run: undefined };
      return { run: await finishRun(deps, current, { run, signal }) };
    },
    lookMs,
  );
  if (ended) return ended.run;
  // Its last run goes on. A single time stays due, for whoever holds it may die.
  if (isOneShot(job)) return undefined;
  const nextRunAt = nextRun(job.schedule, clock.now()) ?? null;
  return await miss(deps, job, { run, nextRunAt, onMissed, isOverrun: true });
}

/** Runs a job now, whatever its schedule says; undefined where it runs already. */
export async function runNow(
  deps: TickDeps,
  job: Job,
  signal: AbortSignal,
): Promise<JobRun | undefined> {
  return await deps.withJob(job.id, async () => {
    const run: JobRun = { ...begun(deps, job.id), dueAt: deps.clock.now(), trigger: "manual" };
    await deps.store.record(run);
    return await finishRun(deps, job, { run, signal });
  });
}

async function finishRun(
  deps: TickDeps,
  job: Job,
  { run, signal }: { readonly run: JobRun; readonly signal: AbortSignal },
): Promise<JobRun> {
  const end = await deps.run(job, run, signal);
  await deps.store.finish(run.id, end, afterRun(job, run, end));
  const ended = { ...run, ...end };
  deps.onRun(job, ended);
  return ended;
}

/** What becomes of the job itself when a run of its schedule has ended. */
function afterRun(job: Job, { trigger }: JobRun, { status }: RunEnd): JobAfterRun {
  if (trigger === "manual") return { isCounted: false };
  // One that was stopped in the middle is still owed.
  if (isOneShot(job)) return status === "interrupted" ? {} : { state: "done", nextRunAt: null };
  const isLast = job.repeat !== undefined && job.completedRuns + 1 >= job.repeat;
  return isLast ? { state: "done", nextRunAt: null } : {};
}

async function miss(
  deps: TickDeps,
  job: Job,
  missed: {
    readonly run: JobRun;
    readonly nextRunAt: number | null;
    readonly onMissed: DueOptions["onMissed"];
    readonly isOverrun?: true;
  },
): Promise<JobRun | undefined> {
  const { run, nextRunAt, onMissed } = missed;
  const due = new Date(run.dueAt).toISOString();
  const isOverrun = missed.isOverrun ?? (await wentOnAt(deps.store, run));
  const why = isOverrun
    ? `The run before it was still going at ${due}`
    : `Nothing was there to run it at ${due}`;
  const end = unseen(deps.clock.now(), "missed", "cron/missed", why);
  if (!(await deps.store.claim({ ...run, ...end }, nextRunAt))) return undefined;
  if (nextRunAt === null) await deps.store.change(job.id, { state: "broken" }, deps.clock.now());
  onMissed({ job, run, end });
  return { ...run, ...end };
}

/** Whether the last run of the job took so long. */
async function wentOnAt(store: CronStore, { jobId, dueAt }: JobRun): Promise<boolean> {
  const [last] = await store.runs(jobId, { limit: 1 });
  // Nobody knows when a lost one ended.
  if (!last || last.status === "lost" || last.endedAt === null) return false;
  return last.startedAt <= dueAt && last.endedAt > dueAt;
}

function begun({ newRunId, clock, pid }: TickDeps, jobId: string) {
  return {
    id: newRunId(),
    jobId,
    startedAt: clock.now(),
    endedAt: null,
    status: "running",
    exitCode: null,
    error: null,
    sessionId: null,
    usage: null,
    outputFile: null,
    deliveries: [],
    pid,
  } as const;
}

/** The end of a run that nobody saw. */
function unseen(
  endedAt: number,
  status: "missed" | "lost",
  code: ErrorCode,
  message: string,
): RunEnd {
  return {
    endedAt,
    status,
    exitCode: 1,
    error: { code, message },
    sessionId: null,
    usage: null,
    outputFile: null,
    deliveries: [],
  };
}

function isOneShot({ schedule }: Job): boolean {
  return schedule.kind === "once";
}
