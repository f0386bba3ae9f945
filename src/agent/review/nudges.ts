import type { Item } from "../../core/item.ts";

/** What has happened since something was last looked over. */
export interface NudgeCounts {
  /** Messages of the user. */
  readonly userTurns: number;
  /** Steps with calls of tools since a skill was last written. */
  readonly toolSteps: number;
  /** Whether the next call belongs to a step that is counted already. */
  readonly isInStep: boolean;
}

/** After how much of it a review follows; 0: never. */
export interface NudgeIntervals {
  readonly userTurns: number;
  readonly toolSteps: number;
}

/** What a review looks at. */
export interface ReviewSubjects {
  readonly memory: boolean;
  readonly skills: boolean;
}

export const noCounts: NudgeCounts = { userTurns: 0, toolSteps: 0, isInStep: false };

/** The counts after an item. Messages of the loop itself do not count. */
export function countItem(counts: NudgeCounts, item: Item): NudgeCounts {
  switch (item.type) {
    case "user-message":
      return item.synthetic
        ? { ...counts, isInStep: false }
        : { ...counts, userTurns: counts.userTurns + 1, isInStep: false };
    case "tool-call":
      // A program with tools of its own calls ours by a longer name.
      if (item.name.endsWith("skill_manage")) return { ...counts, toolSteps: 0, isInStep: true };
      return counts.isInStep
        ? counts
        : { ...counts, toolSteps: counts.toolSteps + 1, isInStep: true };
    case "command":
    case "file-change":
      return { ...counts, toolSteps: counts.toolSteps + 1, isInStep: false };
    case "tool-result":
      return { ...counts, isInStep: false };
    case "assistant-message":
    case "reasoning":
      return counts;
    case "compaction":
      // What the summary stands for is in another session: this one began with what it was left.
      return item.context.reduce(countItem, noCounts);
    default:
      return item satisfies never;
  }
}

/** The counts of a session that goes on: what is beyond whole intervals, for those were reviewed. */
export function countsOf(items: readonly Item[], intervals: NudgeIntervals): NudgeCounts {
  const { userTurns, toolSteps } = items.reduce(countItem, noCounts);
  const beyond = (count: number, interval: number): number =>
    interval === 0 ? 0 : count % interval;
  return {
    userTurns: beyond(userTurns, intervals.userTurns),
    toolSteps: beyond(toolSteps, intervals.toolSteps),
    isInStep: false,
  };
}

/** What is due for a review, of what the model has tools to write; undefined: nothing. */
export function dueSubjects(
  counts: NudgeCounts,
  intervals: NudgeIntervals,
  toolNames: readonly string[],
): ReviewSubjects | undefined {
  const isDue = (count: number, interval: number): boolean => interval > 0 && count >= interval;
  const memory = toolNames.includes("memory") && isDue(counts.userTurns, intervals.userTurns);
  const skills = toolNames.includes("skill_manage") && isDue(counts.toolSteps, intervals.toolSteps);
  return memory || skills ? { memory, skills } : undefined;
}

/** The counts when a review of these subjects has begun. */
export function countsAfter(counts: NudgeCounts, { memory, skills }: ReviewSubjects): NudgeCounts {
  return {
    ...counts,
    ...(memory ? { userTurns: 0 } : {}),
    ...(skills ? { toolSteps: 0 } : {}),
  };
}
