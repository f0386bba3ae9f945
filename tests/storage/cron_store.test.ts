import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Job, JobRun, RunEnd } from "../../src/core/cron.ts";
import { SqliteCronStore } from "../../src/storage/cron_store.ts";
import { createJob, createRun } from "../fakes/job.ts";
import { codeOf } from "../fakes/thrown.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hermes-cron-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const path = () => join(directory, "home", "cron", "jobs.db");
const open = () => new SqliteCronStore({ exists: async (file) => existsSync(file) }, path());

function job(id: string, rest: Partial<Job> = {}): Job {
  return createJob({
    id,
    name: `job ${id}`,
    schedule: { kind: "interval", everyMs: 3_600_000, anchor: 0 },
    deliver: [{ kind: "local" }],
    nextRunAt: 1_000,
    createdAt: 1,
    updatedAt: 1,
    ...rest,
  });
}

function run(id: string, jobId: string, rest: Partial<JobRun> = {}): JobRun {
  return createRun({ id, jobId, dueAt: 1_000, startedAt: 1_001, ...rest });
}

const end: RunEnd = {
  endedAt: 2_000,
  status: "completed",
  exitCode: 0,
  error: null,
  sessionId: "s",
  usage: null,
  outputFile: "/out.md",
  deliveries: [{ target: { kind: "local" }, isDelivered: true, attempts: 1 }],
};

test("looking makes no file", async () => {
  await using store = open();
  expect([await store.jobs(), await store.due(9), await store.running()]).toEqual([[], [], []]);
  expect(await codeOf(store.resolve("a"))).toBe("cron/not_found");
  expect(existsSync(path())).toBe(false);
});

test("gives back what was added, also to another process, and finds it by id, its beginning, and name", async () => {
  const jobs = [job("abc1", { repeat: 3 }), job("abd2", { createdAt: 2, nextRunAt: null })];
  {
    await using store = open();
    for (const each of jobs) await store.add(each);
  }
  await using store = open();
  expect(await store.jobs()).toEqual(jobs);
  expect([await store.resolve("abc"), await store.resolve(" job abd2 ")]).toEqual(jobs);
  expect(await codeOf(store.resolve("ab"))).toBe("cron/ambiguous");
  expect(await codeOf(store.resolve(""))).toBe("cron/not_found");
});

test("a name belongs to one job", async () => {
  await using store = open();
  await store.add(job("a"));
  expect(await codeOf(store.add(job("b", { name: "job a" })))).toBe("cron/name_taken");
  await store.add(job("c"));
  expect(await codeOf(store.change("c", { name: "job a" }, 5))).toBe("cron/name_taken");
  expect(await codeOf(store.change("nobody", { name: "x" }, 5))).toBe("cron/not_found");
});

test("changes what is told and nothing else", async () => {
  await using store = open();
  await store.add(job("a", { repeat: 3 }));
  const changed = await store.change("a", { name: "new", state: "paused", nextRunAt: null }, 5);
  expect(changed).toEqual(
    job("a", { repeat: 3, name: "new", state: "paused", nextRunAt: null, updatedAt: 5 }),
  );
  const { repeat: _gone, ...endless } = changed;
  expect(await store.change("a", { repeat: null }, 6)).toEqual({ ...endless, updatedAt: 6 });
});

test("of two that claim a run one gets it, and the job moves on with it", async () => {
  await using store = open();
  await store.add(job("a"));
  const claims = await Promise.all([
    store.claim(run("r1", "a"), 3_601_000),
    store.claim(run("r2", "a"), 3_601_000),
  ]);
  expect(claims).toEqual([true, false]);
  await using other = open();
  expect(await other.claim(run("r3", "a"), 3_601_000)).toBe(false);
  expect((await other.running()).map(({ id }) => id)).toEqual(["r1"]);
  expect(await store.due(3_600_999)).toEqual([]);
  expect((await store.due(3_601_000)).map(({ id }) => id)).toEqual(["a"]);
});

test("what was paused, changed or removed meanwhile is not claimed", async () => {
  await using store = open();
  await store.add(job("a", { state: "paused" }));
  await store.add(job("b", { nextRunAt: 2_000 }));
  for (const id of ["a", "b", "c"]) expect(await store.claim(run(`r${id}`, id), null)).toBe(false);
  expect(await store.running()).toEqual([]);
});

test("an end is kept with its run, and counts", async () => {
  await using store = open();
  await store.add(job("a"));
  await store.claim(run("r1", "a"), 3_601_000);
  await store.finish("r1", end);
  await store.record(run("r2", "a", { trigger: "manual" }));
  await store.finish("r2", { ...end, status: "failed" }, { state: "done", nextRunAt: null });
  expect((await store.resolve("a")).state).toBe("active");
  await store.change("a", { nextRunAt: null }, 2_000);
  await store.finish("r2", { ...end, status: "failed" }, { state: "done", isCounted: false });
  expect(await store.runs("a", { limit: 9 })).toEqual([
    { ...run("r2", "a", { trigger: "manual" }), ...end, status: "failed" },
    { ...run("r1", "a"), ...end },
  ]);
  expect(await store.resolve("a")).toEqual(
    job("a", { state: "done", nextRunAt: null, completedRuns: 2, updatedAt: 2_000 }),
  );
});

test("a run of a job that was removed just now is not written, and says so", async () => {
  await using store = open();
  await store.add(job("a"));
  await store.remove("a");
  const error = await store.record(run("r1", "a")).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "cron/not_found", message: "No such job: a" });
});

test("a job that is removed while it runs takes its runs along, and its end is no failure", async () => {
  await using store = open();
  await store.add(job("a"));
  await store.claim(run("r1", "a"), null);
  await store.remove("a");
  await store.finish("r1", end);
  expect([await store.jobs(), await store.runs("a", { limit: 9 })]).toEqual([[], []]);
  expect(await codeOf(store.remove("a"))).toBe("cron/not_found");
});
