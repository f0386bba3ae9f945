import type { ApprovalSubject, ApprovalVerdict } from "./approval.ts";
import type { HermesError } from "./errors.ts";
import type { Compaction, Item, ModelItem } from "./item.ts";

/**
 * What happened to items, in order. Each `item-start` is followed by exactly one `item-end` of the same id,
 * or voided by an `item-reset`. Only `item-end` is authoritative and stored; deltas are for eyes.
 */
export type ItemEvent<Made extends Item = Item> =
  | { readonly type: "item-start"; readonly item: Made }
  | {
      readonly type: "item-delta";
      readonly itemId: string;
      readonly channel: "text" | "reasoning" | "output";
      readonly delta: string;
    }
  | { readonly type: "item-end"; readonly item: Made }
  /** What was shown of these items is void, a retry follows. */
  | { readonly type: "item-reset"; readonly itemIds: readonly string[] };

/** An attempt failed and another one follows after `delayMs`. */
export interface RetryEvent {
  readonly type: "retry";
  /** The number of the attempt that follows, from 2 on. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly delayMs: number;
  readonly error: HermesError;
}

/** Something the user should know that is no item and no failure. */
export interface NoticeEvent {
  readonly type: "notice";
  readonly level: "info" | "warning";
  readonly text: string;
}

/**
 * The context was compressed, and the session goes on in a new one: what follows, of this turn too, belongs to that. The
 * compaction is its first item.
 */
export interface SessionSplitEvent {
  readonly type: "session-split";
  /** Id of the new session. */
  readonly sessionId: string;
  readonly compaction: Compaction;
  /** Its system prompt, where that is another one from here on. */
  readonly instructions?: string;
}

/** The steps that the model works along, whole each time. */
export interface PlanEvent {
  readonly type: "plan";
  readonly steps: readonly {
    readonly text: string;
    readonly status: "pending" | "in_progress" | "completed";
  }[];
  readonly explanation?: string;
}

/** Tokens that were counted by the provider; `inputTokens` includes the cached ones, `outputTokens` the reasoning. */
export interface Usage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly totalTokens: number;
  /** US dollars, as far as they are known: told by the provider, or by prices of the user's. Absent where nothing is. */
  readonly costUsd?: number;
}

/** How a step ended. `incomplete`: the model wants to go on; `length`: a limit cut the answer. */
export type FinishReason = "stop" | "tool_calls" | "length" | "content_filter" | "incomplete";

/** What one step with a model endpoint yields; `step-end` is the last event unless the iterator throws. */
export type ModelEvent =
  | ItemEvent<ModelItem>
  | RetryEvent
  | NoticeEvent
  | { readonly type: "step-end"; readonly finishReason: FinishReason; readonly usage: Usage };

/** How a turn ended. */
export type TurnOutcome =
  | { readonly status: "completed"; readonly finalText: string }
  | { readonly status: "interrupted" }
  | {
      readonly status: "failed";
      readonly error: HermesError;
      /** Items that did complete, so that a caller knows what was done. */
      readonly completedItemIds: readonly string[];
    };

/** What a turn yields: `turn-start` first, `turn-end` last, exactly one of each. */
export type TurnEvent =
  | { readonly type: "turn-start"; readonly turnId: string; readonly runtimeState?: string }
  | ItemEvent
  | RetryEvent
  | NoticeEvent
  | PlanEvent
  | {
      readonly type: "approval-decided";
      readonly subject: ApprovalSubject;
      readonly verdict: ApprovalVerdict;
    }
  | { readonly type: "usage"; readonly usage: Usage }
  | SessionSplitEvent
  | { readonly type: "turn-end"; readonly outcome: TurnOutcome };

/** No tokens at all. */
export const noUsage: Usage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
};

/** The sum of two counts. */
export function addUsage(a: Usage, b: Usage): Usage {
  const costUsd = addCosts(a.costUsd, b.costUsd);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    ...(costUsd === undefined ? {} : { costUsd }),
  };
}

/** The sum as far as it is known, without the noise of binary fractions: to a thousand-millionth of a dollar. */
function addCosts(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.round((a + b) * 1e9) / 1e9;
}
