import { ownText } from "../../agent/shown_text.ts";
import type { ToolResult } from "../../core/item.ts";
import { callShortfall } from "../render/call_shortfall.ts";
import { isJsonObject, parseJson, type JsonObject } from "../../core/json.ts";

/** A finished call in a few words: how it ended, how long it took, how much came back (`exit 1, 0.2 s, 12 lines`). */
export function resultSummary(result: ToolResult, durationMs: number): string {
  const output = parseJson(ownText(result.output));
  const facts = isJsonObject(output) ? output : undefined;
  return [callShortfall(result), seconds(durationMs), facts && amount(facts)]
    .filter((fact) => fact !== undefined)
    .join(", ");
}

/** Whether a call did what it was called for. */
export function hasSucceeded(result: ToolResult): boolean {
  return !result.isError && callShortfall(result) === undefined;
}

/** `0.2 s`, `12 s`, `3 min 20 s`. */
export function seconds(ms: number): string {
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const whole = Math.round(ms / 1_000);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function amount(facts: JsonObject): string | undefined {
  for (const [name, value] of Object.entries(facts)) {
    if (typeof value === "string" && (name === "output" || name === "content")) {
      return value === "" ? undefined : count(lineCount(value), "line", "lines");
    }
    const words = listNames.get(name);
    if (Array.isArray(value) && words) return count(value.length, ...words);
  }
  return undefined;
}

/** What tools call the lists that they give back. */
const listNames: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["matches", ["match", "matches"]],
  ["files", ["file", "files"]],
  ["files_modified", ["file", "files"]],
  ["processes", ["process", "processes"]],
]);

function lineCount(text: string): number {
  return text.replace(/\n$/, "").split("\n").length;
}

function count(value: number, one: string, many: string): string {
  return `${value} ${value === 1 ? one : many}`;
}
