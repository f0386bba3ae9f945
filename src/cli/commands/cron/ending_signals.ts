import { HermesError } from "../../../core/errors.ts";
import type { Ports, SignalName } from "../../../core/ports.ts";

/** Work that signals end, and which one did. */
export interface EndingSignals extends Disposable {
  /** Aborts with `turn/interrupted`. */
  readonly signal: AbortSignal;
  endedBy(): SignalName | undefined;
}

/** Listens for the signals that end a run: what is under way is ended cleanly, then the process. */
export function endingSignals({ signals }: Pick<Ports, "signals">): EndingSignals {
  const stop = new AbortController();
  let endedBy: SignalName | undefined;
  const listening = (["SIGINT", "SIGTERM"] as const).map((name) =>
    signals.on(name, () => {
      endedBy ??= name;
      stop.abort(new HermesError("turn/interrupted", `Interrupted by ${endedBy}`));
    }),
  );
  return {
    signal: stop.signal,
    endedBy: () => endedBy,
    [Symbol.dispose]() {
      for (const listener of listening) listener[Symbol.dispose]();
    },
  };
}
