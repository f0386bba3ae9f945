import type { FinishReason } from "../../core/event.ts";
import { isCommentary } from "./output_item.ts";

/** What decides how a step ended. */
export interface Outcome {
  /** How the terminal event called the response. */
  readonly status: "completed" | "incomplete" | "in_progress";
  /** Why it is incomplete, where the server says so. */
  readonly reason: string;
  readonly callCount: number;
  readonly hasText: boolean;
  readonly hasRefusal: boolean;
  readonly hasReasoning: boolean;
  /** A call that was written as text was taken out. */
  readonly hasLeak: boolean;
  /** An item was queued, in progress or incomplete at the end. */
  readonly hasUnfinishedItem: boolean;
  readonly phases: readonly string[];
}

/** How a step ended; the first rule that fits holds. */
export function finishReason(outcome: Outcome): FinishReason {
  const { status, reason, phases } = outcome;
  if (status === "incomplete") {
    if (reason === "max_output_tokens" || reason === "length") return "length";
    if (reason === "content_filter") return "content_filter";
  }
  if (outcome.callCount > 0) return "tool_calls";
  if (outcome.hasRefusal && !outcome.hasText) return "content_filter";
  if (outcome.hasLeak || outcome.hasUnfinishedItem || status === "in_progress") return "incomplete";
  const isFinal = phases.some((phase) => phase === "final_answer" || phase === "final");
  if ((status === "incomplete" || phases.some(isCommentary)) && !isFinal) return "incomplete";
  if (outcome.hasReasoning && !outcome.hasText) return "incomplete";
  return "stop";
}
