import type { Item, ToolCall, ToolResult } from "../../core/item.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";

/** Something that a review wrote. */
export interface ReviewChange {
  readonly subsystem: "memory" | "skills";
  /** For people, perhaps of several lines: `prefers pnpm`, `create the skill web/deploy`. */
  readonly text: string;
  /** Not done yet: it waits for the user. */
  readonly isStaged: boolean;
}

/** What was written by the calls among these items, in their order; what failed or was refused is not. */
export function changesIn(items: readonly Item[]): readonly ReviewChange[] {
  const calls = new Map<string, ToolCall>();
  const changes: ReviewChange[] = [];
  for (const item of items) {
    if (item.type === "tool-call") calls.set(item.callId, item);
    if (item.type !== "tool-result") continue;
    const call = calls.get(item.callId);
    const change = call && changeOf(call, item);
    if (change) changes.push(change);
  }
  return changes;
}

function changeOf(call: ToolCall, { output, isError }: ToolResult): ReviewChange | undefined {
  const told = parseJson(output);
  if (isError || !isJsonObject(told) || told["success"] !== true) return undefined;
  const given = parseJson(call.arguments);
  const fields = isJsonObject(given) ? given : {};
  const isStaged = told["staged"] === true;
  switch (call.name) {
    case "memory":
      return { subsystem: "memory", text: memoryText(fields), isStaged };
    case "skill_manage":
      return { subsystem: "skills", text: skillText(fields), isStaged };
    default:
      return undefined;
  }
}

function memoryText(fields: JsonObject): string {
  return textOf(fields, "action") === "remove"
    ? `removed: ${textOf(fields, "old_text")}`
    : textOf(fields, "content");
}

function skillText(fields: JsonObject): string {
  const file = textOf(fields, "file_path");
  const what = [textOf(fields, "action"), file, textOf(fields, "name")];
  return what.filter((word) => word !== "").join(" ");
}

function textOf(fields: JsonObject, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}
