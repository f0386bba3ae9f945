import type { HermesError } from "./errors.ts";
import type { ModelEvent } from "./event.ts";
import type { ModelItem } from "./item.ts";
import type { JsonObject } from "./json.ts";
import type { ToolSpec } from "./tool.ts";

export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh";

/** One step to ask of a model. */
export interface ModelRequest {
  /** Also the prompt cache key. */
  readonly sessionId: string;
  /** Which turn asks: what may be tried once in a turn is counted by it. Absent for calls beside turns. */
  readonly turnId?: string;
  readonly model: string;
  readonly instructions: string;
  readonly items: readonly ModelItem[];
  /** In a fixed order; empty: the request has no tools at all. */
  readonly tools: readonly ToolSpec[];
  readonly reasoningEffort: ReasoningEffort;
  readonly serviceTier?: string;
  readonly maxOutputTokens?: number;
  /** JSON schema that the answer must follow. */
  readonly outputSchema?: JsonObject;
  /** Fields of the body besides ours, as the endpoint's API names them. */
  readonly extraBody?: JsonObject;
}

/** The model that answers a turn in place of the one that was chosen. */
export interface StandIn {
  /** `grok-4.3 (xai)`. */
  readonly name: string;
  /** Tokens that it can hold. */
  readonly contextLength: number;
}

/**
 * One step with a model endpoint. Yields events up to one `step-end`, or throws a `HermesError`; ends within
 * milliseconds of an abort by throwing the signal's reason.
 */
export interface ModelTransport {
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
  /**
   * Has the rest of a turn asked of another model, as after a failure of this one; false when there is no other one.
   * Absent where there never is.
   */
  moveOn?(turnId: string, why: HermesError, signal: AbortSignal): Promise<boolean>;
  /**
   * Who answers the next step of a turn in place of the chosen model; undefined where that does. Absent where nobody else
   * ever does.
   */
  standIn?(turnId: string, signal: AbortSignal): Promise<StandIn | undefined>;
}
