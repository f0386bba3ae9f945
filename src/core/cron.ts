import type { ErrorCode } from "./errors.ts";
import type { Usage } from "./event.ts";
import type { RuntimeName } from "./session_store.ts";

/** When a job runs, as it was understood. Times are ms since epoch. */
export type Schedule =
  | { readonly kind: "once"; readonly at: number }
  /** Fixed rate: `anchor` plus any multiple of `everyMs`, however long a run takes. */
  | { readonly kind: "interval"; readonly everyMs: number; readonly anchor: number }
  /** Five fields, or six with seconds first, read in an IANA time zone. */
  | { readonly kind: "cron"; readonly expression: string; readonly timezone: string };

/** Where the outcome of a run goes besides its own file. */
export type DeliveryTarget =
  /** The file in `cron/output/<job>/` alone. */
  | { readonly kind: "local" }
  | { readonly kind: "file"; readonly path: string }
  /** A shell command that gets it on stdin. */
  | { readonly kind: "command"; readonly command: string }
  | { readonly kind: "webhook"; readonly url: string };

/** What a job does: a prompt, a script, or a script whose output goes before the prompt. */
export interface JobTask {
  /** Empty: there is none. */
  readonly prompt: string;
  /** Below `<home>/scripts`, relative to it. */
  readonly script?: string;
  /** False: what the script prints is the outcome. */
  readonly withAgent: boolean;
  readonly skills: readonly string[];
  /** Jobs whose newest outcome goes before the prompt, by id. */
  readonly contextFrom: readonly string[];
  readonly model?: string;
  readonly provider?: string;
  readonly runtime?: "auto" | RuntimeName;
  readonly toolsets?: readonly string[];
  /** Absolute. */
  readonly workdir?: string;
  /** Patterns of commands that are allowed; everything else that is dangerous is denied. */
  readonly allow: readonly string[];
  readonly deadlineMs?: number;
}

/** `done`: a one-shot that ran, or as often as it should; `broken`: its schedule has no next time. */
export type JobState = "active" | "paused" | "done" | "broken";

export interface Job {
  /** 12 hex digits. */
  readonly id: string;
  /** Unique in its home. */
  readonly name: string;
  /** As it was typed. */
  readonly scheduleText: string;
  readonly schedule: Schedule;
  readonly task: JobTask;
  readonly deliver: readonly DeliveryTarget[];
  /** How often it runs at most; absent: for ever. */
  readonly repeat?: number;
  readonly state: JobState;
  /** ms since epoch; null where no run is due any more, or while it is paused. */
  readonly nextRunAt: number | null;
  /** Runs that came to an end. */
  readonly completedRuns: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/**
 * How a run ended. `silent`: it succeeded and has nothing to tell; `skipped`: its script said that the agent is not
 * needed; `missed`: its time passed while nothing could run it; `lost`: the process that ran it died.
 */
export type RunStatus =
  "running" | "completed" | "silent" | "skipped" | "failed" | "missed" | "lost" | "interrupted";

/** How one delivery went. */
export interface DeliveryReport {
  readonly target: DeliveryTarget;
  readonly isDelivered: boolean;
  readonly attempts: number;
  /** Why not, without a secret. */
  readonly problem?: string;
}

/** Why a run did not succeed. */
export interface RunError {
  readonly code: ErrorCode;
  readonly message: string;
  /** What fixes it. */
  readonly hint?: string;
}

/** One run of a job. */
export interface JobRun {
  /** `run_` and 32 hex digits. */
  readonly id: string;
  readonly jobId: string;
  /** When it should have run; ms since epoch, as all times here. */
  readonly dueAt: number;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly status: RunStatus;
  /** Of the process that `cron run` stands for: 0, 1, 4, 5, 6, 75, 124, ... */
  readonly exitCode: number | null;
  readonly error: RunError | null;
  readonly sessionId: string | null;
  readonly usage: Usage | null;
  /** The file with its outcome. */
  readonly outputFile: string | null;
  readonly deliveries: readonly DeliveryReport[];
  /** `schedule`: it was due; `manual`: `cron run`. */
  readonly trigger: "schedule" | "manual";
  readonly pid: number;
}

/** What is known of a run when it has ended. */
export type RunEnd = Omit<
  JobRun,
  "id" | "jobId" | "dueAt" | "startedAt" | "trigger" | "pid" | "endedAt"
> & {
  readonly endedAt: number;
};

/** What becomes of a job when a run has ended, unless it was given another time meanwhile: then that counts. */
export interface JobAfterRun {
  readonly state?: JobState;
  readonly nextRunAt?: null;
  /** Whether it was one of the runs of `repeat`. */
  readonly isCounted?: false;
}

/** What of a job may be changed. */
export type JobChange = Partial<
  Pick<Job, "name" | "scheduleText" | "schedule" | "task" | "deliver" | "state" | "nextRunAt">
> & { readonly repeat?: number | null };

/** Jobs and their runs, on disk. Every call is durable against the death of the machine when it resolves. */
export interface CronStore extends AsyncDisposable {
  /** @throws {HermesError} `cron/name_taken` */
  add(job: Job): Promise<void>;
  jobs(): Promise<readonly Job[]>;
  /** By id, unique beginning of an id, or name. @throws {HermesError} `cron/not_found`, `cron/ambiguous` */
  resolve(idOrName: string): Promise<Job>;
  /** The job as it is then. @throws {HermesError} `cron/not_found`, `cron/name_taken` */
  change(jobId: string, change: JobChange, at: number): Promise<Job>;
  remove(jobId: string): Promise<void>;
  /** Jobs with `nextRunAt` at or before `now`, the longest due first. */
  due(now: number): Promise<readonly Job[]>;
  /**
   * Takes a run for this process: writes it as running and moves the job on to `nextRunAt`, in one commit, if the job is
   * still due at `run.dueAt`. False where somebody else took it, or it was changed or removed meanwhile.
   */
  claim(run: JobRun, nextRunAt: number | null): Promise<boolean>;
  /** A run that nobody else could take: `cron run`, or one that was missed. @throws {HermesError} `cron/not_found` */
  record(run: JobRun): Promise<void>;
  /** Ends a run, with what becomes of its job; it counts as one of `repeat` unless that says otherwise. */
  finish(runId: string, end: RunEnd, job?: JobAfterRun): Promise<void>;
  /** Newest first. */
  runs(jobId: string, options: { readonly limit: number }): Promise<readonly JobRun[]>;
  /** Runs that are written as running; whoever holds their locks knows whether they do. */
  running(): Promise<readonly JobRun[]>;
}
