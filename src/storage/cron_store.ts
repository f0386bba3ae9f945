import type { Transaction } from "kysely";
import type { CronStore, Job, JobAfterRun, JobChange, JobRun, RunEnd } from "../core/cron.ts";
import { HermesError } from "../core/errors.ts";
import { jobOf, jobRow, runOf, runRow } from "./cron_rows.ts";
import { cronSchema, type CronTables } from "./cron_schema.ts";
import { DatabaseFile, type DatabaseFileDeps } from "./database_file.ts";

/** Runs of a job that are kept. */
const keptRuns = 1_000;

/**
 * Jobs and their runs in a SQLite file. Nothing is opened before it is needed, and only writing
 * creates the file. What resolves survives the death of the machine. Any number of processes may use it at once; within one
 * process there must be one store of a file: a second one would wait for the first, and stop it by that.
 */
export class SqliteCronStore implements CronStore {
  readonly #file: DatabaseFile<CronTables>;

  constructor(deps: DatabaseFileDeps, path: string) {
    this.#file = new DatabaseFile(deps, path, cronSchema);
  }

  async add(job: Job): Promise<void> {
    await this.#file.writeDurably(async (transaction) => {
      await refuseTaken(transaction, job);
      await transaction.insertInto("jobs").values(jobRow(job)).execute();
    });
  }

  async jobs(): Promise<readonly Job[]> {
    return await this.#file.read([], async ({ db }) => {
      const rows = await db.selectFrom("jobs").selectAll().orderBy("created_at").execute();
      return rows.map(jobOf);
    });
  }

  async resolve(idOrName: string): Promise<Job> {
    const name = idOrName.trim();
    const jobs = await this.jobs();
    const exact = jobs.find((job) => job.id === name) ?? jobs.find((job) => job.name === name);
    if (exact) return exact;
    const [first, second] = name === "" ? [] : jobs.filter((job) => job.id.startsWith(name));
    if (first && second) {
      throw new HermesError("cron/ambiguous", `More than one job begins with ${name}`, {
        hint: "type more of the id; hermes cron list shows them",
      });
    }
    if (first) return first;
    throw jobNotFound(idOrName);
  }

  async change(jobId: string, change: JobChange, at: number): Promise<Job> {
    return await this.#file.writeDurably(async (transaction) => {
      const row = await transaction
        .selectFrom("jobs")
        .selectAll()
        .where("id", "=", jobId)
        .executeTakeFirst();
      if (!row) throw jobNotFound(jobId);
      const job = changed(jobOf(row), change, at);
      await refuseTaken(transaction, job);
      await transaction.updateTable("jobs").set(jobRow(job)).where("id", "=", jobId).execute();
      return job;
    });
  }

  async remove(jobId: string): Promise<void> {
    await this.#file.writeDurably(async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom("jobs")
        .where("id", "=", jobId)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) throw jobNotFound(jobId);
    });
  }

  async due(now: number): Promise<readonly Job[]> {
    return await this.#file.read([], async ({ db }) => {
      const rows = await db
        .selectFrom("jobs")
        .selectAll()
        .where("state", "=", "active")
        .where("next_run_at", "<=", now)
        .orderBy("next_run_at")
        .execute();
      return rows.map(jobOf);
    });
  }

  async claim(run: JobRun, nextRunAt: number | null): Promise<boolean> {
    return await this.#file.writeDurably(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable("jobs")
        .set({ next_run_at: nextRunAt })
        .where("id", "=", run.jobId)
        .where("state", "=", "active")
        .where("next_run_at", "=", run.dueAt)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) return false;
      await transaction.insertInto("runs").values(runRow(run)).execute();
      return true;
    });
  }

  async record(run: JobRun): Promise<void> {
    await this.#file.writeDurably(async (transaction) => {
      const job = await transaction
        .selectFrom("jobs")
        .select("id")
        .where("id", "=", run.jobId)
        .executeTakeFirst();
      if (!job) throw jobNotFound(run.jobId);
      await transaction.insertInto("runs").values(runRow(run)).execute();
    });
  }

  async finish(runId: string, end: RunEnd, job: JobAfterRun = {}): Promise<void> {
    await this.#file.writeDurably(async (transaction) => {
      const row = await transaction
        .selectFrom("runs")
        .selectAll()
        .where("id", "=", runId)
        .executeTakeFirst();
      // Its job was removed while it ran: there is nobody to tell.
      if (!row) return;
      const run: JobRun = { ...runOf(row), ...end };
      await transaction.updateTable("runs").set(runRow(run)).where("id", "=", runId).execute();
      const { next_run_at: nextRunAt } = await transaction
        .selectFrom("jobs")
        .select("next_run_at")
        .where("id", "=", run.jobId)
        .executeTakeFirstOrThrow();
      const hasNewTime = nextRunAt !== null && nextRunAt !== run.dueAt;
      await transaction
        .updateTable("jobs")
        .set((column) => ({
          completed_runs: column("completed_runs", "+", job.isCounted === false ? 0 : 1),
          updated_at: end.endedAt,
          ...(job.state === undefined || hasNewTime ? {} : { state: job.state }),
          ...(job.nextRunAt === undefined || hasNewTime ? {} : { next_run_at: job.nextRunAt }),
        }))
        .where("id", "=", run.jobId)
        .execute();
      await transaction
        .deleteFrom("runs")
        .where("job_id", "=", run.jobId)
        .where("status", "!=", "running")
        .where("seq", "<=", (query) =>
          query
            .selectFrom("runs")
            .select("seq")
            .where("job_id", "=", run.jobId)
            .orderBy("seq", "desc")
            .limit(1)
            .offset(keptRuns),
        )
        .execute();
    });
  }

  async runs(jobId: string, { limit }: { readonly limit: number }): Promise<readonly JobRun[]> {
    return await this.#file.read([], async ({ db }) => {
      const rows = await db
        .selectFrom("runs")
        .selectAll()
        .where("job_id", "=", jobId)
        .orderBy("seq", "desc")
        .limit(limit)
        .execute();
      return rows.map(runOf);
    });
  }

  async running(): Promise<readonly JobRun[]> {
    return await this.#file.read([], async ({ db }) => {
      const rows = await db
        .selectFrom("runs")
        .selectAll()
        .where("status", "=", "running")
        .orderBy("seq")
        .execute();
      return rows.map(runOf);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }
}

type Work = Transaction<CronTables>;

function jobNotFound(name: string): HermesError {
  return new HermesError("cron/not_found", `No such job: ${name}`, {
    hint: "hermes cron list shows them",
  });
}

async function refuseTaken(transaction: Work, { id, name }: Job): Promise<void> {
  const owner = await transaction
    .selectFrom("jobs")
    .select("id")
    .where("name", "=", name)
    .where("id", "!=", id)
    .executeTakeFirst();
  if (!owner) return;
  throw new HermesError("cron/name_taken", `Job ${owner.id} has this name already: ${name}`, {
    hint: "choose another name with --name",
  });
}

function changed(job: Job, { repeat, ...change }: JobChange, at: number): Job {
  const { repeat: kept, ...rest } = job;
  const times = repeat === undefined ? kept : repeat;
  return {
    ...rest,
    ...(times === undefined || times === null ? {} : { repeat: times }),
    ...change,
    updatedAt: at,
  };
}
