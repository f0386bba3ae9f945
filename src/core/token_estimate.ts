import type { ModelItem, Replay } from "./item.ts";
import type { Json } from "./json.ts";
import type { ModelRequest } from "./model.ts";

/** Tokens of a base64 image, whatever its size: an estimate for limits, not for bills. */
const imageTokens = 1_500;
/** Names and punctuation that a wire puts around an item, in characters. */
const frameChars = 40;

/** About how many tokens a text is of which `images` are base64: four characters each, images flat. */
export function estimateTokens(chars: number, images: readonly string[]): number {
  const imageChars = images.reduce((sum, data) => sum + data.length, 0);
  return Math.ceil((chars - imageChars) / 4) + images.length * imageTokens;
}

/** About how many tokens items are for a model. */
export function estimateItems(items: readonly ModelItem[]): number {
  let chars = 0;
  let images = 0;
  for (const item of items) {
    chars += frameChars + itemChars(item);
    if (item.type !== "user-message") continue;
    for (const part of item.parts) if (part.type === "image") images++;
  }
  return Math.ceil(chars / 4) + images * imageTokens;
}

/** About how many tokens a whole request is, its tools included. */
export function estimateRequest(
  request: Pick<ModelRequest, "instructions" | "items" | "tools">,
): number {
  const { instructions, items, tools } = request;
  const toolChars = tools.reduce(
    (sum, { name, description, parameters }) =>
      sum + frameChars + name.length + description.length + jsonChars(parameters),
    0,
  );
  return Math.ceil((instructions.length + toolChars) / 4) + estimateItems(items);
}

function itemChars(item: ModelItem): number {
  switch (item.type) {
    case "user-message":
      return item.parts.reduce(
        (sum, part) => sum + (part.type === "text" ? part.text.length : 0),
        0,
      );
    case "assistant-message":
      return item.text.length;
    case "reasoning":
      // What a wire replays of reasoning stands for its text.
      return Math.max(item.text.length, replayChars(item));
    case "tool-call":
      return item.name.length + item.arguments.length;
    case "tool-result":
      return item.output.length;
    default:
      return item satisfies never;
  }
}

function replayChars({ replay }: { readonly replay?: Replay }): number {
  return replay ? jsonChars(replay.payload) : 0;
}

/** Characters of a value as JSON, nearly: without the escapes, and without building the text. */
function jsonChars(value: Json): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 5;
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, each: Json) => sum + jsonChars(each) + 1, 2);
  }
  return Object.entries(value).reduce(
    (sum, [name, each]) => sum + name.length + 4 + jsonChars(each),
    2,
  );
}
