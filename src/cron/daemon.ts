import type { Job, JobRun } from "../core/cron.ts";
import { HermesError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { correctionMs, timeAfterSetBack } from "./set_back.ts";
import { Slots } from "./slots.ts";
import { runDue, settleLost, tellOfEnd, type TickDeps, type UntoldRun } from "./tick.ts";

export interface DaemonDeps extends TickDeps {
  readonly clock: Clock;
  /** Is told what kept a due job from being taken, or its end from being written: the daemon goes on. */
  readonly onProblem: (job: Job | undefined, error: unknown) => void;
}

export interface DaemonOptions {
  /** Jobs that run at once; of those with the same working directory one. */
  readonly maxParallel: number;
}

/**
 * Time between two looks at the jobs, in ms: one that was added, a clock that was set, or a machine that woke up is noticed
 * after so long.
 */
const longestSleepMs = 5_000;
/** Runs of a job that are looked through for the last one of its schedule. */
const lookedAtRuns = 20;

export interface TickOptions extends DaemonOptions {
  /** Runs what becomes due while something still runs, too: for callers that start no second tick beside this one. */
  readonly isUntilIdle?: boolean;
}

/**
 * Runs what is due at this moment, once, and waits for all of it. The runs that came of it, those that were missed or whose
 * process had died among them.
 * @throws {HermesError} `store/*` when a job could not be taken or the end of a run not be written; others have run
 */
export async function runTick(
  deps: DaemonDeps,
  options: TickOptions,
  signal: AbortSignal,
): Promise<readonly JobRun[]> {
  const runs: JobRun[] = [];
  const problems: unknown[] = [];
  const work = new DueWork(
    {
      ...deps,
      onRun(job, run) {
        runs.push(run);
        deps.onRun(job, run);
      },
      onProblem(job, error) {
        problems.push(error);
        deps.onProblem(job, error);
      },
    },
    options,
    signal,
  );
  try {
    await work.start();
    while (options.isUntilIdle && !work.isIdle && !signal.aborted) {
      await work.sleep();
      await work.start();
    }
  } finally {
    await work.allEnded();
  }
  if (problems.length > 0) throw problems[0];
  return runs;
}

/**
 * Runs what is due for as long as the signal lets it; then what runs is ended with the signal, and waited for. That the jobs
 * cannot be read for a while, since somebody holds their file or no more files can be opened, does not end it.
 * @throws {HermesError} `store/*` when they could never be read, or what is stored is damaged
 */
export async function runDaemon(
  deps: DaemonDeps,
  options: DaemonOptions,
  signal: AbortSignal,
): Promise<void> {
  const work = new DueWork(deps, options, signal);
  let wereRead = false;
  try {
    while (!signal.aborted) {
      try {
        await work.start();
        wereRead = true;
      } catch (error) {
        const isDamaged = error instanceof HermesError && error.code === "store/invalid";
        if (!wereRead || isDamaged) throw error;
        deps.onProblem(undefined, error);
      }
      await work.sleep();
    }
  } finally {
    await work.allEnded();
  }
}

/** Jobs that were seen to be due, until they have run. */
class DueWork {
  readonly #deps: DaemonDeps;
  readonly #slots: Slots;
  readonly #signal: AbortSignal;
  readonly #inWork = new Map<string, Promise<void>>();
  /** What somebody is told of just now. */
  readonly #telling = new Set<Promise<void>>();
  /** The time that each job was due at when it was looked at last. */
  readonly #seen = new Map<string, number | null>();
  #wake = new AbortController();
  #lastLookAt = Infinity;

  constructor(deps: DaemonDeps, { maxParallel }: DaemonOptions, signal: AbortSignal) {
    this.#deps = deps;
    this.#slots = new Slots(maxParallel);
    this.#signal = signal;
  }

  /** Whether nothing of what was seen to be due runs, or waits to. */
  get isIdle(): boolean {
    return this.#inWork.size === 0;
  }

  /** Ends what died in the books, and starts everything that is due and not in work already. */
  async start(): Promise<void> {
    await settleLost(this.#deps, (untold) => this.#tell(untold)).catch((error: unknown) => {
      this.#deps.onProblem(undefined, error);
    });
    this.#seen.clear();
    const seenAt = this.#deps.clock.now();
    await this.#followClock(seenAt);
    for (const job of await this.#deps.store.due(seenAt)) {
      if (this.#inWork.has(job.id) || this.#signal.aborted) continue;
      this.#seen.set(job.id, job.nextRunAt);
      const run = this.#slots
        .use(job.task.workdir, () => this.#run(job, seenAt))
        .then((hasRun) => {
          this.#inWork.delete(job.id);
          if (hasRun) this.#wake.abort();
        });
      this.#inWork.set(job.id, run);
    }
  }

  /** Where the clock was set back since the last look, or may have been: jobs do not wait for a time that was wrong. */
  async #followClock(now: number): Promise<void> {
    const { store } = this.#deps;
    const isSetBack = now < this.#lastLookAt;
    this.#lastLookAt = now;
    if (!isSetBack) return;
    for (const job of await store.jobs()) {
      const change = timeAfterSetBack(job, now);
      if (!change || (await this.#isTaken(job, { nextRunAt: change.nextRunAt, now }))) continue;
      // It may have been removed just now.
      await store.change(job.id, change, now).catch((error: unknown) => {
        this.#deps.onProblem(job, error);
      });
    }
  }

  /** Whether a job ran for this time a short while ago, which the clock shows again. */
  async #isTaken(
    { id }: Job,
    { nextRunAt, now }: { readonly nextRunAt: number; readonly now: number },
  ): Promise<boolean> {
    const runs = await this.#deps.store.runs(id, { limit: lookedAtRuns });
    const last = runs.find(({ trigger, status }) => trigger === "schedule" && status !== "missed");
    return last !== undefined && nextRunAt <= last.dueAt && last.dueAt - now <= correctionMs;
  }

  /** Beside everything else: who is slow to hear of it holds up nobody. */
  #tell(untold: UntoldRun): void {
    const telling: Promise<void> = tellOfEnd(this.#deps, untold, this.#signal)
      .then(
        () => undefined,
        (error: unknown) => this.#deps.onProblem(untold.job, error),
      )
      .finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  }

  /** Whether something came of it. Never rejects. */
  async #run(job: Job, seenAt: number): Promise<boolean> {
    // Whoever was waiting for a free place when the end came stays due.
    if (this.#signal.aborted) return false;
    try {
      const onMissed = (untold: UntoldRun): void => this.#tell(untold);
      const options = { seenAt, signal: this.#signal, onMissed };
      return (await runDue(this.#deps, job, options)) !== undefined;
    } catch (error) {
      this.#deps.onProblem(job, error);
      return false;
    }
  }

  /** Waits for the next time of a job, but never long; ends early when one has run, and with the signal. */
  async sleep(): Promise<void> {
    const { store, clock } = this.#deps;
    this.#wake = new AbortController();
    const awake = AbortSignal.any([this.#signal, this.#wake.signal]);
    const now = clock.now();
    // Jobs that cannot be read now, too, are looked at again after the longest time.
    const jobs = await store.jobs().catch(() => []);
    // What was due and could not be taken is no reason to hurry.
    const times = jobs.flatMap(({ id, state, nextRunAt }) =>
      state === "active" &&
      nextRunAt !== null &&
      !this.#inWork.has(id) &&
      this.#seen.get(id) !== nextRunAt
        ? [nextRunAt]
        : [],
    );
    const untilNext = Math.min(longestSleepMs, ...times.map((at) => at - now));
    await clock.sleep(Math.max(untilNext, 0), awake).catch(() => undefined);
  }

  async allEnded(): Promise<void> {
    await Promise.all(this.#inWork.values());
    // Which may have found something to tell.
    await Promise.all(this.#telling);
  }
}
