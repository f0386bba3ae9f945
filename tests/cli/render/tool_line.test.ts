import { expect, test } from "bun:test";
import { failureLine, toolLine } from "../../../src/cli/render/tool_line.ts";

function lineOf(name: string, input: unknown): string {
  const text = typeof input === "string" ? input : JSON.stringify(input);
  return toolLine({ type: "tool-call", id: "c", callId: "1", name, arguments: text });
}

test.each<readonly [string, unknown, string]>([
  ["terminal", { command: "git status\n--short", timeout: 5 }, "terminal git status --short"],
  ["read_file", { path: "a.txt", limit: 3 }, "read_file a.txt"],
  ["search_files", { path: ".", pattern: "exit 66" }, "search_files exit 66"],
  ["todo", { todos: [{ id: "1" }, { id: "2" }] }, "todo 2 todos"],
  ["todo", { todos: [{ id: "1" }] }, "todo 1 todo"],
  ["todo", {}, "todo"],
  [
    "delegate_task",
    { goal: "Count the words", context: "of a.txt" },
    "delegate_task Count the words",
  ],
  ["process", { id: 3 }, 'process {"id":3}'],
  ["terminal", "{broken", "terminal {broken"],
  ["terminal", { command: "\x1b[2Jclear" }, "terminal clear"],
  ["terminal", { command: "x".repeat(200) }, `terminal ${"x".repeat(90)}…`],
])("toolLine(%s, %j)", (name, input, expected) => {
  expect(lineOf(name, input)).toBe(expected);
});

test.each([
  ['{"error":"No such file\\nat all"}', "No such file at all"],
  ["plain words", "plain words"],
  ['{"results":[{"task_index":0,"status":"failed","error":"HTTP 500"}]}', "HTTP 500"],
  ['{"results":[{"task_index":0}]}', '{"results":[{"task_index":0}]}'],
  ['{"exit_code":1}', '{"exit_code":1}'],
])("failureLine(%j)", (output, expected) => {
  const result = { type: "tool-result", id: "r", callId: "1", output, isError: true } as const;
  expect(failureLine(result)).toBe(expected);
});
