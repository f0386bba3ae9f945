import { abortError, HermesError, throwIfAborted } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";

/** How long to wait, in ms; an absent limit does not exist. */
export interface IdleLimits {
  /** For the first item. */
  readonly firstMs?: number;
  /** For each item after the first, and for the end; asked anew at each wait. */
  readonly betweenMs?: () => number | undefined;
  /** For everything together. */
  readonly overallMs?: number;
}

export interface IdleTimeoutOptions {
  /** What is waited for, for the failure's message: `https://api.example/v1/responses`. */
  readonly source: string;
  readonly limits: IdleLimits;
  /** The caller's: its abort is thrown as what it is, never as a timeout. */
  readonly signal: AbortSignal;
}

interface Deadline {
  /** On the monotonic clock. */
  readonly at: number;
  readonly message: string;
}

/**
 * Passes on what `open` yields, as long as it comes in time. The signal that `open` gets aborts with the caller's, on a
 * timeout, and when the iteration ends early; a source that ignores it is left behind, it cannot hold the caller.
 * The consumer's own time between two items counts against `overallMs` only.
 * @throws {HermesError} `network/timeout` (retryable), or what the caller's signal was aborted with
 */
export async function* withIdleTimeout<T>(
  clock: Clock,
  open: (signal: AbortSignal) => AsyncIterable<T>,
  options: IdleTimeoutOptions,
): AsyncGenerator<T, void> {
  const { signal } = options;
  throwIfAborted(signal);
  const request = new AbortController();
  const alarm = createAlarm(clock);
  const startedAt = clock.monotonic();
  const iterator = open(request.signal)[Symbol.asyncIterator]();
  let count = 0;
  let isWaiting = false;
  let failure: HermesError | undefined;
  let failWait: ((error: HermesError) => void) | undefined;

  function giveUp(error: HermesError): void {
    failure ??= error;
    request.abort(failure);
    failWait?.(failure);
  }

  // A promise of its own per wait: racing with one that lives as long as the stream would grow it with every item.
  function next(): Promise<IteratorResult<T>> {
    return new Promise((resolve, reject) => {
      failWait = reject;
      alarm.set(
        earliestDeadline(options, count, { startedAt, now: clock.monotonic() }),
        (message) =>
          giveUp(
            new HermesError("network/timeout", message, {
              retryable: true,
              hint: "try again later",
            }),
          ),
      );
      iterator.next().then(resolve, reject);
    });
  }

  const onAbort = (): void => giveUp(abortError(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      isWaiting = true;
      const result = await next();
      isWaiting = false;
      alarm.set(undefined, () => {});
      if (result.done) return;
      count++;
      yield result.value;
    }
  } catch (error) {
    throw failure ?? error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    alarm.cancel();
    request.abort();
    const closed = iterator.return?.().catch(() => {});
    // A source in the middle of a wait would settle only if it heeds its signal.
    if (!isWaiting) await closed;
  }
}

function earliestDeadline(
  { source, limits }: IdleTimeoutOptions,
  count: number,
  { startedAt, now }: { readonly startedAt: number; readonly now: number },
): Deadline | undefined {
  const idleMs = count === 0 ? limits.firstMs : limits.betweenMs?.();
  const idle = idleMs !== undefined && {
    at: now + idleMs,
    message:
      count === 0
        ? `No answer within ${duration(idleMs)}: ${source}`
        : `Nothing more for ${duration(idleMs)} in the middle of an answer: ${source}`,
  };
  const overall = limits.overallMs !== undefined && {
    at: startedAt + limits.overallMs,
    message: `Answer not complete within ${duration(limits.overallMs)}: ${source}`,
  };
  if (idle && overall) return overall.at <= idle.at ? overall : idle;
  return idle || overall || undefined;
}

function duration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}

/**
 * Calls back when a deadline has passed that was not replaced before. One sleep serves many deadlines: items come by
 * the thousand, and each only moves the deadline on.
 */
function createAlarm(clock: Clock): {
  set(deadline: Deadline | undefined, onLate: (message: string) => void): void;
  cancel(): void;
} {
  let deadline: Deadline | undefined;
  let late: (message: string) => void = () => {};
  let asleep: { readonly until: number; readonly stop: AbortController } | undefined;

  function sleepUntil(until: number): void {
    if (asleep !== undefined && asleep.until <= until) return;
    asleep?.stop.abort();
    const stop = new AbortController();
    asleep = { until, stop };
    clock.sleep(until - clock.monotonic(), stop.signal).then(
      () => {
        asleep = undefined;
        if (deadline === undefined) return;
        if (clock.monotonic() < deadline.at) sleepUntil(deadline.at);
        else late(deadline.message);
      },
      // Replaced by an earlier one, or not needed any more.
      () => {},
    );
  }

  return {
    set(next, onLate) {
      deadline = next;
      late = onLate;
      if (next !== undefined) sleepUntil(next.at);
    },
    cancel() {
      deadline = undefined;
      asleep?.stop.abort();
    },
  };
}
