import type { ModelItem } from "../../core/item.ts";
import { estimateItems } from "../../core/token_estimate.ts";

/** Items that stay together: a user's message, or what the model said in a step with the results of its calls. */
export interface Block {
  readonly items: readonly ModelItem[];
  /** As an endpoint counts them: a step is one, each result is one. */
  readonly messages: number;
  readonly tokens: number;
}

/** A sound history (every call has its result behind it) in blocks; joined they are the history again. */
export function toBlocks(items: readonly ModelItem[]): readonly Block[] {
  const groups: ModelItem[][] = [];
  for (const item of items) {
    const group = groups.at(-1);
    const last = group?.at(-1)?.type;
    const isSameStep =
      last !== undefined &&
      last !== "user-message" &&
      item.type !== "user-message" &&
      (item.type === "tool-result" || last !== "tool-result");
    if (group !== undefined && isSameStep) group.push(item);
    else groups.push([item]);
  }
  return groups.map((group) => ({
    items: group,
    messages: messagesOf(group),
    tokens: estimateItems(group),
  }));
}

function messagesOf(group: readonly ModelItem[]): number {
  const results = group.filter((item) => item.type === "tool-result").length;
  return results === group.length ? results : results + 1;
}

/** The items of blocks. */
export function itemsOf(blocks: readonly Block[]): readonly ModelItem[] {
  return blocks.flatMap((block) => block.items);
}
