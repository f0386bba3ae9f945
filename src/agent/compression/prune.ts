import type { ContentPart, ModelItem, ToolCall } from "../../core/item.ts";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../../core/json.ts";
import { shorten } from "./shorten.ts";

/** A result that is longer is told in a line. */
const longResultChars = 200;
/** Texts in a call's arguments that are longer together are shortened. */
const longArgumentChars = 500;
const shortLeafChars = 200;

/**
 * Old items with what is bulky in them cut down: results become a line, long texts in arguments are shortened within
 * valid JSON, images become words. What was pruned stays as it is when it is pruned again. `kept` is left alone.
 */
export function prune(
  items: readonly ModelItem[],
  kept: ReadonlySet<string> = new Set(),
): readonly ModelItem[] {
  const calls = new Map<string, ToolCall>();
  return items.map((item) => {
    if (item.type === "tool-call") calls.set(item.callId, item);
    if (kept.has(item.id)) return item;
    switch (item.type) {
      case "user-message": {
        const hasImages = item.parts.some((part) => part.type === "image");
        return hasImages ? { ...item, parts: item.parts.map(withoutImage) } : item;
      }
      case "tool-call":
        return prunedCall(item);
      case "tool-result":
        return item.output.length > longResultChars && !item.output.startsWith(prunedMark)
          ? { ...item, output: resultLine(item.output, calls.get(item.callId)) }
          : item;
      case "assistant-message":
      case "reasoning":
        return item;
      default:
        return item satisfies never;
    }
  });
}

/** Results of `items` whose text comes again later, there or in `later`, with a note in their place. */
export function withoutRepeats(
  items: readonly ModelItem[],
  later: readonly ModelItem[],
): readonly ModelItem[] {
  const seen = new Set<string>();
  const isRepeated = (output: string): boolean => {
    if (output.length < longResultChars) return false;
    const isThere = seen.has(output);
    seen.add(output);
    return isThere;
  };
  for (const item of later) if (item.type === "tool-result") isRepeated(item.output);
  return items
    .toReversed()
    .map((item) =>
      item.type === "tool-result" && isRepeated(item.output)
        ? { ...item, output: `${prunedMark}: the same text as a later result]` }
        : item,
    )
    .toReversed();
}

const prunedMark = "[Left out";

function withoutImage(part: ContentPart): ContentPart {
  if (part.type === "text") return part;
  return {
    type: "text",
    text: `[Image${part.name === undefined ? "" : ` ${part.name}`}, left out]`,
  };
}

function prunedCall(call: ToolCall): ToolCall {
  const input = parseJson(call.arguments);
  if (!isJsonObject(input) || leafChars(input) <= longArgumentChars) return call;
  const shortened = JSON.stringify(shortLeaves(input));
  if (shortened.length >= call.arguments.length) return call;
  // What its wire would replay holds the long texts again.
  const { replay: _replay, ...alone } = call;
  return { ...alone, arguments: shortened };
}

function leafChars(value: Json): number {
  if (typeof value === "string") return value.length;
  if (Array.isArray(value))
    return value.reduce<number>((sum, each: Json) => sum + leafChars(each), 0);
  if (!isJsonObject(value)) return 0;
  return Object.values(value).reduce((sum: number, each) => sum + leafChars(each), 0);
}

function shortLeaves(value: Json): Json {
  if (typeof value === "string") {
    // The mark is a part of what is left: a leaf that was shortened once stays as it is.
    return shorten(value, { limit: shortLeafChars, head: shortLeafChars - 30, tail: 0 });
  }
  if (Array.isArray(value)) return value.map(shortLeaves);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([name, each]): [string, Json] => [
    name,
    shortLeaves(each),
  ]);
  return Object.fromEntries(entries) satisfies JsonObject;
}

function resultLine(output: string, call: ToolCall | undefined): string {
  const exit = exitOf(output);
  const size = `${output.length} characters, ${output.split("\n").length} lines`;
  const what = call === undefined ? "result" : `result of ${call.name}${keyArgument(call)}`;
  return `${prunedMark}: ${what}, ${size}${exit === undefined ? "" : `, exit ${exit}`}]`;
}

function exitOf(output: string): number | undefined {
  const found = /"exit_code":\s*(-?\d+)/.exec(output.slice(0, 4_000) + output.slice(-400));
  return found ? Number(found[1]) : undefined;
}

const keyNames = ["path", "command", "pattern", "query", "url", "name", "cmd", "action"];

function keyArgument(call: ToolCall): string {
  const input = parseJson(call.arguments);
  if (!isJsonObject(input)) return "";
  for (const name of keyNames) {
    const value = input[name];
    if (typeof value !== "string") continue;
    const line = value.replaceAll(/\s+/g, " ");
    return ` (${name}: ${shorten(line, { limit: 80, head: 60, tail: 0 })})`;
  }
  return "";
}
