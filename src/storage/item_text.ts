import { type Item, textOf } from "../core/item.ts";
import { roleAndText } from "../core/item_text.ts";
import { hasSpacelessScript } from "./spaceless_script.ts";
import type { ItemsTable } from "./tables.ts";

/** Characters of a session's preview. */
const maxPreviewChars = 120;

export interface ItemText {
  readonly role: ItemsTable["role"];
  readonly words: string | null;
  readonly trigrams: string | null;
}

/** Who said an item, and what search finds it by: nothing for reasoning and for the loop's own nudges. */
export function itemText(item: Item): ItemText {
  const { role, text } = roleAndText(item);
  const words = text.trim() === "" ? null : text.toWellFormed();
  return { role, words, trigrams: words !== null && hasSpacelessScript(words) ? words : null };
}

/** What one item adds to the counts of its session. */
export function itemCounts(item: Item): { readonly messages: 0 | 1; readonly toolCalls: 0 | 1 } {
  const { role } = roleAndText(item);
  return {
    messages: role === "user" || role === "assistant" ? 1 : 0,
    toolCalls: isCall(item) ? 1 : 0,
  };
}

function isCall(item: Item): boolean {
  return item.type === "tool-call" || item.type === "command" || item.type === "file-change";
}

/** The first line with text of a user's message, shortened; empty for anything else. */
export function previewOf(item: Item): string {
  if (item.type !== "user-message" || item.synthetic) return "";
  const line = textOf(item)
    .split("\n")
    .find((candidate) => candidate.trim() !== "");
  const chars = Array.from((line ?? "").trim());
  return chars.length > maxPreviewChars
    ? `${chars.slice(0, maxPreviewChars - 1).join("")}…`
    : chars.join("");
}
