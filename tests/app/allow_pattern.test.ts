import { expect, test } from "bun:test";
import { matchesAllowPattern } from "../../src/app/allow_pattern.ts";
import type { ApprovalRequest } from "../../src/core/approval.ts";

const command = (text: string): ApprovalRequest => ({
  subject: { kind: "command", command: text, cwd: "/w" },
  reason: "it is dangerous",
  key: "some danger",
});
const files: ApprovalRequest = {
  subject: { kind: "file_change", changes: [{ kind: "add", path: "/w/a" }] },
  reason: "codex wants to change files outside its sandbox",
  key: 'codex files [["/w/a"],null]',
};

const tool: ApprovalRequest = {
  subject: { kind: "tool", name: "write of MCP server fs", arguments: {} },
  reason: "a tool of MCP server fs",
  key: "mcp fs write",
};

test.each<[string, ApprovalRequest, string, boolean]>([
  ["a command by a pattern", command("git push origin"), "git push*", true],
  ["a command by its whole text", command("echo a >> b && cat b"), "echo a >> b && cat b", true],
  ["a chain by a pattern of a part", command("echo a && rm -rf b"), "echo *", false],
  ["output into a file by a pattern", command("echo a > b"), "echo *", false],
  ["a command by its key", command("rm -rf x"), "some danger", true],
  ["files by their key", files, 'codex files [["/w/a"],null]', true],
  ["files by a pattern", files, "*", false],
  ["a tool of a server by its key", tool, "mcp fs write", true],
  ["all tools of a server", tool, "mcp fs *", true],
  ["another server", tool, "mcp f *", false],
  ["a server whose name begins alike", { ...tool, key: "mcp fs two write" }, "mcp fs *", false],
  ["every server", tool, "mcp *", false],
  ["another tool that begins alike", tool, "mcp fs wri*", false],
])("matchesAllowPattern() of %s", (_name, request, pattern, matches) => {
  expect(matchesAllowPattern(request, pattern)).toBe(matches);
});
