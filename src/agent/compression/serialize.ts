import { counted } from "../../core/counted.ts";
import { type ModelItem, textOf } from "../../core/item.ts";
import { isSaidByUser } from "./cut.ts";
import { shorten } from "./shorten.ts";

const messageForm = { limit: 6_000, head: 4_000, tail: 1_500 };
const argumentsForm = { limit: 1_500, head: 1_000, tail: 400 };

/** Items as text for the one who sums them up: one entry each, each of at most 6,000 characters; reasoning is left out. */
export function serialize(items: readonly ModelItem[]): readonly string[] {
  const names = new Map<string, string>();
  return items.flatMap((item): readonly string[] => {
    switch (item.type) {
      case "user-message": {
        const images = item.parts.filter((part) => part.type === "image").length;
        const note = images === 0 ? "" : ` (with ${counted(images, "image")})`;
        return entry(isSaidByUser(item) ? `USER${note}` : "SYSTEM NOTE", textOf(item));
      }
      case "assistant-message":
        return entry("ASSISTANT", item.text);
      case "reasoning":
        return [];
      case "tool-call":
        names.set(item.callId, item.name);
        return [`[TOOL CALL ${item.name}]\n${shorten(item.arguments, argumentsForm)}`];
      case "tool-result": {
        const failed = item.isError ? " FAILED" : "";
        return entry(`TOOL RESULT ${names.get(item.callId) ?? ""}${failed}`.trim(), item.output);
      }
      default:
        return item satisfies never;
    }
  });
}

function entry(who: string, text: string): readonly string[] {
  // Lines that name files to show to people would be obeyed a second time.
  const kept = text.replaceAll(/^MEDIA:.*(?:\n|$)/gm, "").trim();
  return kept === "" ? [] : [`[${who}]\n${shorten(kept, messageForm)}`];
}
