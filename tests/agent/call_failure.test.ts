import { expect, test } from "bun:test";
import { hasFailed } from "../../src/agent/call_failure.ts";

test.each([
  ["terminal", { exit_code: 0, output: "error: failed" }, false, false],
  ["terminal", { exit_code: 2, output: "" }, false, true],
  ["terminal", { exit_code: 1, exit_code_meaning: "No lines matched" }, false, false],
  ["terminal", { exit_code: 127, exit_code_meaning: "The program was not found" }, false, true],
  ["terminal", { exit_code: -1, error: "no" }, true, true],
  ["write_file", { bytes_written: 3, lint: { error: "bad" } }, true, false],
  ["write_file", { bytes_written: 3, error: "the disk is full" }, false, true],
  ["write_file", { error: "no such directory" }, true, true],
  ["patch", { success: true, diff: "-error\n+failed" }, true, false],
  ["patch", { success: true, error: "half of it" }, false, true],
  ["patch", { success: false, error: "not found" }, true, true],
  ["memory", { error: "Memory is full" }, true, true],
  ["read_file", { content: "error failed" }, false, false],
])("hasFailed() of %s with %j, told as an error: %j, is %j", (tool, value, isError, expected) => {
  expect(hasFailed(tool, { text: JSON.stringify(value), isError })).toBe(expected);
});

test("hasFailed() believes the tool where the text is no object", () => {
  expect(hasFailed("patch", { text: "Error", isError: false })).toBe(false);
  expect(hasFailed("mcp_s_x", { text: "fine", isError: true })).toBe(true);
});
