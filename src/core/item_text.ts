import { type Item, textOf } from "./item.ts";

/** Characters of a tool's call or result that search finds. */
const maxToolChars = 4_000;

/** Who said an item; `none` for reasoning and for the loop's own nudges, which nobody looks for. */
export interface SaidText {
  readonly role: "user" | "assistant" | "tool" | "none";
  /** Of tools the beginning. */
  readonly text: string;
}

/** Who said an item, and its text. */
export function roleAndText(item: Item): SaidText {
  switch (item.type) {
    case "user-message":
      return item.synthetic ? { role: "none", text: "" } : { role: "user", text: textOf(item) };
    case "assistant-message":
      return { role: "assistant", text: item.text };
    // What it stands for is found where it was said.
    case "compaction":
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
