import type { HermesError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";

/** A moment at which a turn is given up, unless it moves on before. */
export interface Due {
  /** On the monotonic clock, in milliseconds. */
  readonly at: number;
  failure(): HermesError;
}

/** What is watched: the earliest moment, and a promise that resolves when it may have become earlier. */
export interface Watched {
  readonly nextDue: () => Due | undefined;
  readonly changed: () => Promise<void>;
}

/**
 * Waits until one of the moments has come; they may move at any time. Resolves with the failure, or with undefined when
 * the signal aborts. `nextDue` is asked again whenever the earliest one that it named has come, and after `changed`.
 */
export async function watch(
  clock: Clock,
  { nextDue, changed }: Watched,
  signal: AbortSignal,
): Promise<HermesError | undefined> {
  while (!signal.aborted) {
    const due = nextDue();
    if (due && due.at <= clock.monotonic()) return due.failure();
    const moved = new AbortController();
    const wait = AbortSignal.any([signal, moved.signal]);
    const slept = due ? clock.sleep(due.at - clock.monotonic(), wait) : untilAborted(wait);
    await Promise.race([slept.catch(() => undefined), changed()]);
    moved.abort();
  }
  return undefined;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
