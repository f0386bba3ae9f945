import type { Clock } from "../core/ports.ts";

/** `setTimeout` takes a 32-bit count of milliseconds and fires at once above it. */
const longestTimeoutMs = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  utcOffset: (at) => -new Date(at).getTimezoneOffset(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    for (let remaining = ms; remaining > longestTimeoutMs; remaining -= longestTimeoutMs) {
      await timeout(longestTimeoutMs, signal);
    }
    await timeout(Math.max(0, ms % longestTimeoutMs), signal);
  },
};

function timeout(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    // The contract of `sleep`: it rejects with the reason itself, whatever that is.
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    const fail = (): void => reject(signal?.reason);
    if (signal?.aborted) {
      fail();
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      fail();
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
