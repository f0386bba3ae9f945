import { HermesError, throwIfAborted, toHermesError } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { ModelEvent, NoticeEvent } from "../core/event.ts";
import type { ModelRequest, ModelTransport } from "../core/model.ts";
import type { Clock } from "../core/ports.ts";
import { heldStep, newProgress, type StepProgress } from "./held_step.ts";

export interface RetryDeps {
  readonly clock: Pick<Clock, "sleep">;
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number;
}

export interface RetryOptions {
  /** At least 1. */
  readonly maxAttempts: number;
  /** Whether somebody else takes a failure over at once, so that nothing is waited for here. */
  readonly isTakenOver?: (
    error: HermesError,
    request: ModelRequest,
    signal: AbortSignal,
  ) => Promise<boolean>;
}

/** Waits that double from `firstMs` up to `capMs`. */
interface Backoff {
  readonly firstMs: number;
  readonly capMs: number;
}

/** No wait is longer, whatever a server asks for: a turn that stands still for longer is better told to its user. */
const longestWaitMs = 120_000;

/** A longer wait says in between that it goes on: who watches for silence should not take it for a dead run. */
const heartbeatMs = 30_000;

const usualBackoff: Backoff = { firstMs: 1000, capMs: longestWaitMs };

const backoffs: { readonly [Code in ErrorCode]?: Backoff } = {
  // Limits count by the minute, a full server stays full for a while: an early attempt is lost.
  "model/rate_limited": { firstMs: 5000, capMs: longestWaitMs },
  "model/overloaded": { firstMs: 5000, capMs: longestWaitMs },
  // A blink of the network heals at once; no network at all should be told within seconds.
  "network/unreachable": { firstMs: 500, capMs: 2000 },
};

/**
 * The transport, with retryable failures tried again up to `maxAttempts` (at least 1) in all: after what the server
 * asked for (at most 120 s), else after waits that double, from 5 s for limits and overload, 1 s for other failures,
 * 0.5 s where the host cannot be reached (three attempts fail within 1.5 s there). An abort ends a wait at once.
 *
 * `item-start` and `item-delta` pass at once; `item-end`, which the layers above store, is held back until the step
 * has ended whole. So a failed attempt leaves nothing behind: what it showed is voided by an `item-reset`, what it
 * completed was never reported. Nobody waits for it, since tools run after the step and text flows as deltas.
 */
export function withRetry(
  transport: ModelTransport,
  deps: RetryDeps,
  options: RetryOptions,
): ModelTransport {
  return {
    async *stream(request, signal) {
      for (let attempt = 1; ; attempt++) {
        const progress = newProgress();
        try {
          yield* attemptStep(transport.stream(request, signal), progress);
          return;
        } catch (thrown) {
          // Only closing the stream failed: the step itself is done and must not run twice.
          if (progress.isWhole) throw thrown;
          // What was read before Ctrl-C may stay on the screen: nothing follows that it could be mistaken for.
          throwIfAborted(signal);
          if (progress.shown.size > 0) yield { type: "item-reset", itemIds: [...progress.shown] };
          const error = toHermesError(thrown);
          if (!error.retryable || attempt >= options.maxAttempts) throw thrown;
          if (await options.isTakenOver?.(error, request, signal)) throw thrown;
          const delayMs = delayBefore(error, attempt, deps.random());
          const { maxAttempts } = options;
          yield { type: "retry", attempt: attempt + 1, maxAttempts, delayMs, error };
          yield* wait(deps.clock, delayMs, signal);
        }
      }
    },
  };
}

async function* wait(
  clock: RetryDeps["clock"],
  delayMs: number,
  signal: AbortSignal,
): AsyncGenerator<NoticeEvent, void> {
  let left = delayMs;
  // A last word for less than a second would only say "0 s left".
  for (; left >= heartbeatMs + 1_000; left -= heartbeatMs) {
    await clock.sleep(heartbeatMs, signal);
    const seconds = Math.round((left - heartbeatMs) / 1_000);
    yield {
      type: "notice",
      level: "info",
      text: `Waiting for the next attempt: ${seconds} s left`,
    };
  }
  await clock.sleep(left, signal);
}

async function* attemptStep(
  events: AsyncIterable<ModelEvent>,
  progress: StepProgress,
): AsyncGenerator<ModelEvent, void> {
  yield* heldStep(events, progress);
  if (progress.isWhole) return;
  throw new HermesError("stream/no_terminal_event", "The answer stopped before its end", {
    retryable: true,
  });
}

/** Half of the wait is left to chance, so that clients that failed together do not come back together. */
function delayBefore(error: HermesError, attempt: number, random: number): number {
  if (error.retryAfterMs !== undefined) {
    // Never earlier than asked for, and spread over a tenth of it.
    return Math.min(longestWaitMs, Math.round(error.retryAfterMs * (1 + random / 10)));
  }
  const { firstMs, capMs } = backoffs[error.code] ?? usualBackoff;
  const full = Math.min(capMs, firstMs * 2 ** (attempt - 1));
  return Math.round(full * (0.5 + random / 2));
}
