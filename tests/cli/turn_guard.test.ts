import { expect, test } from "bun:test";
import { TurnGuard } from "../../src/cli/turn_guard.ts";

import { createFakeClock, type FakeClock, settled } from "../fakes/clock.ts";
import { fakeSignals, type FakeSignals } from "../fakes/signals.ts";

function guardOf(options: { readonly deadlineMs?: number; readonly startedAt?: number } = {}): {
  readonly clock: FakeClock;
  readonly signals: FakeSignals;
  readonly guard: TurnGuard;
  readonly state: () => Promise<readonly [string | undefined, boolean]>;
} {
  const clock = createFakeClock();
  const signals = fakeSignals();
  const guard = new TurnGuard(
    { clock, signals },
    {
      startedAt: options.startedAt ?? 0,
      deadlineMs: options.deadlineMs,
      signalNames: ["SIGINT", "SIGTERM"],
    },
  );
  let isForced = false;
  void guard.forced.then(() => {
    isForced = true;
  });
  return {
    clock,
    signals,
    guard,
    async state() {
      await settled();
      const reason: unknown = guard.signal.reason;
      const text = reason instanceof Error && guard.signal.aborted ? reason.message : undefined;
      return [text, isForced];
    },
  };
}

test("TurnGuard leaves a turn alone until something happens", async () => {
  const { clock, state } = guardOf({ deadlineMs: 1_000 });
  await clock.advance(999);
  expect(await state()).toEqual([undefined, false]);
});

test("TurnGuard interrupts on the first SIGINT and forces on a second within 2 s", async () => {
  const { clock, signals, guard, state } = guardOf();
  signals.send("SIGINT");
  expect(await state()).toEqual(["Interrupted by SIGINT", false]);
  await clock.advance(2_000);
  signals.send("SIGINT");
  expect(await state()).toEqual(["Interrupted by SIGINT", true]);
  expect([guard.endedBy, guard.failure]).toEqual(["SIGINT", undefined]);
});

test("TurnGuard does not take a late second SIGINT for impatience", async () => {
  const { clock, signals, state } = guardOf();
  signals.send("SIGINT");
  await clock.advance(2_001);
  signals.send("SIGINT");
  expect(await state()).toEqual(["Interrupted by SIGINT", false]);
  await clock.advance(500);
  signals.send("SIGINT");
  expect(await state()).toEqual(["Interrupted by SIGINT", true]);
});

test("TurnGuard remembers the first signal, and does not force on SIGTERM", async () => {
  const { signals, guard, state } = guardOf();
  signals.send("SIGTERM");
  signals.send("SIGTERM");
  signals.send("SIGINT");
  expect(await state()).toEqual(["Interrupted by SIGTERM", false]);
  expect(guard.endedBy).toBe("SIGTERM");
});

test("TurnGuard forces when the cleanup takes 3 s", async () => {
  const { clock, signals, state } = guardOf();
  signals.send("SIGTERM");
  await clock.advance(2_999);
  expect((await state())[1]).toBe(false);
  await clock.advance(1);
  expect((await state())[1]).toBe(true);
});

test("TurnGuard ends a turn at its deadline and forces before it is overrun by 500 ms", async () => {
  const { clock, guard, state } = guardOf({ deadlineMs: 1_500, startedAt: 0 });
  await clock.advance(1_500);
  expect(await state()).toEqual(["The turn did not end within its deadline: 1.5 s", false]);
  expect(guard.failure?.code).toBe("turn/deadline");
  await clock.advance(400);
  expect((await state())[1]).toBe(true);
});

test("TurnGuard counts the deadline from the start of the program", async () => {
  const clock = createFakeClock();
  await clock.advance(800);
  const options = { startedAt: 0, deadlineMs: 1_000, signalNames: [] };
  const guard = new TurnGuard({ clock, signals: fakeSignals() }, options);
  await clock.advance(200);
  expect(guard.failure?.code).toBe("turn/deadline");
});

test("TurnGuard keeps the interrupt when the deadline passes afterwards", async () => {
  const { clock, signals, guard, state } = guardOf({ deadlineMs: 1_000 });
  signals.send("SIGINT");
  await clock.advance(1_000);
  expect(await state()).toEqual(["Interrupted by SIGINT", false]);
  expect(guard.failure).toBeUndefined();
});

test("TurnGuard interrupts without a signal when the reader left", async () => {
  const { guard, state } = guardOf();
  guard.readerLeft();
  expect(await state()).toEqual(["Interrupted: nobody reads the output any more", false]);
  expect(guard.endedBy).toBeUndefined();
});

test("TurnGuard stops listening and waiting when it is disposed of", async () => {
  const { clock, signals, guard, state } = guardOf({ deadlineMs: 1_000 });
  guard[Symbol.dispose]();
  signals.send("SIGINT");
  await clock.advance(10_000);
  expect(await state()).toEqual([undefined, false]);
  expect([signals.listeners(), clock.sleeping()]).toEqual([0, 0]);
});
