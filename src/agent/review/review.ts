import { denyAll } from "../../core/approval.ts";
import { HermesError } from "../../core/errors.ts";
import type { TurnOutcome } from "../../core/event.ts";
import type { Item, UserMessage } from "../../core/item.ts";
import type { ModelTransport } from "../../core/model.ts";
import type { TurnRequest } from "../../core/runtime.ts";
import { nothingSpent, type Spending, withCall } from "../../core/spending.ts";
import type { Tool } from "../../core/tool.ts";
import { createLoopRuntime, type LoopDeps } from "../loop.ts";
import { changesIn, type ReviewChange } from "./changes.ts";
import { reviewInstruction } from "./instruction.ts";
import type { ReviewSubjects } from "./nudges.ts";
import { restrictTools } from "./restrict_tools.ts";

/** Model calls of a review at most. */
export const maxReviewSteps = 16;

export interface ReviewDeps {
  /** The conversation's own: what it asks, and with which tools. */
  readonly loop: LoopDeps;
  /** Tools that work in another way in a review, by name. */
  readonly tools: readonly Tool[];
}

/** A finished turn to look over: all that the bytes of its requests depend on. */
export type ReviewedTurn = Pick<
  TurnRequest,
  | "turnId"
  | "sessionId"
  | "model"
  | "instructions"
  | "history"
  | "cwd"
  | "reasoningEffort"
  | "serviceTier"
  | "maxOutputTokens"
>;

/** What a review came to. */
export interface ReviewFindings {
  readonly changes: readonly ReviewChange[];
  /** What the review alone took: no part of a turn's. */
  readonly spent: Spending;
  /** Why it ended before its end; what was written before is among the changes. */
  readonly failure?: HermesError;
}

/**
 * Looks over a conversation beside it: a fork that begins with the very bytes of the conversation's next request, asks
 * nobody, writes memory and skills only, and stores nothing of itself. Never throws; an abort is a failure.
 */
export async function runReview(
  { loop, tools }: ReviewDeps,
  { turn, subjects }: { readonly turn: ReviewedTurn; readonly subjects: ReviewSubjects },
  signal: AbortSignal,
): Promise<ReviewFindings> {
  const { transport, clock, spill } = loop;
  const newId = (): string => loop.newId();
  // Named one by one: what else a turn can do (compress, be steered) is none of a review's.
  const runtime = createLoopRuntime({
    transport: limited(transport, maxReviewSteps),
    tools: restrictTools(loop.tools, tools),
    clock,
    spill,
    newId,
  });
  const message: UserMessage = {
    type: "user-message",
    id: newId(),
    parts: [{ type: "text", text: reviewInstruction(subjects) }],
    synthetic: true,
  };
  const request: TurnRequest = {
    ...turn,
    message,
    approver: denyAll,
    // The transport ends it: the loop's own limit would ask for a summary that nobody reads.
    maxSteps: maxReviewSteps + 1,
  };
  const items: Item[] = [];
  let spent = nothingSpent;
  let outcome: TurnOutcome = { status: "interrupted" };
  for await (const event of runtime.runTurn(request, signal)) {
    if (event.type === "item-end") items.push(event.item);
    if (event.type === "usage") spent = withCall(spent, event.usage);
    if (event.type === "turn-end") outcome = event.outcome;
  }
  const failure = failureOf(outcome);
  return { changes: changesIn(items), spent, ...(failure ? { failure } : {}) };
}

/** Why a review did not end by itself; that it used all of its steps is no failure: what it wrote is written. */
function failureOf(outcome: TurnOutcome): HermesError | undefined {
  switch (outcome.status) {
    case "completed":
      return undefined;
    case "interrupted":
      return new HermesError("turn/interrupted", "Interrupted");
    case "failed":
      return outcome.error.code === "turn/max_iterations" ? undefined : outcome.error;
    default:
      return outcome satisfies never;
  }
}

/** The transport for so many steps. */
function limited(transport: ModelTransport, maxSteps: number): ModelTransport {
  let steps = 0;
  return {
    stream(request, signal) {
      steps++;
      if (steps <= maxSteps) return transport.stream(request, signal);
      throw new HermesError("turn/max_iterations", `The review used all of its ${maxSteps} steps`);
    },
  };
}
