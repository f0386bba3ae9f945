import type { ModelItem, ToolCall, ToolResult } from "../core/item.ts";
import { isJsonObject, parseJson } from "../core/json.ts";

/** What stands for the answer of a call that never got one: the process died, or the turn was cut. */
export const missingResult = "[No result: the call was interrupted before it finished]";

/** Stands above the result of a call whose arguments could not be read any more: what is shown of them is not what ran. */
export const corruptArguments =
  "[The arguments of this call were unreadable when it was stored, and are shown as {}]";

/**
 * The history as an endpoint accepts it: every call has exactly one result, right behind its group of calls; results
 * nobody asked for are gone; arguments are JSON objects; no text holds half of a surrogate pair, which UTF-8 has no bytes
 * for. The same array when nothing was wrong. Users in a row stay apart: the codec of a wire that needs it joins them.
 */
export function repairHistory(items: readonly ModelItem[]): readonly ModelItem[] {
  const sound = isSound(items) ? items : rebuild(items);
  return sound.every(isWellFormed) ? sound : sound.map(wellFormed);
}

function isWellFormed(item: ModelItem): boolean {
  if (item.type === "tool-call" && wellFormedJson(item.arguments) !== item.arguments) return false;
  return textsOf(item).every((text) => text.isWellFormed());
}

/**
 * JSON whose texts hold no half of a surrogate pair, not as an escape either: servers that read the arguments of a call
 * fail on it. The same text where there is none.
 */
function wellFormedJson(text: string): string {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return text.toWellFormed();
  const value = parseJson(text);
  if (value === undefined) return text.toWellFormed();
  const whole = JSON.stringify(value, (_, part: unknown) =>
    typeof part === "string" ? part.toWellFormed() : part,
  );
  return whole === JSON.stringify(value) ? text.toWellFormed() : whole;
}

function textsOf(item: ModelItem): readonly string[] {
  switch (item.type) {
    case "user-message":
      return item.parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
    case "assistant-message":
    case "reasoning":
      return [item.text];
    case "tool-call":
      return [item.name, item.arguments];
    case "tool-result":
      return [item.output];
    default:
      return item satisfies never;
  }
}

function wellFormed(item: ModelItem): ModelItem {
  if (isWellFormed(item)) return item;
  switch (item.type) {
    case "user-message": {
      const parts = item.parts.map((part) =>
        part.type === "text" ? { ...part, text: part.text.toWellFormed() } : part,
      );
      return { ...item, parts };
    }
    case "assistant-message":
    case "reasoning":
      return { ...item, text: item.text.toWellFormed() };
    case "tool-call":
      return {
        ...item,
        name: item.name.toWellFormed(),
        arguments: wellFormedJson(item.arguments),
      };
    case "tool-result":
      return { ...item, output: item.output.toWellFormed() };
    default:
      return item satisfies never;
  }
}

function isSound(items: readonly ModelItem[]): boolean {
  const open = new Set<string>();
  const seen = new Set<string>();
  for (const item of items) {
    if (item.type === "tool-call") {
      if (seen.has(item.callId) || !isArgumentsObject(item.arguments)) return false;
      seen.add(item.callId);
      open.add(item.callId);
    } else if (item.type === "tool-result") {
      if (!open.delete(item.callId)) return false;
    } else if (open.size > 0) {
      return false;
    }
  }
  return open.size === 0;
}

function rebuild(items: readonly ModelItem[]): readonly ModelItem[] {
  const results = new Map<string, ToolResult>();
  for (const item of items) {
    if (item.type === "tool-result" && !results.has(item.callId)) results.set(item.callId, item);
  }
  const repaired: ModelItem[] = [];
  const seen = new Set<string>();
  const corrupt = new Set<string>();
  let calls: ToolCall[] = [];
  const closeGroup = () => {
    for (const call of calls) {
      const result = results.get(call.callId) ?? stubResult(call);
      repaired.push(corrupt.has(call.callId) ? marked(result) : result);
    }
    calls = [];
  };
  for (const item of items) {
    if (item.type === "tool-result") continue;
    if (item.type !== "tool-call") {
      // Reasoning and text may stand between the calls of one step; a result always closes the group behind them.
      closeGroup();
      repaired.push(item);
    } else if (!seen.has(item.callId)) {
      seen.add(item.callId);
      const argumentsText = isArgumentsObject(item.arguments)
        ? item.arguments
        : repairArguments(item.arguments);
      if (argumentsText === undefined) corrupt.add(item.callId);
      const call = { ...item, arguments: argumentsText ?? "{}" };
      repaired.push(call);
      calls.push(call);
    }
  }
  closeGroup();
  return repaired;
}

function marked(result: ToolResult): ToolResult {
  return { ...result, output: `${corruptArguments}\n${result.output}` };
}

function stubResult(call: ToolCall): ToolResult {
  return {
    type: "tool-result",
    id: `${call.id}-result`,
    callId: call.callId,
    output: missingResult,
    isError: true,
  };
}

function isArgumentsObject(text: string): boolean {
  return isJsonObject(parseJson(text));
}

/**
 * JSON text of an arguments object, from what a model wrote: empty and `None` become `{}`, raw control characters are
 * escaped, trailing commas and surplus closers dropped, code fences and a second encoding as a string removed.
 * Undefined when that does not help. What was cut off is never completed: half a call must not run.
 */
export function repairArguments(raw: string): string | undefined {
  const text = stripFence(raw.trim());
  if (text === "" || text === "None" || text === "null") return "{}";
  for (const candidate of [text, withoutSlips(text)]) {
    const value = parseJson(candidate);
    if (isJsonObject(value)) return candidate;
    if (typeof value === "string" && isJsonObject(parseJson(value))) return value;
  }
  return undefined;
}

/** Whether broken arguments look cut off rather than misspelt. */
export function looksTruncated(raw: string): boolean {
  const text = raw.trimEnd();
  return !text.endsWith("}") && !text.endsWith("]");
}

function stripFence(text: string): string {
  const fence = /^```(?:json)?\s*\n([\s\S]*)\n```$/.exec(text);
  return fence?.[1] ?? text;
}

/** Closers without an opener that are dropped from arguments at most. */
const maxSurplusClosers = 50;

/** One pass over the text that knows inside from outside of strings. */
function withoutSlips(text: string): string {
  const pieces: string[] = [];
  let inString = false;
  let depth = 0;
  let surplus = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (inString) {
      if (char === "\\") pieces.push(char + text.charAt(++index));
      else if (char < " ") pieces.push(`\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
      else pieces.push(char);
      if (char === '"') inString = false;
      continue;
    }
    if (char === '"') inString = true;
    if (char === "{" || char === "[") depth++;
    if (char === "}" || char === "]") {
      if (depth === 0) {
        // A few too many are a slip; more are noise, in which nothing is to be found.
        if (++surplus > maxSurplusClosers) return text;
        continue;
      }
      depth--;
      dropTrailingComma(pieces);
    }
    pieces.push(char);
  }
  return pieces.join("");
}

function dropTrailingComma(pieces: string[]): void {
  let last = pieces.length - 1;
  while (last >= 0 && pieces[last]?.trim() === "") last--;
  if (pieces[last] === ",") pieces.splice(last, 1);
}

/** The name of the tool that the model most likely meant, or undefined. */
export function repairToolName(name: string, known: readonly string[]): string | undefined {
  if (known.includes(name)) return name;
  const wanted = normalizeName(name);
  const matches = known.filter((candidate) => normalizeName(candidate) === wanted);
  return matches.length === 1 ? matches[0] : undefined;
}

function normalizeName(name: string): string {
  return name
    .trim()
    .replace(/^(?:functions?|tools?)[.:/]/i, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[\s-]+/g, "_")
    .replace(/_tool$/, "");
}
