import type { CronStore, Job, JobRun, JobTask, Schedule } from "../core/cron.ts";
import { type HermesError, toHermesError } from "../core/errors.ts";
import { targetWarnings } from "../cron/delivery_target.ts";
import { type DaemonDeps, runDaemon, runTick, type TickOptions } from "../cron/daemon.ts";
import { parseSchedule } from "../cron/parse_schedule.ts";
import { runNow } from "../cron/tick.ts";
import { SqliteCronStore } from "../storage/cron_store.ts";
import { checkTask } from "./cron_check.ts";
import { asDaemon, findDaemon } from "./cron_daemon.ts";
import { ifFree } from "./cron_locks.ts";
import { asItIs, logRun, openRuns } from "./cron_runs.ts";
import type { AppParts } from "./parts.ts";

/** Is told of each run that came to an end or never was. */
export type OnRun = (job: Job, run: JobRun) => void;

/** Is told what kept a due job from being taken, or its end from being written; without a job: all of them. */
export type OnProblem = (job: Job | undefined, error: HermesError) => void;

/** How it stands with the jobs of a home. */
export interface CronStatus {
  /** Of the daemon that runs for this home. */
  readonly daemonPid?: number;
  /** When that was started, in ms since epoch. */
  readonly daemonSince?: number;
  readonly jobs: number;
  readonly activeJobs: number;
  /** Runs that go on now. */
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
  /**
   * Runs what is due, once: the runs that came of it, those that were missed or lost among them. With `isUntilIdle` also
   * what becomes due meanwhile, for one process at a time: where there is one already, nothing is left to do.
   */
  tick(
    signal: AbortSignal,
    onRun: OnRun,
    tick?: Pick<TickOptions, "isUntilIdle">,
  ): Promise<readonly JobRun[]>;
  /**
   * Runs what is due until the signal aborts; then what runs is ended, and waited for. A problem does not end it: it
   * comes again at each look for as long as it is there.
   * @throws {HermesError} `cron/busy` naming the process that does so already for this home
   */
  daemon(signal: AbortSignal, onRun: OnRun, onProblem?: OnProblem): Promise<void>;
  status(): Promise<CronStatus>;
  /** Runs of a job, the newest first, as they are: one whose process has died is lost, also where that is not written yet. */
  runs(jobId: string, limit: number): Promise<readonly JobRun[]>;
  /**
   * Leaves in the middle what this process runs: its programs are ended, and whatever comes of it now is not written down,
   * so that it is lost. Never rejects.
   */
  leave(): Promise<void>;
  /**
   * Looks at what a task needs before its job is added: its script, skills, working directory and jobs that it takes
   * outcomes of. What is odd but allowed, one sentence each.
   * @throws {HermesError} `usage/invalid`, `cron/script_refused`, `cron/not_found`
   */
  checkTask(task: JobTask): Promise<readonly string[]>;
  /** What keeps outcomes from ever being taken to targets, one sentence each. */
  checkTargets(targets: Job["deliver"]): readonly string[];
}

/** Opens the jobs of a home; their file is opened when it is used. */
export async function openCron(app: AppParts): Promise<CronDesk> {
  const { ports, paths } = app;
  const { clock, files, host } = ports;
  const [{ cron, security }, log] = await Promise.all([app.config(), app.log()]);
  const timezone = cron.timezone === "" ? machineZone() : cron.timezone;
  const exists = async (path: string) => (await files.stat(path)) !== undefined;
  const store = new SqliteCronStore({ exists }, paths.cron.jobsFile);
  const runs = await openRuns(app, store);
  const options = { maxParallel: cron.max_parallel_jobs };
  let isLeft = false;
  const deps = (onRun: OnRun, onProblem?: OnProblem): DaemonDeps => ({
    ...runs,
    clock,
    async run(...args) {
      const end = await runs.run(...args);
      // Of what is left in the middle nobody knows how it would have ended.
      return isLeft ? await Promise.withResolvers<never>().promise : end;
    },
    onRun(job, run) {
      logRun(log, job, run);
      onRun(job, run);
    },
    onProblem(job, error) {
      const problem = toHermesError(error);
      const { code, message } = problem;
      log.write("error", "cron.problem", { job: job?.id, code, message });
      onProblem?.(job, problem);
    },
  });
  return {
    store,
    timezone,
    parse: (text, zone) => parseSchedule(text, { now: clock.now(), timezone: zone ?? timezone }),
    runNow: (job, signal) =>
      runNow(
        deps(() => undefined),
        job,
        signal,
      ),
    async tick(signal, onRun, tick) {
      const run = () => runTick(deps(onRun), { ...options, ...tick }, signal);
      if (!tick?.isUntilIdle) return await run();
      // Two of them would each count free places, and who works in a directory, for themselves.
      return (await ifFree(files, paths.cron.tickLock, run))?.result ?? [];
    },
    daemon: (signal, ...listeners) =>
      asDaemon(app, () => runDaemon(deps(...listeners), options, signal), signal),
    async status() {
      const [jobs, going, daemon] = await Promise.all([
        store.jobs(),
        store.running().then((all) => Promise.all(all.map((run) => asItIs(app, store, run)))),
        findDaemon(app),
      ]);
      const active = jobs.filter(({ state }) => state === "active");
      const times = active.flatMap(({ nextRunAt }) => nextRunAt ?? []);
      return {
        ...(daemon ? { daemonPid: daemon.pid, daemonSince: daemon.startedAt } : {}),
        jobs: jobs.length,
        activeJobs: active.length,
        runs: going.filter((run) => run.status === "running"),
        ...(times.length === 0 ? {} : { nextRunAt: Math.min(...times) }),
        timezone,
      };
    },
    async runs(jobId, limit) {
      const found = await store.runs(jobId, { limit });
      return await Promise.all(found.map((run) => asItIs(app, store, run)));
    },
    async leave() {
      isLeft = true;
      const going = await store.running().catch(() => []);
      const own = going.filter(({ pid }) => pid === host.pid);
      await Promise.all(own.map((run) => runs.endLeftovers(run)));
    },
    checkTask: (task) => checkTask(app, store, task),
    checkTargets: (targets) =>
      targetWarnings(targets, { mayBePrivate: security.allow_private_urls }),
  };
}

/** IANA name of the zone that the machine's clock shows. */
function machineZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
