import { type Item, textOf } from "../core/item.ts";
import { hasSpacelessScript } from "./spaceless_script.ts";
import type { ItemsTable } from "./tables.ts";

/** Characters of a tool's call or result that search finds. */
const maxToolChars = 4_000;
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

function roleAndText(item: Item): { readonly role: ItemsTable["role"]; readonly text: string } {
  switch (item.type) {
    case "user-message":
      return item.synthetic ? { role: "none", text: "" } : { role: "user", text: textOf(item) };
    case "assistant-message":
      return { role: "assistant", text: item.text };
    case "reasoning":
      return { role: "none", text: "" };
    case "tool-call":
      return { role: "tool", text: `${item.name} ${item.arguments}`.slice(0, maxToolChars) };
    case "tool-result":
      return { role: "tool", text: item.output.slice(0, maxToolChars) };
    case "command":
      return { role: "tool", text: `${item.command}\n${item.output}`.slice(0, maxToolChars) };
    case "file-change":
      return {
        role: "tool",
        text: item.changes
          .map(({ path, diff = "" }) => `${path}\n${diff}`)
          .join("\n")
          .slice(0, maxToolChars),
      };
    default:
      return item satisfies never;
  }
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
