import { afterEach, beforeEach, expect, test } from "bun:test";
import type { CronStore, Job, Schedule } from "../../src/core/cron.ts";
import { HermesError } from "../../src/core/errors.ts";
import { type DaemonDeps, runDaemon, runTick } from "../../src/cron/daemon.ts";
import { Slots } from "../../src/cron/slots.ts";
import { nextRun } from "../../src/cron/next_run.ts";
import type { SqliteCronStore } from "../../src/storage/cron_store.ts";
import { createInstantClock } from "../fakes/clock.ts";
import { createRun } from "../fakes/job.ts";
import { until } from "../fakes/until.ts";
import { createTickDeps, doneEnd, openOwnCronStore } from "../fakes/tick_deps.ts";

const minute = 60_000;

let own: Awaited<ReturnType<typeof openOwnCronStore>>;
let store: SqliteCronStore;
beforeEach(async () => {
  own = await openOwnCronStore();
  store = own.store;
});
afterEach(() => own[Symbol.asyncDispose]());

function rig(clock = createInstantClock()) {
  const ran: string[] = [];
  const { deps: tick } = createTickDeps({
    store,
    clock,
    async run(job, { startedAt }) {
      ran.push(`${job.id} at ${startedAt / minute}`);
      return { ...doneEnd, endedAt: clock.now() };
    },
  });
  const deps: DaemonDeps = {
    ...tick,
    clock,
    onProblem: (_job, error) => {
      throw error;
    },
  };
  return { deps, ran, clock };
}

async function add(id: string, schedule: Schedule, task: Partial<Job["task"]> = {}): Promise<void> {
  await store.add({
    id,
    name: id,
    scheduleText: "",
    schedule,
    task: { prompt: "", withAgent: true, skills: [], contextFrom: [], allow: [], ...task },
    deliver: [],
    state: "active",
    nextRunAt: nextRun(schedule, -1) ?? null,
    completedRuns: 0,
    createdAt: 0,
    updatedAt: 0,
  });
}

const every = (minutes: number): Schedule => ({
  kind: "interval",
  everyMs: minutes * minute,
  anchor: minutes * minute,
});

test("runDaemon() runs each job at its times, until it is told to stop", async () => {
  await add("a", every(7));
  await add("b", every(10));
  await add("c", { kind: "once", at: 12 * minute });
  const stop = new AbortController();
  const { deps, ran, clock } = rig();
  const watched: DaemonDeps = {
    ...deps,
    onRun: () => {
      if (clock.now() >= 30 * minute) stop.abort();
    },
  };
  await runDaemon(watched, { maxParallel: 4 }, stop.signal);
  expect(ran).toEqual([
    "a at 7",
    "b at 10",
    "c at 12",
    "a at 14",
    "b at 20",
    "a at 21",
    "a at 28",
    "b at 30",
  ]);
});

test("runDaemon() waits for what runs when it is told to stop, and begins nothing more", async () => {
  await add("a", every(1));
  await add("b", every(1));
  const stop = new AbortController();
  const { deps } = rig();
  const log: string[] = [];
  const slow: DaemonDeps = {
    ...deps,
    async run(job, _run, signal) {
      log.push(`${job.id} begins`);
      stop.abort();
      await Promise.resolve();
      log.push(`${job.id} ends, told so: ${signal.aborted}`);
      return { ...doneEnd, status: "interrupted" };
    },
  };
  await runDaemon(slow, { maxParallel: 1 }, stop.signal);
  expect(log).toEqual(["a begins", "a ends, told so: true"]);
});

test("runTick() runs what is due, at most so many at once, and tells of all", async () => {
  for (const id of ["a", "b", "c", "d"]) await add(id, { kind: "once", at: minute });
  await add("later", { kind: "once", at: 9 * minute });
  const { deps } = rig(createInstantClock(2 * minute));
  let running = 0;
  let most = 0;
  const counted: DaemonDeps = {
    ...deps,
    async run() {
      most = Math.max(most, ++running);
      await deps.clock.sleep(1);
      running--;
      return doneEnd;
    },
  };
  const runs = await runTick(counted, { maxParallel: 2 }, new AbortController().signal);
  expect([runs.map(({ jobId }) => jobId).toSorted(), most]).toEqual([["a", "b", "c", "d"], 2]);
});

test("runTick() until idle runs what becomes due beside a long run, and nothing behind it", async () => {
  await add("long", { kind: "once", at: minute });
  await add("soon", { kind: "once", at: 3 * minute });
  await add("later", { kind: "once", at: 9 * minute });
  const { deps, ran, clock } = rig(createInstantClock(2 * minute));
  const long: DaemonDeps = {
    ...deps,
    async run(job, run, signal) {
      const end = await deps.run(job, run, signal);
      if (job.id === "long") await until(() => ran.includes("soon at 3"));
      return end;
    },
  };
  const options = { maxParallel: 2, isUntilIdle: true };
  const runs = await runTick(long, options, new AbortController().signal);
  expect([ran, runs.map(({ jobId }) => jobId)]).toEqual([
    ["long at 2", "soon at 3"],
    ["soon", "long"],
  ]);
  expect(clock.now()).toBeLessThan(9 * minute);
});

test("a clock that is set back a little runs nothing twice, one that was wrong by hours does", async () => {
  const nine = Date.UTC(2026, 0, 5, 9);
  await add("daily", { kind: "cron", expression: "0 9 * * *", timezone: "UTC" });
  await add("seldom", { kind: "interval", everyMs: 480 * minute, anchor: nine });
  const ran: string[] = [];
  const lookAt = async (now: number): Promise<void> => {
    const one = rig(createInstantClock(now));
    const deps = { ...one.deps, newRunId: () => crypto.randomUUID() };
    await runTick(deps, { maxParallel: 2 }, new AbortController().signal);
    ran.push(...one.ran.map((run) => run.replace(/ at .*/, "")));
  };
  for (const id of ["daily", "seldom"]) await store.change(id, { nextRunAt: nine }, nine);
  await lookAt(nine + 500);
  expect(ran.toSorted()).toEqual(["daily", "seldom"]);
  for (const seconds of [-10, 1, -7_200, 2]) await lookAt(nine + seconds * 1_000);
  expect(ran.length).toBe(2);
  await lookAt(nine - 300 * minute);
  await lookAt(nine + 3_000);
  expect(ran.toSorted()).toEqual(["daily", "daily", "seldom", "seldom"]);
});

test("jobs with the same working directory run one after the other", async () => {
  for (const id of ["a", "b"]) await add(id, { kind: "once", at: 0 }, { workdir: "/work" });
  await add("c", { kind: "once", at: 0 }, { workdir: "/other" });
  const { deps } = rig(createInstantClock(minute));
  const log: string[] = [];
  const noted: DaemonDeps = {
    ...deps,
    async run(job) {
      log.push(`${job.id}+`);
      await deps.clock.sleep(1);
      log.push(`${job.id}-`);
      return doneEnd;
    },
  };
  await runTick(noted, { maxParallel: 9 }, new AbortController().signal);
  expect(log.slice(0, 2)).toEqual(["a+", "c+"]);
  expect(log.indexOf("b+")).toBeGreaterThan(log.indexOf("a-"));
});

test("Slots give their place on when the work fails", async () => {
  const slots = new Slots(1);
  const failed = slots.use("k", () => Promise.reject(new Error("no")));
  expect(await failed.catch(() => "failed")).toBe("failed");
  expect(await slots.use("k", () => Promise.resolve("ran"))).toBe("ran");
});

test("a job that cannot be taken is told of and keeps nobody else from running", async () => {
  await add("a", { kind: "once", at: 1 });
  await add("b", { kind: "once", at: 2 });
  const { deps, ran, clock } = rig();
  const problems: string[] = [];
  const stop = new AbortController();
  await clock.sleep(10);
  await runDaemon(
    {
      ...deps,
      withJob: (jobId, work) =>
        jobId === "a" ? Promise.reject(new Error("The disk is full")) : deps.withJob(jobId, work),
      onProblem(job, error) {
        problems.push(`${job?.id}: ${String(error)}`);
        if (problems.length === 3) stop.abort();
      },
    },
    { maxParallel: 1 },
    stop.signal,
  );
  expect([problems, ran.length]).toEqual([Array(3).fill("a: Error: The disk is full"), 1]);
  expect((await store.resolve("a")).nextRunAt).toBe(1);
});

test("who is slow to hear of a lost run keeps nobody from running, its job neither", async () => {
  await add("a", every(1));
  await add("b", { kind: "once", at: 2 * minute });
  const { deps, ran } = rig(createInstantClock(2 * minute));
  const lost = createRun({ id: "run_0", jobId: "a", dueAt: minute });
  await store.claim(lost, 2 * minute);
  const told: string[] = [];
  const heard = new AbortController();
  const slow: DaemonDeps = {
    ...deps,
    async alert(job, run) {
      await until(() => heard.signal.aborted);
      told.push(`${job.id} ${run.status}`);
      return [];
    },
    async run(job, run, signal) {
      const end = await deps.run(job, run, signal);
      if (ran.length === 2) heard.abort();
      return end;
    },
  };
  const runs = await runTick(slow, { maxParallel: 2 }, new AbortController().signal);
  expect([ran.toSorted(), told]).toEqual([["a at 2", "b at 2"], ["a lost"]]);
  expect(runs.map(({ jobId, status }) => `${jobId} ${status}`)).toEqual([
    "a completed",
    "b completed",
    "a lost",
  ]);
});

test("a lost run that cannot be ended keeps no other from being", async () => {
  for (const id of ["a", "b"]) {
    await add(id, every(1));
    await store.claim(createRun({ id: `run_${id}`, jobId: id, dueAt: minute }), 2 * minute);
  }
  const { deps } = rig();
  const problems: string[] = [];
  const ended: string[] = [];
  const refusing: DaemonDeps = {
    ...deps,
    withJob: (jobId, work) =>
      jobId === "a" ? Promise.reject(new Error("Not yours")) : deps.withJob(jobId, work),
    onRun: (job, { status }) => ended.push(`${job.id} ${status}`),
    onProblem: (_job, error) => problems.push(String(error)),
  };
  const tick = runTick(refusing, { maxParallel: 1 }, new AbortController().signal);
  expect(await tick.catch(String)).toBe("Error: Not yours");
  expect([ended, problems]).toEqual([["b lost"], ["Error: Not yours"]]);
});

test("who is slow to hear of a missed run takes no place from others", async () => {
  await add("a", every(1));
  await add("b", { kind: "once", at: 2 * minute });
  const { deps, ran } = rig(createInstantClock(9 * minute));
  const slow: DaemonDeps = {
    ...deps,
    async alert() {
      await until(() => ran.length === 1);
      return [];
    },
  };
  const runs = await runTick(slow, { maxParallel: 1 }, new AbortController().signal);
  expect(runs.map(({ jobId, status }) => `${jobId} ${status}`)).toEqual([
    "b completed",
    "a missed",
  ]);
});

test.each([
  ["a clock that was years ahead leaves no job waiting for them", 4 * 365 * 24 * 60, 7],
  ["what the clock shows again within three hours does not run again", 170, 175],
])("%s", async (_what, aheadMinutes, expected) => {
  await add("a", every(7));
  await add("once", { kind: "once", at: 9 * 365 * 24 * 60 * minute });
  const clock = createInstantClock();
  let ahead = aheadMinutes * minute;
  const { deps, ran } = rig({ ...clock, now: () => clock.now() + ahead });
  const stop = new AbortController();
  const set: DaemonDeps = {
    ...deps,
    onRun() {
      // The first time is too late for the wrong clock.
      if (ahead === 0) stop.abort();
      ahead = 0;
    },
  };
  await runDaemon(set, { maxParallel: 1 }, stop.signal);
  expect(ran).toEqual([`a at ${expected}`]);
  expect((await store.resolve("once")).nextRunAt).toBe(9 * 365 * 24 * 60 * minute);
});

/** The jobs, while reading them fails with what `problem` gives. */
function failing(problem: () => HermesError | undefined): CronStore {
  const reading = async <T>(read: () => Promise<T>): Promise<T> => {
    const error = problem();
    if (error) throw error;
    return await read();
  };
  return {
    add: (job) => store.add(job),
    jobs: () => reading(() => store.jobs()),
    resolve: (name) => reading(() => store.resolve(name)),
    change: (...change) => store.change(...change),
    remove: (id) => store.remove(id),
    due: (now) => reading(() => store.due(now)),
    claim: (...claim) => store.claim(...claim),
    record: (run) => store.record(run),
    finish: (...end) => store.finish(...end),
    runs: (...query) => reading(() => store.runs(...query)),
    running: () => reading(() => store.running()),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

test("runDaemon() outlives a while in which its jobs cannot be read", async () => {
  await add("a", every(7));
  const { deps, ran, clock } = rig();
  const stop = new AbortController();
  const unreadable = new HermesError("store/unreadable", "Jobs cannot be opened (EMFILE)");
  const problems = new Set<unknown>();
  const watched: DaemonDeps = {
    ...deps,
    store: failing(() => {
      const at = clock.now() / minute;
      return at > 8 && at < 13 ? unreadable : undefined;
    }),
    onRun: () => {
      if (ran.length === 2) stop.abort();
    },
    onProblem: (job, error) => problems.add([job, error].find(Boolean)),
  };
  await runDaemon(watched, { maxParallel: 1 }, stop.signal);
  expect([ran, [...problems]]).toEqual([["a at 7", "a at 14"], [unreadable]]);
});

test.each([
  ["its jobs could never be read", "store/unreadable", 0],
  ["what is stored of them is damaged", "store/invalid", 8],
] as const)("runDaemon() ends where %s", async (_what, code, sinceMinute) => {
  await add("a", every(7));
  const { deps, clock } = rig();
  const error = new HermesError(code, "Jobs cannot be read");
  const broken: DaemonDeps = {
    ...deps,
    store: failing(() => (clock.now() >= sinceMinute * minute ? error : undefined)),
    onProblem: () => undefined,
  };
  const never = new AbortController().signal;
  const run = runDaemon(broken, { maxParallel: 1 }, never);
  expect(await run.catch((thrown: unknown) => thrown)).toBe(error);
});
