import type { Job, JobRun } from "../core/cron.ts";
import type { Clock } from "../core/ports.ts";
import { Slots } from "./slots.ts";
import { runDue, settleLost, type TickDeps } from "./tick.ts";

export interface DaemonDeps extends TickDeps {
  readonly clock: Clock;
  /** Is told of each run that came to an end or never was. */
  readonly onRun: (job: Job, run: JobRun) => void;
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

/**
 * Runs what is due at this moment, once, and waits for all of it. The runs that came of it, those that were missed or whose
 * process had died among them.
 */
export async function runTick(
  deps: DaemonDeps,
  options: DaemonOptions,
  signal: AbortSignal,
): Promise<readonly JobRun[]> {
  const work = new DueWork(deps, options, signal);
  const lost = await settleLost(deps);
  await work.start();
  return [...lost, ...(await work.allEnded())];
}

/**
 * Runs what is due for as long as the signal lets it; then what runs is ended with the signal, and waited for.
 * @throws {HermesError} `store/*` when the jobs cannot be read any more
 */
export async function runDaemon(
  deps: DaemonDeps,
  options: DaemonOptions,
  signal: AbortSignal,
): Promise<void> {
  const work = new DueWork(deps, options, signal);
  try {
    while (!signal.aborted) {
      await settleLost(deps);
      await work.start();
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
  readonly #inWork = new Map<string, Promise<JobRun | undefined>>();

  constructor(deps: DaemonDeps, { maxParallel }: DaemonOptions, signal: AbortSignal) {
    this.#deps = deps;
    this.#slots = new Slots(maxParallel);
    this.#signal = signal;
  }

  /** Starts everything that is due and not in work already. */
  async start(): Promise<void> {
    const seenAt = this.#deps.clock.now();
    for (const job of await this.#deps.store.due(seenAt)) {
      if (this.#inWork.has(job.id) || this.#signal.aborted) continue;
      const run = this.#slots
        .use(job.task.workdir, () => this.#run(job, seenAt))
        .finally(() => this.#inWork.delete(job.id));
      // Waited for by `allEnded`; a failure of the store must not end the process before that.
      run.catch(() => undefined);
      this.#inWork.set(job.id, run);
    }
  }

  async #run(job: Job, seenAt: number): Promise<JobRun | undefined> {
    // Whoever was waiting for a free place when the end came stays due.
    if (this.#signal.aborted) return undefined;
    const run = await runDue(this.#deps, job, { seenAt, signal: this.#signal });
    if (run) this.#deps.onRun(job, run);
    return run;
  }

  /** Waits for the next time of a job, but never long; ends early with the signal. */
  async sleep(): Promise<void> {
    const { store, clock } = this.#deps;
    const now = clock.now();
    const times = (await store.jobs()).flatMap(({ id, state, nextRunAt }) =>
      state === "active" && nextRunAt !== null && !this.#inWork.has(id) ? [nextRunAt] : [],
    );
    const untilNext = Math.min(longestSleepMs, ...times.map((at) => at - now));
    // What is due and could not be taken is looked at again, but not without a pause.
    await clock.sleep(Math.max(untilNext, 100), this.#signal).catch(() => undefined);
  }

  async allEnded(): Promise<readonly JobRun[]> {
    const ended = await Promise.all(this.#inWork.values());
    return ended.filter((run) => run !== undefined);
  }
}
