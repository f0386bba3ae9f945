import type { Clock } from "../core/ports.ts";

/** Whether it succeeds within so many milliseconds; a failure is no success. */
export async function isDoneWithin(
  clock: Clock,
  work: Promise<unknown>,
  ms: number,
): Promise<boolean> {
  const over = new AbortController();
  const [inTime, late] = [() => true, () => false];
  try {
    const slept = clock.sleep(ms, over.signal);
    return await Promise.race([work.then(inTime, late), slept.then(late, late)]);
  } finally {
    over.abort();
  }
}
