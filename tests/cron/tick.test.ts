import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Job, JobChange, JobRun, RunEnd, Schedule } from "../../src/core/cron.ts";
import {
  type UntoldRun,
  runDue,
  runNow,
  settleLost,
  tellOfEnd,
  type TickDeps,
} from "../../src/cron/tick.ts";
import type { SqliteCronStore } from "../../src/storage/cron_store.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createTickDeps, doneEnd, openOwnCronStore } from "../fakes/tick_deps.ts";

const minute = 60_000;
const hour = 60 * minute;
const hourly: Schedule = { kind: "interval", everyMs: hour, anchor: 0 };
const never = new AbortController().signal;

/** Runs a job that is seen just now, and tells of what was missed. */
async function take(deps: TickDeps, job: Job): Promise<JobRun | undefined> {
  const missed: UntoldRun[] = [];
  const onMissed = (one: UntoldRun): void => void missed.push(one);
  const run = await runDue(deps, job, { seenAt: deps.clock.now(), signal: never, onMissed });
  for (const one of missed) await tellOfEnd(deps, one, never);
  return run;
}

let own: Awaited<ReturnType<typeof openOwnCronStore>>;
let store: SqliteCronStore;
beforeEach(async () => {
  own = await openOwnCronStore();
  store = own.store;
});
afterEach(() => own[Symbol.asyncDispose]());

const done: RunEnd = { ...doneEnd, sessionId: "s" };

function rig(now: number) {
  const clock = createFakeClock(now);
  const ran: string[] = [];
  const alerts: string[] = [];
  const { deps, held } = createTickDeps({
    store,
    clock,
    async run(job, run) {
      ran.push(`${job.id} of ${run.dueAt / minute}`);
      return { ...done, endedAt: clock.now() };
    },
    async alert(job, run) {
      alerts.push(`${job.id} ${run.status}: ${run.error?.message}`);
      return [];
    },
  });
  return { deps, clock, held, ran, alerts };
}

async function add(schedule: Schedule, nextRunAt: number, rest: Partial<Job> = {}): Promise<Job> {
  const job: Job = {
    id: "j",
    name: "j",
    scheduleText: "",
    schedule,
    task: { prompt: "", withAgent: true, skills: [], contextFrom: [], allow: [] },
    deliver: [],
    state: "active",
    nextRunAt,
    completedRuns: 0,
    createdAt: 0,
    updatedAt: 0,
    ...rest,
  };
  await store.add(job);
  return job;
}

const jobNow = () => store.resolve("j");
const statuses = async () => (await store.runs("j", { limit: 20 })).map(({ status }) => status);

describe("runDue()", () => {
  test("moves a recurring job on before it runs, and to the next time that is still to come", async () => {
    const { deps, ran } = rig(hour + 20 * minute);
    const job = await add(hourly, hour);
    const seen: (number | null)[] = [];
    const watched: TickDeps = {
      ...deps,
      run: async (...given) => {
        seen.push((await jobNow()).nextRunAt);
        return await deps.run(...given);
      },
    };
    await take(watched, job);
    expect([seen, ran, (await jobNow()).state]).toEqual([[2 * hour], ["j of 60"], "active"]);
  });

  test("does nothing before its time, or where another one took it", async () => {
    const { deps, ran } = rig(hour);
    const early = await add(hourly, hour + 1);
    expect(await take(deps, early)).toBeUndefined();
    await store.change("j", { nextRunAt: 3 * hour }, 1);
    expect(await take(deps, { ...early, nextRunAt: hour })).toBeUndefined();
    expect(ran).toEqual([]);
  });

  test("makes up for what it slept through with one run, where it is not too late", async () => {
    const { deps, ran, alerts } = rig(5 * hour + 29 * minute);
    await take(deps, await add(hourly, 5 * hour));
    expect([ran, alerts, (await jobNow()).nextRunAt]).toEqual([["j of 300"], [], 6 * hour]);
  });

  test("says what is too late, and keeps the next time", async () => {
    const { deps, ran, alerts } = rig(5 * hour + 31 * minute);
    await take(deps, await add(hourly, 5 * hour));
    expect([ran, alerts, (await jobNow()).nextRunAt, await statuses()]).toEqual([
      [],
      ["j missed: Nothing was there to run it at 1970-01-01T05:00:00.000Z"],
      6 * hour,
      ["missed"],
    ]);
  });

  test("a daily job may be two hours late, one of each minute two minutes", async () => {
    const daily: Schedule = { kind: "cron", expression: "0 0 * * *", timezone: "UTC" };
    const { deps, ran } = rig(26 * hour);
    await take(deps, await add(daily, 24 * hour));
    await store.remove("j");
    const eachMinute: Schedule = { kind: "interval", everyMs: minute, anchor: 0 };
    await take(deps, await add(eachMinute, 26 * hour - 2 * minute));
    expect(ran).toEqual(["j of 1440", "j of 1558"]);
  });

  test("a run that takes too long costs the next one, which is said", async () => {
    const { deps, held, ran, alerts } = rig(hour);
    held.add("j");
    await take(deps, await add(hourly, hour));
    expect([ran, alerts, (await jobNow()).nextRunAt]).toEqual([
      [],
      ["j missed: The run before it was still going at 1970-01-01T01:00:00.000Z"],
      2 * hour,
    ]);
  });

  test("says so, too, when that run has ended", async () => {
    const { deps, clock, alerts } = rig(hour);
    const slow: TickDeps = {
      ...deps,
      async run(...given) {
        await clock.advance(2 * hour - 1);
        return await deps.run(...given);
      },
    };
    await take(slow, await add(hourly, hour));
    await take(deps, await jobNow());
    expect([alerts, (await jobNow()).nextRunAt, await statuses()]).toEqual([
      ["j missed: The run before it was still going at 1970-01-01T02:00:00.000Z"],
      3 * hour,
      ["missed", "completed"],
    ]);
  });

  test("a single time runs however late it is, and once", async () => {
    const { deps, ran } = rig(999 * hour);
    const job = await add({ kind: "once", at: hour }, hour);
    await take(deps, job);
    expect(await take(deps, await jobNow())).toBeUndefined();
    const { state, nextRunAt } = await jobNow();
    expect([ran, state, nextRunAt]).toEqual([["j of 60"], "done", null]);
  });

  test("a single time that was stopped in the middle is still owed", async () => {
    const { deps, ran } = rig(2 * hour);
    const job = await add({ kind: "once", at: hour }, hour);
    const stopped = { ...deps, run: async () => ({ ...done, status: "interrupted" as const }) };
    await take(stopped, job);
    expect((await jobNow()).nextRunAt).toBe(hour);
    await take(deps, await jobNow());
    expect([ran, (await jobNow()).state]).toEqual([["j of 60"], "done"]);
  });

  test("a single time that gets a new one while it runs keeps that", async () => {
    const { deps, ran } = rig(hour);
    const once: Schedule = { kind: "once", at: hour };
    const later: Schedule = { kind: "once", at: 5 * hour };
    const edited: TickDeps = {
      ...deps,
      async run(...given) {
        await store.change("j", { schedule: later, nextRunAt: 5 * hour }, hour);
        return await deps.run(...given);
      },
    };
    await take(edited, await add(once, hour));
    const { state, nextRunAt } = await jobNow();
    expect([ran, state, nextRunAt]).toEqual([["j of 60"], "active", 5 * hour]);
  });

  test("a last run that is none any more ends nothing, one of a job that was paused does", async () => {
    const { deps } = rig(hour);
    const during = (change: JobChange): TickDeps => ({
      ...deps,
      async run(...given) {
        await store.change("j", change, hour);
        return await deps.run(...given);
      },
    });
    await take(during({ repeat: 5, nextRunAt: 2 * hour }), await add(hourly, hour, { repeat: 1 }));
    expect([(await jobNow()).state, (await jobNow()).nextRunAt]).toEqual(["active", 2 * hour]);
    await store.change("j", { repeat: 2, nextRunAt: hour }, hour);
    await take(during({ state: "paused", nextRunAt: null }), await jobNow());
    expect([(await jobNow()).state, (await jobNow()).nextRunAt]).toEqual(["done", null]);
  });

  test("a job that was changed while it waited for its turn runs as it is then", async () => {
    const { deps } = rig(hour);
    const scripts: (string | undefined)[] = [];
    const watched: TickDeps = {
      ...deps,
      async run(job, ...rest) {
        scripts.push(job.task.script);
        return await deps.run(job, ...rest);
      },
    };
    const seen = await add(hourly, hour);
    await store.change("j", { task: { ...seen.task, script: "new.sh" }, repeat: 1 }, hour);
    await take(watched, seen);
    expect([scripts, (await jobNow()).state]).toEqual([["new.sh"], "done"]);
    await store.remove("j");
    expect(await take(watched, seen)).toBeUndefined();
  });

  test("a job that runs so often is done after its last run", async () => {
    const { deps, clock } = rig(hour);
    await add(hourly, hour, { repeat: 2 });
    await runNow(deps, await jobNow(), never);
    await take(deps, await jobNow());
    await clock.advance(hour);
    await take(deps, await jobNow());
    const { state, nextRunAt, completedRuns } = await jobNow();
    expect([state, nextRunAt, completedRuns]).toEqual(["done", null, 2]);
  });
});

async function lostOf(deps: TickDeps): Promise<readonly UntoldRun[]> {
  const lost: UntoldRun[] = [];
  await settleLost(deps, (one) => lost.push(one));
  return lost;
}

describe("settleLost()", () => {
  const claimed = (rest: Partial<JobRun> = {}): JobRun => ({
    ...done,
    id: "run_0",
    jobId: "j",
    dueAt: hour,
    startedAt: hour,
    endedAt: null,
    status: "running",
    exitCode: null,
    sessionId: null,
    trigger: "schedule",
    pid: 3,
    ...rest,
  });

  test("ends what a process left when it died, and nothing that still runs", async () => {
    const { deps, held, alerts } = rig(2 * hour);
    await add(hourly, hour);
    await store.claim(claimed(), 2 * hour);
    held.add("j");
    expect(await lostOf(deps)).toEqual([]);
    held.clear();
    const lost = await lostOf(deps);
    expect(lost.map(({ run, end }) => [run.id, end.status, end.exitCode])).toEqual([
      ["run_0", "lost", 1],
    ]);
    expect([await statuses(), alerts]).toEqual([["lost"], []]);
    for (const one of lost) await tellOfEnd(deps, one, never);
    expect(alerts).toEqual(["j lost: The process that ran it (3) died"]);
    expect(await lostOf(deps)).toEqual([]);
    expect((await jobNow()).nextRunAt).toBe(2 * hour);
  });

  test("who was told to end a single time has not tried it", async () => {
    const { deps } = rig(2 * hour);
    await add({ kind: "once", at: hour }, hour);
    const stopped = { ...deps, run: async () => ({ ...done, status: "interrupted" as const }) };
    for (let times = 0; times < 5; times++) await take(stopped, await jobNow());
    await store.claim(claimed({ id: "a" }), hour);
    await lostOf(deps);
    expect([(await jobNow()).state, (await jobNow()).nextRunAt]).toEqual(["active", hour]);
  });

  test("a single time is begun again, ten times in all; then it says that it is given up", async () => {
    const { deps } = rig(2 * hour);
    await add({ kind: "once", at: hour }, hour);
    const said: (string | undefined)[] = [];
    for (let times = 0; times < 10; times++) {
      expect((await jobNow()).state).toBe("active");
      expect(await store.claim(claimed({ id: `run_${times}` }), hour)).toBe(true);
      said.push(...(await lostOf(deps)).map(({ end }) => end.error?.message));
    }
    const { state, nextRunAt } = await jobNow();
    expect([state, nextRunAt, await statuses()]).toEqual(["broken", null, Array(10).fill("lost")]);
    const died = "The process that ran it (3) died";
    expect(said).toEqual([
      ...Array<string>(9).fill(`${died}: it is tried again`),
      `${died}, the 10th time: it is not tried again`,
    ]);
  });
});

test("runNow() runs beside the schedule, but not twice at once", async () => {
  const { deps, held, ran } = rig(minute);
  const job = await add(hourly, hour);
  const run = await runNow(deps, job, never);
  expect([run?.trigger, run?.status, ran]).toEqual(["manual", "completed", ["j of 1"]]);
  expect(await jobNow()).toEqual({ ...job, updatedAt: minute });
  held.add("j");
  expect(await runNow(deps, job, never)).toBeUndefined();
});
