import type { CronStore, Job, JobRun, JobTask, Schedule } from "../core/cron.ts";
import { defined } from "../core/defined.ts";
import { HermesError } from "../core/errors.ts";
import type { JobBook, JobEdit, JobRequest } from "../core/job_book.ts";
import type { Clock } from "../core/ports.ts";
import { checkName, nameFor } from "./job_name.ts";
import { nextRun, nextRuns } from "./next_run.ts";
import { withExample } from "./schedule_example.ts";
import { timeText } from "./time_text.ts";

export interface JobBookDeps {
  readonly store: CronStore;
  readonly clock: Pick<Clock, "now">;
  /** IANA name of the zone of jobs that name none. */
  readonly timezone: string;
  /** @throws {HermesError} `usage/invalid` */
  readonly parse: (text: string, timezone?: string) => Schedule;
  /** What is odd about a task. @throws {HermesError} for one that cannot be done */
  readonly checkTask: (task: JobTask) => Promise<readonly string[]>;
  /** What is odd about where a job delivers to. */
  readonly checkTargets: (targets: Job["deliver"]) => readonly string[];
  readonly runNow: (job: Job, signal: AbortSignal) => Promise<JobRun | undefined>;
}

/** Jobs of a home, as people and the agent handle them: checked before they are written. */
export function createJobBook(deps: JobBookDeps): JobBook {
  const { store, clock } = deps;
  return {
    list: () => store.jobs(),
    find: (idOrName) => store.resolve(idOrName),
    async create(request) {
      const schedule = readSchedule(deps, request.scheduleText, request.timezone);
      checkRepeat(schedule, request.repeat);
      const warnings = [
        ...(await deps.checkTask(request.task)),
        ...deps.checkTargets(request.deliver),
      ];
      const job = await newJob(deps, request, schedule);
      await store.add(job);
      return { job, warnings };
    },
    async edit(job, edit) {
      const { name, scheduleText, task, deliver, repeat } = edit;
      if (name !== undefined) checkName(name);
      const schedule = editedSchedule(deps, job, edit);
      checkRepeat(schedule ?? job.schedule, repeat);
      const warnings = [
        ...(task ? await deps.checkTask(task) : []),
        ...(deliver ? deps.checkTargets(deliver) : []),
      ];
      const change = {
        ...defined("name", name?.trim()),
        ...defined("scheduleText", scheduleText?.trim()),
        ...defined("schedule", schedule),
        ...defined("task", task),
        ...defined("deliver", deliver),
        ...defined("repeat", repeat),
        ...timeAgain(deps, job, { schedule, repeat }),
      };
      return { job: await store.change(job.id, change, clock.now()), warnings };
    },
    async pause(job) {
      if (job.state === "paused") return job;
      if (job.state === "done") throw ended(job);
      return await store.change(job.id, { state: "paused", nextRunAt: null }, clock.now());
    },
    async resume(job) {
      if (job.state === "active") return job;
      if (isUsedUp(job)) throw ended(job);
      const nextRunAt = nextRun(job.schedule, clock.now());
      if (nextRunAt === undefined) throw noNextTime(deps, job);
      return await store.change(job.id, { state: "active", nextRunAt }, clock.now());
    },
    remove: ({ id }) => store.remove(id),
    async run(job, signal) {
      const run = await deps.runNow(job, signal);
      if (run) return run;
      throw new HermesError("cron/busy", `Another run of the job goes on: ${job.name}`, {
        hint: `hermes cron history ${job.id}`,
      });
    },
    firstRun: (text, timezone) => firstRun(deps, readSchedule(deps, text, timezone)),
    nextRuns: (job, count) => timesOf(job, clock.now(), count),
    timezoneOf: (job) => zoneOf(job, deps.timezone),
  };
}

async function newJob(deps: JobBookDeps, request: JobRequest, schedule: Schedule): Promise<Job> {
  const { scheduleText, task, deliver, repeat } = request;
  const now = deps.clock.now();
  if (request.name !== undefined) checkName(request.name);
  const taken = new Set((await deps.store.jobs()).map(({ name }) => name));
  return {
    id: crypto.randomUUID().replaceAll("-", "").slice(-12),
    name: request.name?.trim() ?? nameFor(task, taken),
    scheduleText: scheduleText.trim(),
    schedule,
    task,
    deliver,
    ...(repeat === undefined ? {} : { repeat }),
    state: "active",
    nextRunAt: firstRun(deps, schedule),
    completedRuns: 0,
    createdAt: now,
    updatedAt: now,
  };
}

/** The parser lets no schedule through that never comes. */
function firstRun({ clock }: JobBookDeps, schedule: Schedule): number {
  // A single time may have passed since it was read: it is owed.
  const at = schedule.kind === "once" ? schedule.at : nextRun(schedule, clock.now());
  if (at === undefined) throw new TypeError(`A ${schedule.kind} schedule without a next time`);
  return at;
}

/** The schedule of a request; its failure shows a good one with its next times. */
function readSchedule(deps: JobBookDeps, text: string, timezone: string | undefined): Schedule {
  try {
    return deps.parse(text, timezone);
  } catch (error) {
    const context = { now: deps.clock.now(), timezone: timezone ?? deps.timezone };
    throw withExample(error, text, context);
  }
}

/** The new schedule of a job; undefined where it stays as it is. */
function editedSchedule(
  deps: JobBookDeps,
  { schedule, scheduleText: text }: Job,
  { scheduleText, timezone }: JobEdit,
): Schedule | undefined {
  if (scheduleText !== undefined) {
    const zone = timezone ?? (schedule.kind === "cron" ? schedule.timezone : undefined);
    return readSchedule(deps, scheduleText, zone);
  }
  if (timezone === undefined) return undefined;
  // Time that has to pass is the same everywhere, and reading it again would start it again.
  if (schedule.kind === "cron" || /^\d{4}-/.test(text)) return readSchedule(deps, text, timezone);
  throw new HermesError("usage/invalid", `A time zone changes nothing about: ${text}`, {
    hint: "leave --timezone out, or pass --schedule as well",
  });
}

/** What a new schedule or number of runs makes of a job: one that had ended begins again, one that is paused stays so. */
function timeAgain(
  deps: JobBookDeps,
  job: Job,
  edit: { readonly schedule: Schedule | undefined; readonly repeat: number | null | undefined },
): Partial<Pick<Job, "state" | "nextRunAt">> {
  const { schedule = job.schedule, repeat = job.repeat ?? null } = edit;
  const isUnchanged = edit.schedule === undefined && edit.repeat === undefined;
  if (isUnchanged || job.state === "paused") return {};
  if (repeat !== null && job.completedRuns >= repeat) return { state: "done", nextRunAt: null };
  if (edit.schedule !== undefined) {
    return { state: "active", nextRunAt: firstRun(deps, edit.schedule) };
  }
  // While its last run goes on, an active one has no next time.
  if (job.state === "active" && job.nextRunAt !== null) return {};
  const nextRunAt = nextRun(schedule, deps.clock.now());
  return nextRunAt === undefined ? {} : { state: "active", nextRunAt };
}

/** From the time that it waits for on: that may have passed, and is still owed. */
function timesOf(job: Job, now: number, count: number): readonly number[] {
  const { nextRunAt, repeat, completedRuns, schedule } = job;
  if (job.state !== "active" || nextRunAt === null) return [];
  const left = repeat === undefined ? count : Math.min(count, repeat - completedRuns);
  const later = nextRuns(schedule, Math.max(nextRunAt, now), Math.max(left - 1, 0));
  return left <= 0 ? [] : [nextRunAt, ...later];
}

/** @throws {HermesError} `usage/invalid` for a single time that should come more often */
function checkRepeat({ kind }: Schedule, repeat: number | null | undefined): void {
  if (kind !== "once" || (repeat ?? 1) === 1) return;
  throw new HermesError("usage/invalid", `A single time comes once, not ${repeat} times`, {
    hint: 'leave --repeat out, or give the job a schedule such as "every 30m"',
  });
}

/** The zone in which the times of a job are meant; `home` is that of jobs that name none. */
export function zoneOf({ schedule }: Pick<Job, "schedule">, home: string): string {
  return schedule.kind === "cron" ? schedule.timezone : home;
}

function isUsedUp({ state, repeat, completedRuns, schedule }: Job): boolean {
  if (repeat !== undefined) return completedRuns >= repeat;
  return state === "done" && schedule.kind === "once";
}

function ended({ id, name, repeat, completedRuns, schedule }: Job): HermesError {
  if (repeat !== undefined) {
    return new HermesError(
      "usage/invalid",
      `The job ran as often as it should (${completedRuns} of ${repeat}): ${name}`,
      { hint: `hermes cron edit ${id} --clear-repeat` },
    );
  }
  const what = schedule.kind === "once" ? "The job has run, its one time" : "The job has ended";
  return new HermesError("usage/invalid", `${what}: ${name}`, {
    hint: `hermes cron edit ${id} --schedule "..." gives it a new time`,
  });
}

function noNextTime(deps: JobBookDeps, { id, schedule, scheduleText }: Job): HermesError {
  const hint = `hermes cron edit ${id} --schedule "..." gives it a new one, hermes cron run ${id} runs it now`;
  if (schedule.kind !== "once") {
    return new HermesError("usage/invalid", `This schedule never comes: ${scheduleText}`, { hint });
  }
  const at = timeText(schedule.at, deps.timezone);
  return new HermesError("usage/invalid", `Its time has passed: ${at} (${deps.timezone})`, {
    hint,
  });
}
