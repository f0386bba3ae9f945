import type { Clock } from "../../src/core/ports.ts";

/** A clock that moves only when the test moves it. */
export interface FakeClock extends Clock {
  /**
   * Moves time forward and wakes, in order of their time, those who slept until then; who falls asleep again
   * within the span is woken too.
   */
  advance(ms: number): Promise<void>;
  /** Resolves when at least `count` (1 where absent) are asleep at the same moment. */
  untilSleeping(count?: number): Promise<void>;
  /** Number of those asleep now. */
  sleeping(): number;
  /** Every duration that was asked for, in order. */
  readonly slept: readonly number[];
}

interface Sleeper {
  readonly wakeAt: number;
  readonly order: number;
  readonly wake: () => void;
}

/** A clock at `start` ms since epoch (0 where absent) that stands still. */
export function createFakeClock(start = 0): FakeClock {
  let elapsed = 0;
  let order = 0;
  let sleepers: readonly Sleeper[] = [];
  let watchers: readonly { readonly count: number; readonly resolve: () => void }[] = [];
  const slept: number[] = [];

  function forget(sleeper: Sleeper): void {
    sleepers = sleepers.filter((other) => other !== sleeper);
  }

  function add(sleeper: Sleeper): void {
    sleepers = [...sleepers, sleeper].toSorted((a, b) => a.wakeAt - b.wakeAt || a.order - b.order);
    const ready = watchers.filter((watcher) => sleepers.length >= watcher.count);
    watchers = watchers.filter((watcher) => !ready.includes(watcher));
    for (const watcher of ready) watcher.resolve();
  }

  return {
    slept,
    now: () => start + elapsed,
    utcOffset: () => 0,
    monotonic: () => elapsed,
    sleeping: () => sleepers.length,
    sleep(ms, signal) {
      slept.push(ms);
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          // The contract of `sleep`: the reason itself, whatever it is.
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors
          reject(signal.reason);
          return;
        }
        const onAbort = (): void => {
          forget(sleeper);
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors
          reject(signal?.reason);
        };
        const wake = (): void => {
          forget(sleeper);
          signal?.removeEventListener("abort", onAbort);
          resolve();
        };
        const sleeper: Sleeper = { wakeAt: elapsed + Math.max(0, ms), order: order++, wake };
        signal?.addEventListener("abort", onAbort, { once: true });
        add(sleeper);
      });
    },
    async advance(ms) {
      const end = elapsed + ms;
      for (;;) {
        await settled();
        const next = sleepers[0];
        if (next === undefined || next.wakeAt > end) break;
        elapsed = Math.max(elapsed, next.wakeAt);
        next.wake();
      }
      elapsed = end;
      await settled();
    },
    untilSleeping(count = 1) {
      if (sleepers.length >= count) return Promise.resolve();
      return new Promise((resolve) => {
        watchers = [...watchers, { count, resolve }];
      });
    },
  };
}

/** A clock whose sleepers wake at once, with the time moved on by what they asked for. */
export function createInstantClock(start = 0): Clock & { readonly slept: readonly number[] } {
  let elapsed = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => start + elapsed,
    utcOffset: () => 0,
    monotonic: () => elapsed,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      elapsed += Math.max(0, ms);
      await settled();
      signal?.throwIfAborted();
    },
  };
}

/** Lets every promise that can go on without time go on: `setImmediate` runs after all microtasks. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
