import { describe, expect, test } from "bun:test";
import {
  hasSucceeded,
  resultSummary,
  seconds,
} from "../../../src/cli/interactive/result_summary.ts";
import type { ToolResult } from "../../../src/core/item.ts";

function result(output: string, isError = false): ToolResult {
  return { type: "tool-result", id: "r", callId: "c", output, isError };
}

/** What `delegate_task` gives back. */
function tasks(...statuses: readonly string[]): string {
  return JSON.stringify({ results: statuses.map((status, at) => ({ task_index: at, status })) });
}

describe("resultSummary()", () => {
  test.each([
    ['{"output":"a\\nb\\n","exit_code":0}', "0.2 s, 2 lines"],
    ['{"output":"a","exit_code":2}', "exit 2, 0.2 s, 1 line"],
    ['{"output":"","exit_code":0}', "0.2 s"],
    ['{"content":"1|x\\n2|y","total_lines":2}', "0.2 s, 2 lines"],
    ['{"total_count":2,"matches":[1,2]}', "0.2 s, 2 matches"],
    ['{"files":["a"]}', "0.2 s, 1 file"],
    ['{"success":true,"files_modified":["a","b"]}', "0.2 s, 2 files"],
    [tasks("completed", "completed"), "0.2 s"],
    [tasks("completed", "failed", "interrupted"), "1 of 3 failed, 0.2 s"],
    [tasks("completed", "interrupted"), "1 of 2 interrupted, 0.2 s"],
    ['{"results":[{"url":"https://example.com","status":"failed"}]}', "0.2 s"],
    ["[1,2]", "0.2 s"],
    ["no JSON", "0.2 s"],
  ])("%s is %s", (output, summary) => {
    expect(resultSummary(result(output), 200)).toBe(summary);
  });
});

describe("hasSucceeded()", () => {
  test.each([
    ['{"exit_code":0}', false, true],
    ['{"exit_code":1}', false, false],
    ['{"exit_code":0}', true, false],
    ["text", false, true],
    [tasks("completed", "completed"), false, true],
    [tasks("completed", "failed"), false, false],
    [tasks("interrupted", "completed"), false, false],
  ])("%s with isError %p: %p", (output, isError, expected) => {
    expect(hasSucceeded(result(output, isError))).toBe(expected);
  });
});

describe("seconds()", () => {
  test.each([
    [0, "0.0 s"],
    [249, "0.2 s"],
    [9_949, "9.9 s"],
    [9_960, "10 s"],
    [119_000, "119 s"],
    [200_000, "3 min 20 s"],
  ])("%d ms are %s", (ms, text) => {
    expect(seconds(ms)).toBe(text);
  });
});
