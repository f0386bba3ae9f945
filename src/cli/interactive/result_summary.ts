import { ownText } from "../../agent/shown_text.ts";
import type { ToolResult } from "../../core/item.ts";
import { isJsonObject, parseJson, type JsonObject } from "../../core/json.ts";

/** A finished call in a few words: how it ended, how long it took, how much came back (`exit 1, 0.2 s, 12 lines`). */
export function resultSummary(result: ToolResult, durationMs: number): string {
  const output = parseJson(ownText(result.output));
  const facts = isJsonObject(output) ? output : undefined;
  return [exitFact(facts), shortfall(facts), seconds(durationMs), facts && amount(facts)]
    .filter((fact) => fact !== undefined)
    .join(", ");
}

/**
 * Whether a call did what it was called for: a command that ended with another code than 0 did not, nor did sub-agents of
 * which one failed.
 */
export function hasSucceeded(result: ToolResult): boolean {
  if (result.isError) return false;
  const output = parseJson(ownText(result.output));
  const facts = isJsonObject(output) ? output : undefined;
  return exitFact(facts) === undefined && shortfall(facts) === undefined;
}

/** `0.2 s`, `12 s`, `3 min 20 s`. */
export function seconds(ms: number): string {
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const whole = Math.round(ms / 1_000);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function exitFact(facts: JsonObject | undefined): string | undefined {
  const code = facts?.["exit_code"];
  return typeof code === "number" && code !== 0 ? `exit ${code}` : undefined;
}

/** How many pieces of delegated work came to nothing: `1 of 3 failed`. */
function shortfall(facts: JsonObject | undefined): string | undefined {
  const results = facts?.["results"];
  if (!Array.isArray(results)) return undefined;
  const tasks = results.filter(isJsonObject).filter((task) => "task_index" in task);
  const failed = tasks.filter((task) => task["status"] === "failed").length;
  const interrupted = tasks.filter((task) => task["status"] === "interrupted").length;
  if (failed + interrupted === 0) return undefined;
  return failed > 0
    ? `${failed} of ${tasks.length} failed`
    : `${interrupted} of ${tasks.length} interrupted`;
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
