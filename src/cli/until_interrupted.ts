import { HermesError } from "../core/errors.ts";
import type { Ports } from "../core/ports.ts";

/**
 * Runs work that Ctrl-C and SIGTERM end.
 * @throws {HermesError} `turn/interrupted`, and what the work throws
 */
export async function untilInterrupted<T>(
  { signals }: Pick<Ports, "signals">,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const end = (): void => stop.abort(new HermesError("turn/interrupted", "Interrupted"));
  using _ = signals.on("SIGINT", end);
  using __ = signals.on("SIGTERM", end);
  return await work(stop.signal);
}
