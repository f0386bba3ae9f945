import type { ToolCall, ToolResult } from "../core/item.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { resultId } from "./item_ids.ts";

/** A call of a tool with its result. */
export interface ToolPair {
  readonly kind: "tool";
  readonly call: ToolCall;
  readonly result: ToolResult;
  /** Codex knows what is asked for only when it is done: a search of the model's provider. */
  readonly isAskedLate?: true;
}

/** What is kept of what a tool answered; codex's model has seen what it needed. */
const resultChars = 100_000;

/** A call and its result; `id` is the call's. */
export function toolPair(
  id: string,
  name: string,
  { input, output, isError }: { readonly input: Json; readonly output: string; isError: boolean },
): ToolPair {
  return {
    kind: "tool",
    call: {
      type: "tool-call",
      id,
      callId: id,
      name: wireName(name),
      arguments: jsonText(isJsonObject(input) ? input : { arguments: input }),
    },
    result: {
      type: "tool-result",
      id: resultId(id),
      callId: id,
      output: cut(output).toWellFormed(),
      isError,
    },
  };
}

/** What codex's item for a tool of its own has of the call and of the result. */
export interface ToolFields {
  readonly input: readonly string[];
  readonly output: readonly string[];
}

/** A tool of codex's own that has no item of ours: the named fields of its item, as small JSON. */
export function ownTool(id: string, name: string, item: JsonObject, fields: ToolFields): ToolPair {
  const output = pick(item, fields.output);
  const { status, failure = null } = item;
  return toolPair(id, name, {
    input: pick(item, fields.input),
    output: Object.keys(output).length === 0 ? "" : jsonText(output),
    isError: status === "failed" || status === "interrupted" || failure !== null,
  });
}

/** The texts of what a tool answered; what is no text is named, or shown as JSON. */
export function contentText(content: Json): string {
  if (content === null) return "";
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map(partText).join("\n") : jsonText(content);
}

/** JSON of what codex sent, which may be nested deeper than a stack. */
export function jsonText(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '"[nested too deeply]"';
  }
}

function partText(part: Json): string {
  const { type = "", text } = isJsonObject(part) ? part : {};
  if (typeof text === "string") return text;
  const medium = typeof type === "string" ? /image|audio/i.exec(type)?.[0] : undefined;
  return medium === undefined ? contentOf(part) : `[${medium.toLowerCase()}]`;
}

function contentOf(part: Json): string {
  return typeof part === "string" ? part : jsonText(part);
}

function pick(item: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = item[name] ?? null;
      return value === null ? [] : [[name, value] as const];
    }),
  );
}

/** Names as model endpoints take them. */
function wireName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64) || "unknown";
}

function cut(output: string): string {
  if (output.length <= resultChars) return output;
  return `${output.slice(0, resultChars)}\n[cut: ${output.length} characters in all]`;
}
