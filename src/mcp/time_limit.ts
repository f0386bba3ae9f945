import type { HermesError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { abortable } from "../wire/abortable.ts";

export interface TimeLimit {
  readonly ms: number;
  readonly signal: AbortSignal;
  /** What is thrown when the time is over. */
  readonly late: () => HermesError;
}

/**
 * What `work` resolves to, unless its time is over or the signal aborts before: then its own signal aborts, and it is not
 * waited for.
 * @throws {HermesError} `late()`, or what the signal was aborted with
 */
export async function withinTime<T>(
  clock: Clock,
  { ms, signal, late }: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [done, over] = [new AbortController(), new AbortController()];
  clock.sleep(ms, done.signal).then(
    () => over.abort(late()),
    () => undefined,
  );
  const limit = AbortSignal.any([signal, over.signal]);
  try {
    return await abortable(() => work(limit), limit);
  } finally {
    done.abort();
  }
}
