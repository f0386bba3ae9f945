import { expect, test } from "bun:test";
import { callShortfall } from "../../../src/cli/render/call_shortfall.ts";
import { Progress } from "../../../src/cli/render/progress.ts";
import type { ToolResult } from "../../../src/core/item.ts";

function result(output: string): ToolResult {
  return { type: "tool-result", id: "r", callId: "c", output, isError: false };
}

/** What `delegate_task` gives back. */
function tasks(...statuses: readonly string[]): string {
  return JSON.stringify({ results: statuses.map((status, at) => ({ task_index: at, status })) });
}

test.each([
  ['{"exit_code":0}', undefined],
  ['{"exit_code":2}', "exit 2"],
  [tasks("completed", "completed"), undefined],
  [tasks("completed", "failed", "interrupted"), "1 of 3 failed"],
  [tasks("completed", "interrupted"), "1 of 2 interrupted"],
  ['{"results":[{"url":"https://example.com","status":"failed"}]}', undefined],
  ["text", undefined],
])("callShortfall() of %s is %s", (output, shortfall) => {
  expect(callShortfall(result(output))).toBe(shortfall);
});

test("the progress of a script's run ticks off nothing that came to nothing", () => {
  const progress = new Progress({ isVerbose: false });
  const call = { type: "tool-call", id: "i", callId: "c", name: "delegate_task" } as const;
  const item = { ...call, arguments: '{"tasks":[{"goal":"a"},{"goal":"b"}]}' };
  expect(progress.line({ type: "item-end", item })).toBeUndefined();
  expect(progress.line({ type: "item-end", item: result(tasks("completed", "failed")) })).toBe(
    "✗ delegate_task 2 tasks: 1 of 2 failed",
  );
});
