import type { AssistantMessage, ModelItem, UserMessage } from "../../core/item.ts";
import { itemsOf, toBlocks } from "./blocks.ts";

/** What of a history stays as it is, and what a summary will stand for. */
export interface Cut {
  readonly head: readonly ModelItem[];
  readonly middle: readonly ModelItem[];
  /** Of the middle, kept word for word: what the user said last, and what the model said last, where the tail has neither. */
  readonly pinned: readonly ModelItem[];
  readonly tail: readonly ModelItem[];
}

export interface CutOptions {
  readonly protectFirst: number;
  readonly protectLast: number;
  readonly tailTokens: number;
  /** Messages that the tail has at least, whatever their size. */
  readonly leastTail: number;
}

/** The tail is filled up to this many messages where tokens allow it only nearly. */
const mostMessages = 8;
/** One message that is too large may stay, up to so many times the budget. */
const softCeiling = 1.5;

/**
 * Where to cut a sound history; undefined where nothing lies between its head and its tail. No step is torn from its
 * results, and what the user and the model said last is never in the part that is given up.
 */
export function planCut(items: readonly ModelItem[], options: CutOptions): Cut | undefined {
  const blocks = toBlocks(items);
  let headEnd = 0;
  for (let messages = 0; headEnd < blocks.length && messages < options.protectFirst; headEnd++) {
    messages += blocks[headEnd]?.messages ?? 0;
  }
  const floor = Math.max(options.leastTail, Math.min(options.protectLast, mostMessages));
  let tailStart = blocks.length;
  for (let messages = 0, tokens = 0; tailStart > headEnd; tailStart--) {
    const block = blocks[tailStart - 1];
    if (block === undefined) break;
    const total = tokens + block.tokens;
    const fits =
      messages < options.leastTail ||
      total <= options.tailTokens ||
      (messages < floor && total <= softCeiling * options.tailTokens);
    if (!fits) break;
    messages += block.messages;
    tokens = total;
  }
  const [head, middle, tail] = [
    itemsOf(blocks.slice(0, headEnd)),
    itemsOf(blocks.slice(headEnd, tailStart)),
    itemsOf(blocks.slice(tailStart)),
  ];
  const pinned = pinnedOf(middle, tail);
  return middle.length > pinned.length ? { head, middle, pinned, tail } : undefined;
}

function pinnedOf(middle: readonly ModelItem[], tail: readonly ModelItem[]): readonly ModelItem[] {
  const user = tail.some(isSaidByUser) ? undefined : middle.findLast(isSaidByUser);
  const model = tail.some(isSaidByModel) ? undefined : middle.findLast(isSaidByModel);
  return middle.flatMap((item): readonly ModelItem[] => {
    if (item === user) return [item];
    if (item !== model) return [];
    // Without its reasoning beside it, an endpoint refuses the ids that it gave it.
    const { replay: _replay, ...alone } = model;
    return [alone];
  });
}

/** Whether a person or a script said it, and not the loop. */
export function isSaidByUser(item: ModelItem): item is UserMessage {
  return item.type === "user-message" && item.synthetic !== true;
}

function isSaidByModel(item: ModelItem): item is AssistantMessage {
  return item.type === "assistant-message" && item.text.trim() !== "";
}
