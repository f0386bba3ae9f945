import { describe, expect, test } from "bun:test";
import type { Job } from "../../src/core/cron.ts";
import type { JobRequest } from "../../src/core/job_book.ts";
import { createTask } from "../fakes/job.ts";
import { createFakeJobBook } from "../fakes/job_book.ts";
import { thrown } from "../fakes/thrown.ts";

/** Noon in London, Monday. */
const now = Date.UTC(2026, 0, 5, 12);
const hour = 3_600_000;
const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

function request(rest: Partial<JobRequest> = {}): JobRequest {
  return {
    scheduleText: "every day at 09:00",
    task: createTask({ prompt: "What is new?" }),
    deliver: [],
    ...rest,
  };
}

describe("create()", () => {
  test("writes a job that was looked at, with its next time in its zone", async () => {
    await using fake = await createFakeJobBook({ warnings: ["Odd"] });
    const { job, warnings } = await fake.book.create(request({ repeat: 3 }));
    const expected: Job = {
      id: expect.stringMatching(/^[\da-f]{12}$/),
      name: "What is new?",
      scheduleText: "every day at 09:00",
      schedule: { kind: "cron", expression: "0 9 * * *", timezone: "Europe/Berlin" },
      task: request().task,
      deliver: [],
      repeat: 3,
      state: "active",
      nextRunAt: Date.UTC(2026, 0, 6, 8),
      completedRuns: 0,
      createdAt: now,
      updatedAt: now,
    };
    expect([job, warnings, fake.checked]).toEqual([expected, ["Odd"], [request().task]]);
    expect(await fake.book.list()).toEqual([job]);
    expect(fake.book.nextRuns(job, 5).map(iso)).toEqual([
      "2026-01-06T08:00:00.000Z",
      "2026-01-07T08:00:00.000Z",
      "2026-01-08T08:00:00.000Z",
    ]);
  });

  test("makes names that nobody has", async () => {
    await using fake = await createFakeJobBook();
    const name = async (prompt: string, script?: string) => {
      const task = createTask({ prompt, ...(script === undefined ? {} : { script }) });
      return (await fake.book.create(request({ task }))).job.name;
    };
    const long = "Summarise what happened\nin the project since yesterday, please";
    expect([
      await name("Look"),
      await name("Look"),
      await name(" Look "),
      await name(long),
      await name("", "check.sh"),
      await name("🦊".repeat(50)),
    ]).toEqual([
      "Look",
      "Look (2)",
      "Look (3)",
      "Summarise what happened in the project…",
      "check.sh",
      `${"🦊".repeat(39)}…`,
    ]);
  });

  test("shows a good schedule with its next times where one is bad", async () => {
    await using fake = await createFakeJobBook();
    const error = await thrown(() => fake.book.create(request({ scheduleText: "61 * * * *" })));
    expect([error.code, error.message]).toEqual([
      "usage/invalid",
      'Cannot read the schedule "61 * * * *": Invalid value for minute: 61',
    ]);
    expect(error.hint).toStartWith(
      'a good one: "0 9 * * MON-FRI" would run Tue 2026-01-06 09:00, Wed 2026-01-07 09:00, Thu 2026-01-08 09:00 (Europe/Berlin);',
    );
    const zone = await thrown(() => fake.book.create(request({ timezone: "Mars/Base" })));
    expect(zone.hint).toContain("--timezone");
    expect(await fake.book.list()).toEqual([]);
  });
});

describe("edit()", () => {
  test("changes what is named, and computes the time anew only for a new schedule", async () => {
    await using fake = await createFakeJobBook();
    const { job } = await fake.book.create(request({ scheduleText: "every 2h" }));
    await fake.clock.advance(hour);
    const named = (await fake.book.edit(job, { name: " a " })).job;
    expect(named).toEqual({ ...job, name: "a", updatedAt: now + hour });
    const moved = (await fake.book.edit(named, { scheduleText: "every 3h" })).job;
    expect(iso(moved.nextRunAt)).toBe(iso(now + 4 * hour));
    const zone = await thrown(() => fake.book.edit(moved, { timezone: "UTC" }));
    expect(zone.message).toBe("A time zone changes nothing about: every 3h");
  });

  test("reads the same schedule again on the clock of another zone", async () => {
    await using fake = await createFakeJobBook();
    const { job } = await fake.book.create(request());
    const moved = (await fake.book.edit(job, { timezone: "Asia/Tokyo" })).job;
    expect([iso(moved.nextRunAt), moved.scheduleText]).toEqual([
      "2026-01-06T00:00:00.000Z",
      "every day at 09:00",
    ]);
    // Another schedule stays in the zone of the job.
    const later = (await fake.book.edit(moved, { scheduleText: "every day at 10:00" })).job;
    expect(fake.book.timezoneOf(later)).toBe("Asia/Tokyo");
    const once = (await fake.book.create(request({ scheduleText: "2026-01-06T09:00" }))).job;
    const there = (await fake.book.edit(once, { timezone: "Asia/Tokyo" })).job;
    expect([iso(once.nextRunAt), iso(there.nextRunAt)]).toEqual([
      "2026-01-06T08:00:00.000Z",
      "2026-01-06T00:00:00.000Z",
    ]);
  });

  test("ends a job that ran often enough, and begins it again", async () => {
    await using fake = await createFakeJobBook();
    const { job } = await fake.book.create(request({ repeat: 1, name: "a" }));
    await fake.store.change(job.id, { state: "done", nextRunAt: null }, now);
    const done: Job = { ...job, state: "done", nextRunAt: null, completedRuns: 1 };
    expect((await thrown(() => fake.book.resume(done))).hint).toBe(
      `hermes cron edit ${job.id} --clear-repeat`,
    );
    const again = (await fake.book.edit(done, { repeat: null })).job;
    expect([again.state, iso(again.nextRunAt), "repeat" in again]).toEqual([
      "active",
      "2026-01-06T08:00:00.000Z",
      false,
    ]);
    const ended = (await fake.book.edit({ ...again, completedRuns: 1 }, { repeat: 1 })).job;
    expect([ended.state, ended.nextRunAt]).toEqual(["done", null]);
  });

  test("leaves a job paused that is", async () => {
    await using fake = await createFakeJobBook();
    const paused = await fake.book.pause((await fake.book.create(request())).job);
    const edited = (await fake.book.edit(paused, { scheduleText: "every 1h" })).job;
    expect([edited.state, edited.nextRunAt]).toEqual(["paused", null]);
  });
});

describe("resume()", () => {
  test("goes on with the next time of the old rate", async () => {
    await using fake = await createFakeJobBook();
    const { job } = await fake.book.create(request({ scheduleText: "every 2h" }));
    const paused = await fake.book.pause(job);
    await fake.clock.advance(5 * hour);
    expect(iso((await fake.book.resume(paused)).nextRunAt)).toBe(iso(now + 6 * hour));
  });

  test("says so where the one time has passed, or was used", async () => {
    await using fake = await createFakeJobBook();
    const { job } = await fake.book.create(request({ scheduleText: "1h", name: "a" }));
    const paused = await fake.book.pause(job);
    await fake.clock.advance(2 * hour);
    const past = await thrown(() => fake.book.resume(paused));
    expect([past.code, past.message]).toEqual([
      "usage/invalid",
      "Its time has passed: Mon 2026-01-05 14:00 (Europe/Berlin)",
    ]);
    const used = await thrown(() => fake.book.resume({ ...job, state: "done" }));
    expect(used.message).toBe("The job has run, its one time: a");
    expect((await thrown(() => fake.book.pause({ ...job, state: "done" }))).message).toBe(
      "The job has run, its one time: a",
    );
  });
});

test("run() refuses a job that runs already", async () => {
  await using fake = await createFakeJobBook({ run: undefined });
  const { job } = await fake.book.create(request());
  const error = await thrown(() => fake.book.run(job, new AbortController().signal));
  expect(error.code).toBe("cron/busy");
});

test("a single time that passes while its job is looked at is owed", async () => {
  await using fake = await createFakeJobBook({ checkTakesMs: 200 });
  const soon = request({ scheduleText: "0.1s" });
  const { job } = await fake.book.create(soon);
  expect([job.state, job.nextRunAt]).toEqual(["active", now + 100]);
  const { scheduleText, task } = soon;
  const edited = await fake.book.edit({ ...job, state: "done" }, { scheduleText, task });
  expect([edited.job.state, edited.job.nextRunAt]).toEqual(["active", now + 300]);
});

test("edit() gives a job more runs while its last one goes on", async () => {
  await using fake = await createFakeJobBook();
  const { job } = await fake.book.create(request({ scheduleText: "every 2h", repeat: 1 }));
  const going = await fake.store.change(job.id, { nextRunAt: null }, now);
  const { job: edited } = await fake.book.edit(going, { repeat: 3 });
  expect([edited.state, edited.nextRunAt]).toEqual(["active", now + 2 * hour]);
});
