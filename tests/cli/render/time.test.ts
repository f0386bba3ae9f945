import { expect, test } from "bun:test";
import { isoTime, relativeTime } from "../../../src/cli/render/time.ts";

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
