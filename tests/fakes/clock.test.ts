import { expect, test } from "bun:test";
import { createFakeClock, createInstantClock } from "./clock.ts";

test("advance() wakes sleepers in order of their time, also those that sleep again", async () => {
  const clock = createFakeClock(1000);
  const woken: string[] = [];
  const first = (async () => {
    await clock.sleep(20);
    woken.push(`first ${clock.now()}`);
    await clock.sleep(5);
    woken.push(`first again ${clock.now()}`);
  })();
  const second = clock.sleep(10).then(() => woken.push(`second ${clock.now()}`));
  await clock.advance(30);
  await Promise.all([first, second]);
  expect({ woken, now: clock.now(), monotonic: clock.monotonic(), slept: clock.slept }).toEqual({
    woken: ["second 1010", "first 1020", "first again 1025"],
    now: 1030,
    monotonic: 30,
    slept: [20, 10, 5],
  });
});

test("sleep() rejects with the signal's reason as soon as it aborts and leaves no sleeper", async () => {
  const clock = createFakeClock();
  const reason = new Error("stop");
  const controller = new AbortController();
  const sleep = clock.sleep(1000, controller.signal);
  await clock.untilSleeping();
  controller.abort(reason);
  const late = clock.sleep(1000, controller.signal);
  expect(await Promise.allSettled([sleep, late])).toEqual([
    { status: "rejected", reason },
    { status: "rejected", reason },
  ]);
  expect(clock.sleeping()).toBe(0);
});

test("an instant clock moves time on by what was slept", async () => {
  const clock = createInstantClock(5);
  await clock.sleep(100);
  await clock.sleep(20);
  expect({ now: clock.now(), monotonic: clock.monotonic(), slept: clock.slept }).toEqual({
    now: 125,
    monotonic: 120,
    slept: [100, 20],
  });
});
