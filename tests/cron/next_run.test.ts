import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Schedule } from "../../src/core/cron.ts";
import { nextRun, nextRuns, periodAt } from "../../src/cron/next_run.ts";
import { parseSchedule } from "../../src/cron/parse_schedule.ts";
import { beats, clockOf, firings } from "./oracle.ts";
import { expressions, intervals, onDays, zones } from "./schedules.ts";

const minute = 60_000;
const from = Date.UTC(2026, 0, 1);

/** Around changes of clocks, and ends of months and of the year. */
const spans = [
  [Date.UTC(2026, 0, 1), 3],
  [Date.UTC(2026, 1, 27), 3],
  [Date.UTC(2026, 2, 7), 3],
  [Date.UTC(2026, 2, 28), 3],
  [Date.UTC(2026, 3, 3), 3],
  [Date.UTC(2026, 8, 4), 4],
  [Date.UTC(2026, 9, 2), 4],
  [Date.UTC(2026, 9, 24), 3],
  [Date.UTC(2026, 9, 31), 3],
] as const;

describe.each(zones)("in %s", (timezone) => {
  const clocks = spans.map(([start, days]) => clockOf(timezone, start, days));
  test.each(expressions)("%s fires as every minute says", (expression) => {
    const schedule: Schedule = { kind: "cron", expression, timezone };
    const fired = clocks.map(({ from: start, shown }) =>
      within(schedule, start, start + shown.length * minute),
    );
    expect(fired).toEqual(clocks.map((clock) => iso(firings(expression, clock))));
  });

  test.each(onDays)("%s fires as every minute says", (typed, expression) => {
    const schedule = parseSchedule(typed, { now: from, timezone });
    const fired = clocks.map(({ from: start, shown }) =>
      within(schedule, start, start + shown.length * minute),
    );
    expect(fired).toEqual(clocks.map((clock) => iso(firings(expression, clock))));
  });
});

test.each(intervals)("%s fires as counting says", (typed, everyMs) => {
  const until = from + 30 * 24 * 60 * minute;
  const schedule = parseSchedule(typed, { now: from, timezone: "UTC" });
  expect(within(schedule, from, until)).toEqual(iso(beats(everyMs, from, until)));
});

function within(schedule: Schedule, start: number, end: number): readonly string[] {
  const times: number[] = [];
  for (let at = nextRun(schedule, start - 1); at !== undefined && at < end;) {
    times.push(at);
    at = nextRun(schedule, at);
  }
  return iso(times);
}

function iso(times: readonly number[]): readonly string[] {
  return times.map((at) => new Date(at).toISOString());
}

test.each([10_000, 90_000, 7 * minute, 45 * minute, 86_400_000, 604_800_000])(
  "an interval of %d ms never drifts from its anchor",
  (everyMs) => {
    const anchor = from + 12_345;
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e10 }), (after) => {
        const next = nextRun({ kind: "interval", everyMs, anchor }, anchor + after);
        expect(next).toBeGreaterThan(anchor + after);
        expect((next ?? 0) - Math.max(anchor + after, anchor - everyMs)).toBeLessThanOrEqual(
          after < 0 ? Infinity : everyMs,
        );
        expect(((next ?? 1) - anchor) % everyMs).toBe(0);
      }),
      { seed: 1 },
    );
  },
);

test("a time comes once", () => {
  const once: Schedule = { kind: "once", at: from };
  expect([nextRun(once, from - 1), nextRun(once, from), periodAt(once, from)]).toEqual([
    from,
    undefined,
    undefined,
  ]);
});

test("the next times, and how far they are apart", () => {
  const daily: Schedule = { kind: "cron", expression: "0 9 * * *", timezone: "Europe/Berlin" };
  const [first = 0, second = 0] = nextRuns(daily, Date.UTC(2026, 2, 28), 2);
  expect([first, second]).toEqual([Date.UTC(2026, 2, 28, 8), Date.UTC(2026, 2, 29, 7)]);
  expect(periodAt(daily, first)).toBe(23 * 60 * minute);
});
