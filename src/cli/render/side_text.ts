import type { SideKind, SideUsage } from "../../core/spending.ts";
import { costText } from "./cost_text.ts";
import { oneLine } from "./plain.ts";

const purposes: Readonly<Record<SideKind, string>> = {
  approval: "judging commands",
  compression: "summaries",
  delegation: "sub-agents",
  goal_judge: "judging the goal",
  review: "reviews",
  title_generation: "titles",
};

/** What of a session was not its conversation's own, one line for each kind and model: `titles: 1 call of ...`. */
export function sideLines(sides: readonly SideUsage[]): readonly string[] {
  return sides.map((side) => {
    const { kind, provider, model, usage, calls } = side;
    const count = (value: number): string => value.toLocaleString("en-US");
    const cost = costText({
      provider,
      // Codex asks nobody for us.
      runtime: "loop",
      costUsd: usage.costUsd ?? null,
      calls,
    });
    const asked = `${count(calls.count)} call${calls.count === 1 ? "" : "s"} of ${model} (${provider})`;
    const tokens = `${count(usage.inputTokens)} tokens in, ${count(usage.outputTokens)} out`;
    return oneLine(`${purposes[kind]}: ${asked}, ${tokens}, ${cost}`);
  });
}
