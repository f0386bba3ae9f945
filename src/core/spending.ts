import type { AuxiliaryTask } from "./auxiliary.ts";
import { addUsage, noUsage, type Usage } from "./event.ts";

/** How often a model answered. */
export interface ModelCalls {
  readonly count: number;
  /** Those of them whose cost nobody told. */
  readonly unpriced: number;
}

/** What model calls took. */
export interface Spending {
  readonly usage: Usage;
  readonly calls: ModelCalls;
}

/**
 * What is told apart of what a session took: a small call by its task, a review of it, and sub-agents. The tokens of
 * sub-agents are those of the turn that waits for them too; all others are beside turns.
 */
export type SideKind = AuxiliaryTask | "review" | "delegation";

/** What one kind of calls took of one model. */
export interface SideUsage extends Spending {
  readonly kind: SideKind;
  readonly provider: string;
  readonly model: string;
}

export const nothingSpent: Spending = { usage: noUsage, calls: { count: 0, unpriced: 0 } };

/** With one more call. */
export function withCall(spent: Spending, usage: Usage): Spending {
  return addSpending(spent, {
    usage,
    calls: { count: 1, unpriced: usage.costUsd === undefined ? 1 : 0 },
  });
}

/** The sum of two. */
export function addSpending(a: Spending, b: Spending): Spending {
  return {
    usage: addUsage(a.usage, b.usage),
    calls: {
      count: a.calls.count + b.calls.count,
      unpriced: a.calls.unpriced + b.calls.unpriced,
    },
  };
}

/** Whether the turns of a session have counted it already. */
export function isCountedByTurns({ kind }: Pick<SideUsage, "kind">): boolean {
  return kind === "delegation";
}
