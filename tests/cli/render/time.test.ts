import { expect, test } from "bun:test";
import { durationText, isoTime, relativeTime, timeUntil } from "../../../src/cli/render/time.ts";

const now = Date.UTC(2026, 0, 31, 12);
const minute = 60_000;

test.each([
  [now + minute, "just now"],
  [now - 59_999, "just now"],
  [now - minute, "1 minute ago"],
  [now - 59 * minute, "59 minutes ago"],
  [now - 60 * minute, "1 hour ago"],
  [now - 47 * 60 * minute, "1 day ago"],
  [now - 29 * 24 * 60 * minute, "29 days ago"],
  [now - 30 * 24 * 60 * minute, "2026-01-01"],
])("relativeTime(%i)", (at, expected) => {
  expect(relativeTime(at, now)).toBe(expected);
});

test("isoTime() is UTC", () => {
  expect(isoTime(now)).toBe("2026-01-31T12:00:00.000Z");
});

test.each([
  [now, "due"],
  [now - minute, "due"],
  [now + 1, "in 1 second"],
  [now + 59_000, "in 59 seconds"],
  [now + minute, "in 1 minute"],
  [now + 90 * minute, "in 2 hours"],
  [now + 47 * 60 * minute, "in 47 hours"],
  [now + 72 * 60 * minute, "in 3 days"],
])("timeUntil(%i)", (at, expected) => {
  expect(timeUntil(at, now)).toBe(expected);
});

test.each([
  [0, "0.0 s"],
  [9_940, "9.9 s"],
  [9_960, "10 s"],
  [59_499, "59 s"],
  [59_600, "1 min 0 s"],
  [185_000, "3 min 5 s"],
  [7_800_000, "2 h 10 min"],
])("durationText(%i)", (ms, expected) => {
  expect(durationText(ms)).toBe(expected);
});
