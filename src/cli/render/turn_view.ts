import type { TurnEvent, TurnOutcome } from "../../core/event.ts";
import type { OpenedSession } from "./json.ts";

/** Shows a run. Calls come one after the other; what comes after `end` is dropped. */
export interface TurnView {
  opened(session: OpenedSession): Promise<void>;
  notice(level: "info" | "warning", text: string): Promise<void>;
  /** Every event but the end of the turn. */
  event(event: Exclude<TurnEvent, { type: "turn-end" }>): Promise<void>;
  /** The answer of a run that fails all the same, because it could not be written elsewhere. */
  answer(text: string): Promise<void>;
  /** How the run ended, also when it never began; once. */
  end(outcome: TurnOutcome): Promise<void>;
}
