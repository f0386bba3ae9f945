import type { ReviewChange } from "../agent/review/changes.ts";
import {
  countItem,
  countsAfter,
  countsOf,
  dueSubjects,
  type NudgeIntervals,
  type ReviewSubjects,
} from "../agent/review/nudges.ts";
import type { ReviewedTurn, ReviewFindings } from "../agent/review/review.ts";
import { HermesError, toHermesError } from "../core/errors.ts";
import type { TurnEvent, Usage } from "../core/event.ts";
import type { Item } from "../core/item.ts";
import { nothingSpent, type SideUsage } from "../core/spending.ts";
import type { Tool } from "../core/tool.ts";
import { abortable } from "../wire/abortable.ts";
import { newTurnId } from "./ids.ts";
import type { ReviewSide } from "./review_side.ts";

/** What a review beside a conversation came to. */
export type ReviewReport =
  | { readonly kind: "done"; readonly changes: readonly ReviewChange[]; readonly usage: Usage }
  /** What it wrote before is among the changes. */
  | {
      readonly kind: "failed";
      readonly changes: readonly ReviewChange[];
      readonly usage: Usage;
      readonly error: HermesError;
    }
  /** Reviews cannot be made here; told once. */
  | { readonly kind: "impossible"; readonly reason: string };

/** Looks over a conversation from time to time, beside its turns. */
export interface Reviewer extends AsyncDisposable {
  /** Takes an event of a turn, or of a compression between turns; with the end of a turn a review may begin. */
  observe(event: TurnEvent): void;
  /** The review that runs now; never rejects. */
  running(): Promise<void> | undefined;
}

export interface ReviewerDeps {
  /** What is asked; undefined: there is nothing to ask. Closed after each review. */
  openSide(): Promise<ReviewSide | undefined>;
  /** The tools that write. */
  openTools(): Promise<readonly Tool[]>;
  /** The conversation as it stands. */
  items(): readonly Item[];
  report(report: ReviewReport): void;
  /** Takes what a review used; never rejects. */
  keep?(side: SideUsage): Promise<void>;
}

export interface ReviewerOptions {
  readonly intervals: NudgeIntervals;
  /** Names of the tools that the conversation has. */
  readonly toolNames: readonly string[];
  /** What is the same for every turn. */
  readonly facts: Omit<ReviewedTurn, "turnId" | "history">;
}

/** A reviewer for a conversation that goes on from its present items. */
export function createReviewer(deps: ReviewerDeps, options: ReviewerOptions): Reviewer {
  const { intervals, toolNames } = options;
  const stop = new AbortController();
  let counts = countsOf(deps.items(), intervals);
  let { facts } = options;
  let running: Promise<void> | undefined;
  let isImpossible = false;

  const review = async (turn: ReviewedTurn, subjects: ReviewSubjects): Promise<void> => {
    const report = await reportOf(deps, { turn, subjects }, stop.signal);
    isImpossible = report.kind === "impossible";
    // Whoever ended it knows.
    if (!stop.signal.aborted || ("changes" in report && report.changes.length > 0))
      deps.report(report);
  };

  return {
    observe(event) {
      // What a summary stands for was counted when it was said.
      if (event.type === "item-end" && event.item.type !== "compaction") {
        counts = countItem(counts, event.item);
      }
      if (event.type === "session-split") {
        const { sessionId, instructions = facts.instructions } = event;
        facts = { ...facts, sessionId, instructions };
      }
      if (event.type !== "turn-end" || running || isImpossible || stop.signal.aborted) return;
      const { outcome } = event;
      if (outcome.status !== "completed" || outcome.finalText.trim() === "") return;
      const subjects = dueSubjects(counts, intervals, toolNames);
      if (!subjects) return;
      counts = countsAfter(counts, subjects);
      const turn = { ...facts, turnId: newTurnId(), history: deps.items() };
      running = review(turn, subjects).finally(() => {
        running = undefined;
      });
    },
    running: () => running,
    async [Symbol.asyncDispose]() {
      stop.abort(new HermesError("turn/interrupted", "Interrupted"));
      await running;
    },
  };
}

/** Runs one review; whatever goes wrong is its report. */
async function reportOf(
  deps: Pick<ReviewerDeps, "openSide" | "openTools" | "keep">,
  request: { readonly turn: ReviewedTurn; readonly subjects: ReviewSubjects },
  signal: AbortSignal,
): Promise<ReviewReport> {
  try {
    const { runReview } = await import("../agent/review/review.ts");
    // A login may be renewed for it: whoever leaves does not wait for that.
    await using side = await openUntil(deps, signal);
    if (!side) {
      return {
        kind: "impossible",
        reason:
          "Nothing is reviewed in this session: hermes has no login or key of its own for its model",
      };
    }
    const turn = { ...request.turn, ...side.facts };
    const findings = await runReview(
      { loop: side.loop, tools: await deps.openTools() },
      { ...request, turn },
      signal,
    );
    const { spent } = findings;
    if (spent.calls.count > 0) {
      await deps.keep?.({ kind: "review", provider: side.provider, model: turn.model, ...spent });
    }
    return reportFrom(findings);
  } catch (thrown) {
    return { kind: "failed", changes: [], usage: nothingSpent.usage, error: toHermesError(thrown) };
  }
}

/** What is asked; what is opened too late is closed again. */
async function openUntil(
  { openSide }: Pick<ReviewerDeps, "openSide">,
  signal: AbortSignal,
): Promise<ReviewSide | undefined> {
  return await abortable(async () => {
    const side = await openSide();
    if (signal.aborted) await side?.[Symbol.asyncDispose]();
    return side;
  }, signal);
}

function reportFrom({ changes, spent, failure }: ReviewFindings): ReviewReport {
  const { usage } = spent;
  return failure
    ? { kind: "failed", changes, usage, error: failure }
    : { kind: "done", changes, usage };
}
