import type { CronStore, Job, JobRun, JobTask, Schedule } from "../core/cron.ts";
import { HermesError } from "../core/errors.ts";
import { parseSchedule } from "../cron/parse_schedule.ts";
import { SqliteCronStore } from "../storage/cron_store.ts";
import type { AppParts } from "./parts.ts";

/** Is told of each run that came to an end or never was. */
export type OnRun = (job: Job, run: JobRun) => void;

/** How it stands with the jobs of a home. */
export interface CronStatus {
  /** Of the daemon that runs for this home. */
  readonly daemonPid?: number;
  /** When that was started, in ms since epoch. */
  readonly daemonSince?: number;
  readonly jobs: number;
  readonly activeJobs: number;
  /** Runs that go on now, or whose process has died. */
  readonly runs: readonly JobRun[];
  /** The next time of any job, in ms since epoch. */
  readonly nextRunAt?: number;
  /** IANA name of the zone whose clock is meant where a job names none. */
  readonly timezone: string;
}

/** The jobs of a home, and what runs them. */
export interface CronDesk {
  readonly store: CronStore;
  /** IANA name: `cron.timezone`, else the machine's. */
  readonly timezone: string;
  /** @throws {HermesError} `usage/invalid` saying what was expected */
  parse(text: string, timezone?: string): Schedule;
  /** Runs a job now, whatever its schedule says; undefined where it runs already. */
  runNow(job: Job, signal: AbortSignal): Promise<JobRun | undefined>;
  /** Runs what is due, once: the runs that came of it, those that were missed or lost among them. */
  tick(signal: AbortSignal, onRun: OnRun): Promise<readonly JobRun[]>;
  /**
   * Runs what is due until the signal aborts; then what runs is ended, and waited for.
   * @throws {HermesError} `cron/busy` naming the process that does so already for this home
   */
  daemon(signal: AbortSignal, onRun: OnRun): Promise<void>;
  status(): Promise<CronStatus>;
  /**
   * Looks at what a task needs before its job is added: its script, skills, working directory and jobs that it takes
   * outcomes of. What is odd but allowed, one sentence each.
   * @throws {HermesError} `usage/invalid`, `cron/script_refused`, `cron/not_found`
   */
  checkTask(task: JobTask): Promise<readonly string[]>;
}

/** Opens the jobs of a home; their file is opened when it is used. */
export async function openCron(app: AppParts): Promise<CronDesk> {
  const { ports, paths } = app;
  const { clock, files } = ports;
  const { cron } = await app.config();
  const timezone = cron.timezone === "" ? machineZone() : cron.timezone;
  const exists = async (path: string) => (await files.stat(path)) !== undefined;
  const store = new SqliteCronStore({ exists }, paths.cron.jobsFile);
  const notYet = (): never => {
    throw new HermesError("internal/bug", "Jobs cannot be run yet");
  };
  return {
    store,
    timezone,
    parse: (text, zone) => parseSchedule(text, { now: clock.now(), timezone: zone ?? timezone }),
    runNow: notYet,
    tick: notYet,
    daemon: notYet,
    async status() {
      const [jobs, runs] = [await store.jobs(), await store.running()];
      const active = jobs.filter(({ state }) => state === "active");
      const times = active.flatMap(({ nextRunAt }) => nextRunAt ?? []);
      return {
        jobs: jobs.length,
        activeJobs: active.length,
        runs,
        ...(times.length === 0 ? {} : { nextRunAt: Math.min(...times) }),
        timezone,
      };
    },
    checkTask: async () => [],
  };
}

/** IANA name of the zone that the machine's clock shows. */
function machineZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
