import { expect, test } from "bun:test";
import fc from "fast-check";
import type { RunStatus } from "../../src/core/cron.ts";
import type { Clock } from "../../src/core/ports.ts";
import { type DaemonDeps, runDaemon } from "../../src/cron/daemon.ts";
import { createJobBook } from "../../src/cron/job_book.ts";
import { parseSchedule } from "../../src/cron/parse_schedule.ts";
import { settled } from "../fakes/clock.ts";
import { createTask } from "../fakes/job.ts";
import { MemoryCronStore } from "../fakes/memory_cron_store.ts";
import { createTickDeps } from "../fakes/tick_deps.ts";
import { clockOf, firings } from "./oracle.ts";
import { expressions, zones } from "./schedules.ts";

/**
 * Days of a daemon with fifty jobs whose clock is set, whose machine sleeps, and whose jobs come and go: what runs and
 * what is missed follows from the oracle's times and from what happened, not from anything that the daemon computes.
 */

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Intervals and single times, in minutes. */
const intervals = [0.5, 1.5, 7, 45, 150, 1_440, 2_000];
const singles = [1, 90, 1_234, 2_500];

/** What happens to the machine, or to somebody's job: `pick` says to which. */
type Event =
  | { readonly kind: "jump"; readonly ms: number }
  | { readonly kind: "pause" | "resume" | "remove" | "add"; readonly pick: number };
type Timed = Event & { readonly afterMs: number };

/** A schedule as it is typed, and when it comes after it was added. */
interface Spec {
  readonly text: string;
  readonly timezone: string;
  readonly isOnce: boolean;
  firings(addedAt: number): readonly number[];
}

interface Ran {
  readonly dueAt: string;
  readonly status: RunStatus;
}

const pick = fc.nat({ max: 999 });
const afterMs = fc.integer({ min: 10 * minute, max: 4 * hour });
const anyEvent: fc.Arbitrary<Timed> = fc.oneof(
  fc.record({
    kind: fc.constant("jump" as const),
    // Small ones, those about the longest patience, and those of a machine that was off.
    ms: fc.oneof(
      fc.integer({ min: -10 * minute, max: 10 * minute }),
      fc.integer({ min: -2 * hour, max: 3 * hour }),
      fc.constantFrom(day, -5 * hour),
    ),
    afterMs,
  }),
  fc.record({
    kind: fc.constantFrom("pause" as const, "resume", "resume", "remove", "add", "add"),
    pick,
    afterMs,
  }),
);

test.each([
  // Europe changes its clocks, Lord Howe and Chile do, New York does.
  [1, Date.UTC(2026, 2, 28, 1, 2, 3)],
  [2, Date.UTC(2026, 3, 3, 20, 30)],
  [3, Date.UTC(2026, 9, 31, 12, 59, 59)],
])(
  "days %d of fifty jobs are as the oracle says",
  async (seed, start) => {
    const sample = fc.array(anyEvent, { minLength: 16, maxLength: 16 });
    const events = fc.sample(sample, { seed, numRuns: 1 })[0] ?? [];
    const { ran, expected } = await simulate(start, events);
    expect(ran).toEqual(expected);
    const statuses = Object.values(ran).flatMap((runs) => runs.map(({ status }) => status));
    expect(statuses.filter((status) => status === "completed").length).toBeGreaterThan(1_000);
    expect(statuses.filter((status) => status === "missed").length).toBeGreaterThan(10);
    // Many steps of little work: a busy machine may take its time.
  },
  240_000,
);

async function simulate(
  start: number,
  events: readonly Timed[],
): Promise<Record<"ran" | "expected", Readonly<Record<string, readonly Ran[]>>>> {
  const store = new MemoryCronStore();
  const oracle = new Oracle();
  const ran: Record<string, Ran[]> = {};
  const specs = specsFrom(start);
  const stop = new AbortController();
  const left = [...events, { kind: "jump" as const, ms: day, afterMs: 2 * hour }];
  let added = 0;

  const clock = eventfulClock(start, async () => {
    oracle.serve(clock.now());
    const event = left.shift();
    if (!event) return stop.abort();
    await happen(event);
    oracle.begin(clock.now());
    return left[0]?.afterMs ?? 3 * hour;
  });

  const book = createJobBook({
    store,
    clock,
    timezone: "UTC",
    parse: (text, timezone = "UTC") => parseSchedule(text, { now: clock.now(), timezone }),
    checkTask: () => Promise.resolve([]),
    checkTargets: () => [],
    runNow: () => Promise.resolve(undefined),
  });

  async function add(spec: Spec): Promise<void> {
    const name = `${++added}: ${spec.text} in ${spec.timezone}`;
    const { text: scheduleText, timezone, isOnce } = spec;
    const task = createTask({ prompt: "Do" });
    await book.create({ name, scheduleText, timezone, task, deliver: [] });
    ran[name] = [];
    oracle.add(name, { isOnce, firings: spec.firings(clock.now()), at: clock.now() });
  }

  async function happen(event: Event): Promise<void> {
    if (event.kind === "jump") return clock.jump(event.ms);
    if (event.kind === "add") return await add(specs[event.pick % specs.length] ?? oneMinute);
    const wanted = event.kind === "resume" ? "paused" : "active";
    const jobs = (await store.jobs()).filter(
      ({ state, schedule }) => state === wanted && schedule.kind !== "once",
    );
    const job = jobs[event.pick % jobs.length];
    if (!job) return;
    await book[event.kind](job);
    oracle[event.kind](job.name, clock.now());
  }

  for (const spec of specs) await add(spec);
  const { deps: tick } = createTickDeps({
    store,
    clock,
    onRun: ({ name }, { dueAt, status }) => ran[name]?.push({ dueAt: iso(dueAt), status }),
  });
  const deps: DaemonDeps = {
    ...tick,
    clock,
    onProblem: (_job, error) => {
      throw error;
    },
  };
  await runDaemon(deps, { maxParallel: 100 }, stop.signal);
  return { ran, expected: oracle.runs() };
}

/** Sleepers wake at once; `onEvent` is asked when its time has come, and says when it is asked again. */
function eventfulClock(
  start: number,
  onEvent: () => Promise<number | void>,
): Clock & { jump(ms: number): void } {
  let elapsed = 0;
  let jumped = 0;
  let nextEvent = hour;
  return {
    now: () => start + elapsed + jumped,
    utcOffset: () => 0,
    monotonic: () => elapsed,
    jump(ms) {
      jumped += ms;
    },
    async sleep(ms, signal) {
      await settled();
      signal?.throwIfAborted();
      elapsed += Math.max(0, ms);
      if (elapsed >= nextEvent) nextEvent = elapsed + ((await onEvent()) ?? Infinity);
    },
  };
}

/** What has to come of jobs, from the times of their schedules and what the clock showed. */
class Oracle {
  readonly #jobs = new Map<string, OracleJob>();

  add(
    name: string,
    job: { readonly isOnce: boolean; readonly firings: readonly number[]; readonly at: number },
  ): void {
    this.#jobs.set(name, { ...job, from: job.at + 1, isActive: true, runs: [] });
  }

  pause(name: string): void {
    this.#change(name, { isActive: false });
  }

  /** What came meanwhile is not made up for. */
  resume(name: string, at: number): void {
    this.#change(name, { isActive: true, from: at + 1 });
  }

  remove(name: string): void {
    this.pause(name);
  }

  /** The clock has shown everything before `until`: each time has its run. */
  serve(until: number): void {
    for (const [name, job] of this.#jobs) {
      if (!job.isActive) continue;
      const due = job.firings.filter((at) => at >= job.from && at < until);
      const runs = due.map((at) => ({ dueAt: iso(at), status: "completed" as const }));
      const from = Math.max(job.from, until);
      this.#change(name, { from, runs: [...job.runs, ...runs] });
    }
  }

  /** The clock shows `at`, wherever it was before: of what it passed over, the first time is what counts. */
  begin(at: number): void {
    this.#followClock(at);
    for (const [name, job] of this.#jobs) {
      const index = job.firings.findIndex((time) => time >= job.from && time <= at);
      const dueAt = job.firings[index];
      if (!job.isActive || dueAt === undefined) continue;
      const period = (job.firings[index + 1] ?? Infinity) - dueAt;
      const patience = Math.min(2 * hour, Math.max(2 * minute, period / 2));
      const status = job.isOnce || at - dueAt <= patience ? "completed" : "missed";
      const runs = [...job.runs, { dueAt: iso(dueAt), status } as const];
      this.#change(name, { from: at + 1, runs });
    }
  }

  /** A clock that was set back by more than three hours was wrong: what it shows again counts. */
  #followClock(at: number): void {
    for (const [name, { isOnce, firings: times, from, runs }] of this.#jobs) {
      // What comes only behind all of this is waited for, too.
      const waiting = times.find((time) => time >= from) ?? Infinity;
      const again = times.find((time) => time > at) ?? at;
      const last = Date.parse(
        runs.findLast(({ status }) => status === "completed")?.dueAt ?? iso(0),
      );
      const isTaken = again <= last && last - at <= 3 * hour;
      if (!isOnce && !isTaken && waiting - again > 3 * hour) this.#change(name, { from: at + 1 });
    }
  }

  runs(): Readonly<Record<string, readonly Ran[]>> {
    return Object.fromEntries([...this.#jobs].map(([name, { runs }]) => [name, runs]));
  }

  #change(name: string, change: Partial<OracleJob>): void {
    const job = this.#jobs.get(name);
    if (job) this.#jobs.set(name, { ...job, ...change });
  }
}

interface OracleJob {
  readonly isOnce: boolean;
  readonly firings: readonly number[];
  /** Times before this have been, or do not count. */
  readonly from: number;
  readonly isActive: boolean;
  readonly runs: readonly Ran[];
}

/** Longer than anything here lasts; the time that an interval begins with counts where the clock shows it again. */
const spanDays = 16;

const oneMinute: Spec = intervalSpec(1);

function specsFrom(start: number): readonly Spec[] {
  const from = Math.floor(start / day) * day - day;
  const clocks = zones.map((zone) => clockOf(zone, from, spanDays));
  const crons = expressions.map((text, index): Spec => {
    const clock = clocks[index % zones.length] ?? clockOf("UTC", from, spanDays);
    const times = firings(text, clock);
    const timezone = zones[index % zones.length] ?? "UTC";
    return { text, timezone, isOnce: false, firings: () => times };
  });
  const single = (minutes: number): Spec => ({
    text: `${minutes}m`,
    timezone: "UTC",
    isOnce: true,
    firings: (addedAt) => [addedAt + minutes * minute],
  });
  return [...crons, ...intervals.map(intervalSpec), ...singles.map(single)];
}

function intervalSpec(minutes: number): Spec {
  return {
    text: `every ${minutes}m`,
    timezone: "UTC",
    isOnce: false,
    firings: (addedAt) =>
      Array.from(
        { length: Math.floor((spanDays * day) / (minutes * minute)) },
        (_, index) => addedAt + index * minutes * minute,
      ),
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
