import { abortError, throwIfAborted } from "../core/errors.ts";

/**
 * What `work` resolves to, or a rejection as soon as the signal aborts, whichever comes first: for work that may not
 * heed its signal. What it comes to after an abort is dropped.
 * @throws {HermesError} what the signal was aborted with
 */
export async function abortable<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  throwIfAborted(signal);
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(abortError(signal));
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
