import type { ModelItem } from "../../core/item.ts";
import { textOf } from "../../core/item.ts";
import type { ModelRequest } from "../../core/model.ts";
import type { ItemSummary, RequestSummary } from "./recording.ts";

/** A request as recordings keep and compare it; `clean` masks secrets and makes text portable. */
export function summarize(
  request: Pick<ModelRequest, "model" | "tools" | "items">,
  clean: (text: string) => string,
): RequestSummary {
  const toolOf = new Map<string, string>();
  for (const item of request.items) {
    if (item.type === "tool-call") toolOf.set(item.callId, item.name);
  }
  return {
    model: request.model,
    tools: request.tools.map((tool) => tool.name),
    items: request.items.map((item) => summarizeItem(item, toolOf, clean)),
  };
}

function summarizeItem(
  item: ModelItem,
  toolOf: ReadonlyMap<string, string>,
  clean: (text: string) => string,
): ItemSummary {
  switch (item.type) {
    case "user-message": {
      const images = item.parts
        .filter((part) => part.type === "image")
        .map((part) => `${part.mediaType} ${part.data.length}`);
      const text = clean(textOf(item));
      return { type: item.type, text, ...(images.length > 0 && { images }) };
    }
    case "assistant-message":
    case "reasoning":
      return { type: item.type, text: clean(item.text) };
    case "tool-call":
      return { type: item.type, name: item.name, arguments: clean(item.arguments) };
    case "tool-result": {
      const name = toolOf.get(item.callId);
      return {
        type: item.type,
        ...(name !== undefined && { name }),
        output: clean(item.output),
        isError: item.isError,
      };
    }
    default:
      return item satisfies never;
  }
}
