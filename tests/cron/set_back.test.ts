import { expect, test } from "bun:test";
import type { Job, Schedule } from "../../src/core/cron.ts";
import { timeAfterSetBack } from "../../src/cron/set_back.ts";

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.UTC(2026, 10, 21, 9);

const every = (everyMs: number, anchor: number): Schedule => ({
  kind: "interval",
  everyMs,
  anchor,
});
const active = (
  schedule: Schedule,
  nextRunAt: number,
): Pick<Job, "schedule" | "state" | "nextRunAt"> => ({ schedule, state: "active", nextRunAt });

test("timeAfterSetBack() lets no interval wait that began while the clock was ahead", () => {
  const ahead = now + 400 * day;
  const job = active(every(hour, ahead), ahead + hour);
  expect(timeAfterSetBack(job, now)).toEqual({
    nextRunAt: now + hour,
    schedule: every(hour, now),
  });
  // Between two of its times: they keep their rate.
  expect(timeAfterSetBack(job, now + 1)).toEqual({
    nextRunAt: now + hour,
    schedule: every(hour, now),
  });
});

test("timeAfterSetBack() takes back the time alone of what began before the clock was ahead", () => {
  const ahead = now + 400 * day;
  const hourly = every(hour, now - day);
  const daily: Schedule = { kind: "cron", expression: "0 9 * * *", timezone: "UTC" };
  expect(timeAfterSetBack(active(hourly, ahead), now)).toEqual({ nextRunAt: now + hour });
  expect(timeAfterSetBack(active(daily, ahead), now)).toEqual({ nextRunAt: now + day });
});

test("timeAfterSetBack() leaves alone what is not active, comes once or waits no longer than it should", () => {
  const ahead = now + 400 * day;
  const hourly = every(hour, now - day);
  expect(timeAfterSetBack(active(hourly, now + hour), now)).toBe(undefined);
  expect(timeAfterSetBack({ ...active(hourly, ahead), state: "paused" }, now)).toBe(undefined);
  expect(timeAfterSetBack(active({ kind: "once", at: ahead }, ahead), now)).toBe(undefined);
});
