import { ownText } from "../../agent/shown_text.ts";
import type { ToolResult } from "../../core/item.ts";
import { isJsonObject, parseJson, type JsonObject } from "../../core/json.ts";

/**
 * What a call did not achieve that ran as such: a command that ended with another code than 0 (`exit 2`), or sub-agents of
 * which not all came to an end (`1 of 3 failed`). Undefined for one that did what it was called for.
 */
export function callShortfall(result: ToolResult): string | undefined {
  const output = parseJson(ownText(result.output));
  return isJsonObject(output) ? (exitFact(output) ?? unfinishedTasks(output)) : undefined;
}

function exitFact({ exit_code: code }: JsonObject): string | undefined {
  return typeof code === "number" && code !== 0 ? `exit ${code}` : undefined;
}

function unfinishedTasks({ results }: JsonObject): string | undefined {
  if (!Array.isArray(results)) return undefined;
  const tasks = results.filter(isJsonObject).filter((task) => "task_index" in task);
  for (const status of ["failed", "interrupted"]) {
    const count = tasks.filter((task) => task["status"] === status).length;
    if (count > 0) return `${count} of ${tasks.length} ${status}`;
  }
  return undefined;
}
