import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Schedule } from "../../src/core/cron.ts";
import { HermesError } from "../../src/core/errors.ts";
import { nextRun } from "../../src/cron/next_run.ts";
import { parseSchedule } from "../../src/cron/parse_schedule.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const timezone = "Europe/Berlin";
const read = (text: string): Schedule => parseSchedule(text, { now, timezone });
const problemOf = (text: string, zone = timezone): string => {
  try {
    return `no problem: ${JSON.stringify(parseSchedule(text, { now, timezone: zone }))}`;
  } catch (error) {
    if (!(error instanceof HermesError)) throw error;
    expect([error.code, error.hint]).toEqual(["usage/invalid", expect.any(String)]);
    return error.message;
  }
};
const cron = (expression: string): Schedule => ({ kind: "cron", expression, timezone });
const once = (time: string): Schedule => ({ kind: "once", at: Date.parse(time) });
const interval = (everyMs: number): Schedule => ({ kind: "interval", everyMs, anchor: now });

describe("parseSchedule()", () => {
  test.each<[string, Schedule]>([
    ["30m", once("2026-11-21T12:30:00Z")],
    ["in 2 hours", once("2026-11-21T14:00:00Z")],
    ["1.5h", once("2026-11-21T13:30:00Z")],
    ["2h 30m", once("2026-11-21T14:30:00Z")],
    ["1d12h", once("2026-11-23T00:00:00Z")],
    ["every 90s", interval(90_000)],
    ["every  30M", interval(1_800_000)],
    ["every 2h 30m", interval(9_000_000)],
    ["every hour", interval(3_600_000)],
    ["every day", interval(86_400_000)],
    ["every 2 weeks", interval(1_209_600_000)],
    ["every day at 09:00", cron("0 9 * * *")],
    ["every day at 9", cron("0 9 * * *")],
    ["Every Day at 9:30 PM", cron("30 21 * * *")],
    ["every day at 12am", cron("0 0 * * *")],
    ["every weekday at 17:05", cron("5 17 * * 1-5")],
    ["every monday, friday and sunday at 8:00", cron("0 8 * * 1,5,0")],
    ["every mondays at 8:00", cron("0 8 * * 1")],
    ["every sunday", cron("0 0 * * 0")],
    ["0 9 * * MON-FRI", cron("0 9 * * MON-FRI")],
    ["*/15 * * * *", cron("*/15 * * * *")],
    ["30 0 9 1 JAN *", cron("30 0 9 1 JAN *")],
    ["@daily", cron("@daily")],
    ["2026-12-24T18:00", once("2026-12-24T17:00:00Z")],
    ["2026-12-24 18:00:30", once("2026-12-24T17:00:30Z")],
    ["2026-12-24", once("2026-12-23T23:00:00Z")],
    ["2026-12-24T18:00Z", once("2026-12-24T18:00:00Z")],
    ["2026-12-24T18:00-0530", once("2026-12-24T23:30:00Z")],
    // Berlin's clock goes from 02:00 to 03:00, and in autumn from 03:00 back to 02:00: the first one is meant.
    ["2027-03-28T02:30", once("2027-03-28T01:30:00Z")],
    ["2027-10-31T02:30", once("2027-10-31T00:30:00Z")],
  ])("reads %s", (text, schedule) => expect(read(text)).toEqual(schedule));

  test.each([
    ["", "A schedule is missing"],
    [
      "soon",
      "A schedule has five fields as cron has them, or is a time or an interval, found: soon",
    ],
    [
      "* * * *",
      "A schedule has five fields as cron has them, or is a time or an interval, found: * * * *",
    ],
    ["61 * * * *", 'Cannot read the schedule "61 * * * *": Invalid value for minute: 61'],
    ["0 0 30 2 *", "This schedule never comes: 0 0 30 2 *"],
    ["@fortnightly", expect.stringContaining('Cannot read the schedule "@fortnightly": ')],
    ["every 5", "An interval is a number with a unit (s, m, h, d, w), found: every 5"],
    [
      "every 5 parsecs",
      "An interval is a number with a unit (s, m, h, d, w), found: every 5 parsecs",
    ],
    ["every 500ms", "An interval is a number with a unit (s, m, h, d, w), found: every 500ms"],
    ["every 1s", "An interval is at least 10 s, found: every 1s"],
    ["every 0m", "An interval is a number with a unit (s, m, h, d, w), found: every 0m"],
    ["every 999w", "An interval is a year at most, found: every 999w"],
    ["every day at 24:00", "A time of day is 00:00 to 23:59, found: 24:00"],
    ["every day at 9:60", "A time of day is 00:00 to 23:59, found: 9:60"],
    ["every day at 13pm", "A time of day is 00:00 to 23:59, found: 13pm"],
    ["every day at noon", "A time of day is 00:00 to 23:59, found: noon"],
    ["every funday at 9:00", "Days are day, weekday, weekend and monday to sunday, found: funday"],
    ["2026-02-30T10:00", "There is no such time: 2026-02-30T10:00"],
    ["2026-12-24T25:00", "There is no such time: 2026-12-24T25:00"],
    [
      "2026-12-24 in the evening",
      "A time is written as 2026-12-24T18:00, found: 2026-12-24 in the evening",
    ],
    ["2020-01-01", "This time has passed: 2020-01-01"],
  ])("says what is wrong with %j", (text, problem) => expect(problemOf(text)).toEqual(problem));

  test.each(["99999999999d", "300000000 days", "in 5300w"])("keeps %p out of the books", (text) => {
    expect(problemOf(text)).toBe(`A single time is within a hundred years, found: ${text}`);
  });

  test.each(["every constructor at 09:00", "every day,toString at 09:00"])(
    "knows no days but those of the week: %p",
    (text) => {
      const named = text.toLowerCase().slice("every ".length, -" at 09:00".length);
      expect(problemOf(text)).toBe(
        `Days are day, weekday, weekend and monday to sunday, found: ${named}`,
      );
    },
  );

  test("knows zones", () => {
    expect(problemOf("@daily", "Mars/Olympus")).toBe("There is no such time zone: Mars/Olympus");
  });

  test("reads any text without anything but a typed failure, and what it reads comes", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[\d*,/\- a-zA-Z@:]{0,30}$/)),
        (text) => {
          let schedule: Schedule;
          try {
            schedule = read(text);
          } catch (error) {
            expect(error).toBeInstanceOf(HermesError);
            return;
          }
          expect(nextRun(schedule, now)).toBeGreaterThan(now);
        },
      ),
      { seed: 7, numRuns: 2_000 },
    );
  });
});
