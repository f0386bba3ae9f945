import type { Approver } from "./approval.ts";
import type { TurnEvent } from "./event.ts";
import type { Item, UserMessage } from "./item.ts";
import type { JsonObject } from "./json.ts";
import type { ReasoningEffort } from "./model.ts";
import type { Steering } from "./steering.ts";
import type { Question } from "./tool.ts";

/** One turn to run: everything a backend needs to know of it. */
export interface TurnRequest {
  readonly turnId: string;
  readonly sessionId: string;
  readonly model: string;
  readonly instructions: string;
  /** Whole and repaired: every tool call has its result. */
  readonly history: readonly Item[];
  readonly message: UserMessage;
  readonly cwd: string;
  readonly reasoningEffort: ReasoningEffort;
  readonly serviceTier?: string;
  readonly maxOutputTokens?: number;
  readonly outputSchema?: JsonObject;
  /** Model steps at most, at least 1. */
  readonly maxSteps: number;
  /** What the backend itself keeps across turns (a thread id), as the last turn reported it. */
  readonly runtimeState?: string;
  readonly approver: Approver;
  /** Absent: nobody can be asked. */
  readonly ask?: (question: Question, signal: AbortSignal) => Promise<string | undefined>;
  /** What is said to the turn while it runs: taken before the next step. Absent: nobody says anything more. */
  readonly steering?: Steering;
}

/** A backend that can run a turn. Never throws from the iteration: a failure is a `turn-end`. */
export interface AgentRuntime extends AsyncDisposable {
  runTurn(turn: TurnRequest, signal: AbortSignal): AsyncIterable<TurnEvent>;
}
