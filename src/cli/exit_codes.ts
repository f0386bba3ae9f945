import { errorExitCode, exitCodes, signalExitCode } from "../core/exit_codes.ts";
import type { TurnOutcome } from "../core/event.ts";
import type { SignalName } from "../core/ports.ts";

// Commands find all of them here.
export { errorExitCode, exitCodes, signalExitCode };

/** The exit code of a turn; an interrupt without a signal is a reader of stdout that went away. */
export function outcomeExitCode(outcome: TurnOutcome, signal: SignalName | undefined): number {
  switch (outcome.status) {
    case "completed":
      return exitCodes.done;
    case "interrupted":
      return signal === undefined ? exitCodes.failed : signalExitCode(signal);
    case "failed":
      return errorExitCode(outcome.error);
    default:
      return outcome satisfies never;
  }
}
