import type { Generated } from "kysely";
import type { JobState, RunStatus } from "../core/cron.ts";
import type { Migration, Schema } from "./migrate.ts";

const initial: Migration = {
  sql: `
    CREATE TABLE jobs (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      body TEXT NOT NULL,
      state TEXT NOT NULL,
      next_run_at INTEGER,
      completed_runs INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX jobs_due ON jobs(next_run_at) WHERE state = 'active';
    CREATE TABLE runs (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
      status TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX runs_job ON runs(job_id, seq);
    CREATE INDEX runs_running ON runs(status) WHERE status = 'running';
  `,
};

/** `cron/jobs.db`; "hrmc". Apart from the sessions: a writer of one must not wait for a writer of the other. */
export const cronSchema: Schema = {
  content: "Jobs",
  applicationId: 0x68_72_6d_63,
  migrations: [initial],
};

/** Rows as the newest migration leaves them. Times are ms since epoch. */
export interface CronTables {
  readonly jobs: JobsTable;
  readonly runs: RunsTable;
}

export interface JobsTable {
  readonly id: string;
  readonly name: string;
  /** What has no column of its own, as JSON. */
  readonly body: string;
  readonly state: JobState;
  readonly next_run_at: number | null;
  readonly completed_runs: number;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface RunsTable {
  readonly seq: Generated<number>;
  readonly id: string;
  readonly job_id: string;
  readonly status: RunStatus;
  readonly started_at: number;
  /** The run as JSON. */
  readonly body: string;
}
