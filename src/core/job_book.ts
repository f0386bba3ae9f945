import type { DeliveryTarget, Job, JobRun, JobTask } from "./cron.ts";

/** A job as somebody asks for it. */
export interface JobRequest {
  /** Absent: made from the prompt or the script. */
  readonly name?: string;
  readonly scheduleText: string;
  /** IANA name; the home's where absent. */
  readonly timezone?: string;
  readonly task: JobTask;
  readonly deliver: readonly DeliveryTarget[];
  readonly repeat?: number;
}

/** What of a job becomes different. */
export type JobEdit = Partial<Omit<JobRequest, "repeat">> & {
  /** null: for ever. */
  readonly repeat?: number | null;
};

/** A job that was written, and what is odd about it, one sentence each. */
export interface WrittenJob {
  readonly job: Job;
  readonly warnings: readonly string[];
}

/** What people and the agent do with jobs. Everything that names one takes its id, the beginning of one, or its name. */
export interface JobBook {
  list(): Promise<readonly Job[]>;
  /** @throws {HermesError} `cron/not_found`, `cron/ambiguous` */
  find(idOrName: string): Promise<Job>;
  /** @throws {HermesError} `usage/invalid` with an example of a good schedule, `cron/name_taken`, `cron/script_refused` */
  create(request: JobRequest): Promise<WrittenJob>;
  /** @throws {HermesError} as `create` and `find` do */
  edit(job: Job, edit: JobEdit): Promise<WrittenJob>;
  /** @throws {HermesError} `usage/invalid` for one that has ended */
  pause(job: Job): Promise<Job>;
  /** The next time is computed anew. @throws {HermesError} `usage/invalid` where there is none any more */
  resume(job: Job): Promise<Job>;
  remove(job: Job): Promise<void>;
  /** @throws {HermesError} `cron/busy` while another run of it goes on */
  run(job: Job, signal: AbortSignal): Promise<JobRun>;
  /** When a schedule would run first; ms since epoch. @throws {HermesError} `usage/invalid` with an example of a good one */
  firstRun(scheduleText: string, timezone?: string): number;
  /** The next times at which it runs, at most so many; ms since epoch. */
  nextRuns(job: Job, count: number): readonly number[];
  /** IANA name of the zone in which its times are meant. */
  timezoneOf(job: Job): string;
}
