import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { systemClock } from "../../src/platform/clock.ts";

describe("systemClock", () => {
  test("sleeps at least as long as it was asked to", async () => {
    const start = systemClock.monotonic();
    await systemClock.sleep(20);
    // Timers count whole milliseconds and may fire a fraction early.
    expect(systemClock.monotonic() - start).toBeGreaterThan(18);
  });

  test("takes a negative time as none", async () => {
    expect(await systemClock.sleep(-1)).toBeUndefined();
  });

  test("rejects with the signal's reason, whatever it is, as soon as that aborts", async () => {
    const abort = new AbortController();
    const sleeping = systemClock.sleep(2 ** 40, abort.signal);
    abort.abort("enough");
    expect(await sleeping.catch((reason: unknown) => reason)).toBe("enough");
  });

  test("does not begin to sleep when the signal is aborted already", async () => {
    const reason = new Error("before");
    expect(
      await systemClock.sleep(0, AbortSignal.abort(reason)).catch((error: unknown) => error),
    ).toBe(reason);
  });

  test("tells the time of day in milliseconds", () => {
    const before = Date.now();
    const now = systemClock.now();
    expect(now >= before && now <= Date.now()).toBe(true);
  });

  test.each([
    ["Asia/Kolkata", 330, 330],
    ["America/New_York", -300, -240],
    ["UTC", 0, 0],
  ])("knows how far %s is ahead of UTC, in winter and in summer", (zone, winter, summer) => {
    const clock = import.meta.resolve("../../src/platform/clock.ts");
    const program = `
      import { systemClock } from ${JSON.stringify(clock)};
      const days = ["2026-01-15T12:00:00Z", "2026-07-15T12:00:00Z"];
      console.log(JSON.stringify(days.map((day) => systemClock.utcOffset(Date.parse(day)) + 0)));`;
    // The zone of a process is what it started with.
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], {
      env: { TZ: zone },
      encoding: "utf8",
    });
    expect([stdout, stderr]).toEqual([`[${winter},${summer}]\n`, ""]);
  });
});
