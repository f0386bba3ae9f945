import type { CronStore, Job, JobRun } from "../../src/core/cron.ts";
import { HermesError } from "../../src/core/errors.ts";

/** Jobs in memory: for tests that ask for them so often that a file would be too slow. */
export class MemoryCronStore implements CronStore {
  readonly #jobs = new Map<string, Job>();
  readonly #runs = new Map<string, JobRun>();
  readonly #running = new Set<string>();

  async add(job: Job): Promise<void> {
    this.#jobs.set(job.id, job);
  }

  async jobs(): Promise<readonly Job[]> {
    return [...this.#jobs.values()];
  }

  async resolve(idOrName: string): Promise<Job> {
    const found = [...this.#jobs.values()].find(
      ({ id, name }) => id === idOrName || name === idOrName,
    );
    return found ?? this.#get(idOrName);
  }

  async change(
    jobId: string,
    { repeat, ...change }: Parameters<CronStore["change"]>[1],
    at: number,
  ): Promise<Job> {
    if (repeat !== undefined) throw new TypeError("Nothing in memory changes how often it runs");
    const job = { ...this.#get(jobId), ...change, updatedAt: at };
    this.#jobs.set(jobId, job);
    return job;
  }

  async remove(jobId: string): Promise<void> {
    this.#get(jobId);
    this.#jobs.delete(jobId);
    for (const { id, jobId: owner } of this.#runs.values()) {
      if (owner !== jobId) continue;
      this.#runs.delete(id);
      this.#running.delete(id);
    }
  }

  async due(now: number): Promise<readonly Job[]> {
    return [...this.#jobs.values()].filter(
      ({ state, nextRunAt }) => state === "active" && nextRunAt !== null && nextRunAt <= now,
    );
  }

  async claim(run: JobRun, nextRunAt: number | null): Promise<boolean> {
    const job = this.#jobs.get(run.jobId);
    if (job?.state !== "active" || job.nextRunAt !== run.dueAt) return false;
    this.#jobs.set(job.id, { ...job, nextRunAt });
    await this.record(run);
    return true;
  }

  async record(run: JobRun): Promise<void> {
    this.#runs.set(run.id, run);
    if (run.status === "running") this.#running.add(run.id);
  }

  async finish(...[runId, end, after = {}]: Parameters<CronStore["finish"]>): Promise<void> {
    const run = this.#runs.get(runId);
    if (!run) return;
    this.#runs.set(runId, { ...run, ...end });
    this.#running.delete(runId);
    const { isCounted = true, ...ending } = after;
    const job = this.#get(run.jobId);
    const change = job.nextRunAt === null || job.nextRunAt === run.dueAt ? ending : {};
    const completedRuns = job.completedRuns + (isCounted ? 1 : 0);
    this.#jobs.set(job.id, { ...job, ...change, completedRuns });
  }

  async runs(jobId: string, { limit }: { readonly limit: number }): Promise<readonly JobRun[]> {
    return [...this.#runs.values()]
      .filter((run) => run.jobId === jobId)
      .toReversed()
      .slice(0, limit);
  }

  async running(): Promise<readonly JobRun[]> {
    return [...this.#running].flatMap((id) => this.#runs.get(id) ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #get(jobId: string): Job {
    const job = this.#jobs.get(jobId);
    if (job) return job;
    throw new HermesError("cron/not_found", `No such job: ${jobId}`);
  }
}
