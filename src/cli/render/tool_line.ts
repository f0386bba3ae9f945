import { ownText } from "../../agent/shown_text.ts";
import type { ToolCall, ToolResult } from "../../core/item.ts";
import { isJsonObject, parseJson, type Json, type JsonObject } from "../../core/json.ts";
import { clip, oneLine } from "./plain.ts";

/** A tool call in one line: its name and the argument that says most, `terminal git status`. */
export function toolLine(call: ToolCall, width = 100): string {
  return clip(oneLine(`${call.name} ${tellingArgument(call.arguments)}`), width);
}

/** Why a tool failed, in one line. */
export function failureLine(result: ToolResult, width = 100): string {
  const text = ownText(result.output);
  const output = parseJson(text);
  const error = isJsonObject(output) ? (output["error"] ?? firstError(output)) : undefined;
  return clip(oneLine(typeof error === "string" ? error : text), width);
}

/** Of results in a list, as of sub-agents that all failed. */
function firstError({ results }: JsonObject): Json | undefined {
  const errors = Array.isArray(results) ? results.filter(isJsonObject) : [];
  return errors.find(({ error }) => typeof error === "string")?.["error"];
}

/** In the order in which they say most about a call. */
const tellingNames = ["command", "pattern", "query", "path", "url", "question", "goal", "action"];

function tellingArgument(text: string): string {
  const value: Json | undefined = parseJson(text);
  if (!isJsonObject(value)) return text;
  for (const name of tellingNames) {
    const argument = value[name];
    if (typeof argument === "string" && argument !== "") return argument;
  }
  const lists = Object.entries(value).filter(([, entry]) => Array.isArray(entry));
  const [list] = lists;
  if (list && lists.length === Object.keys(value).length) return describeList(...list);
  return Object.keys(value).length === 0 ? "" : JSON.stringify(value);
}

/** For example `3 todos`. */
function describeList(name: string, list: Json): string {
  const count = Array.isArray(list) ? list.length : 0;
  return `${count} ${count === 1 ? name.replace(/s$/, "") : name}`;
}
