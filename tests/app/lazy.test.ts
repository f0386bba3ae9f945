import { expect, test } from "bun:test";
import { lazy } from "../../src/app/lazy.ts";
import { newSessionId } from "../../src/app/session_id.ts";

test("lazy() makes a value once", async () => {
  let made = 0;
  const value = lazy(async () => ++made);
  expect(value.ifMade()).toBeUndefined();
  expect(await Promise.all([value(), value()])).toEqual([1, 1]);
  expect(await value.ifMade()).toBe(1);
});

test("lazy() tries again after a failure", async () => {
  let attempts = 0;
  const value = lazy(async () => {
    if (++attempts === 1) throw new Error("not yet");
    return attempts;
  });
  expect(value()).rejects.toThrow("not yet");
  await Promise.resolve();
  expect(await value()).toBe(2);
});

test("newSessionId() begins with the time in UTC and differs each time", () => {
  const now = Date.UTC(2026, 0, 31, 9, 8, 7);
  expect(newSessionId(now)).toMatch(/^20260131_090807_[0-9a-f]{6}$/);
  expect(newSessionId(now)).not.toBe(newSessionId(now));
});
