import type { Selectable } from "kysely";
import type { Job, JobRun } from "../core/cron.ts";
import { HermesError } from "../core/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../core/json.ts";
import type { JobsTable, RunsTable } from "./cron_schema.ts";

/** What of a job has no column of its own. */
type JobBody = Pick<Job, "scheduleText" | "schedule" | "task" | "deliver" | "repeat">;

/** The row of a job. */
export function jobRow(job: Job): Selectable<JobsTable> {
  const { scheduleText, schedule, task, deliver, repeat } = job;
  const body: JobBody = {
    scheduleText,
    schedule,
    task,
    deliver,
    ...(repeat === undefined ? {} : { repeat }),
  };
  return {
    id: job.id,
    name: job.name,
    body: JSON.stringify(body),
    state: job.state,
    next_run_at: job.nextRunAt,
    completed_runs: job.completedRuns,
    created_at: job.createdAt,
    updated_at: job.updatedAt,
  };
}

/** The job of a row. @throws {HermesError} `store/invalid` */
export function jobOf(row: Selectable<JobsTable>): Job {
  return {
    ...(bodyOf(row.body, `job ${row.id}`) as unknown as JobBody),
    id: row.id,
    name: row.name,
    state: row.state,
    nextRunAt: row.next_run_at,
    completedRuns: row.completed_runs,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** The row of a run. */
export function runRow(run: JobRun): Omit<Selectable<RunsTable>, "seq"> {
  return {
    id: run.id,
    job_id: run.jobId,
    status: run.status,
    started_at: run.startedAt,
    body: JSON.stringify(run),
  };
}

/** The run of a row. @throws {HermesError} `store/invalid` */
export function runOf(row: Selectable<RunsTable>): JobRun {
  return bodyOf(row.body, `run ${row.id}`) as unknown as JobRun;
}

/**
 * What a row holds as JSON. It was written by this program from a value of the type that it is read as, and a newer schema
 * was refused when the file was opened.
 * @throws {HermesError} `store/invalid` when it holds none
 */
function bodyOf(text: string, what: string): JsonObject {
  const value = parseJson(text);
  if (isJsonObject(value)) return value;
  throw new HermesError(
    "store/invalid",
    `What is stored of ${what} cannot be read: it is no JSON`,
    {
      hint: "hermes cron remove ID, and add the job again",
    },
  );
}
