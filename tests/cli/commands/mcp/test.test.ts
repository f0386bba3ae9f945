import { expect, test } from "bun:test";
import { toolLines } from "../../../../src/cli/commands/mcp/test.ts";

const tool = (name: string, description: string) => ({
  name,
  description,
  title: "",
  inputSchema: {},
  isReadOnly: true,
  isDestructive: false,
});

const offered = {
  tools: [tool("read", "Reads a file of the project\nand more"), tool("other", "")],
  used: new Map([["read", "mcp_fs_read"]]),
};

test("toolLines() are below one another, and end with the line of a terminal", () => {
  expect(toolLines(offered, undefined)).toEqual([
    "  mcp_fs_read       reads  Reads a file of the project",
    "  (not used) other  reads",
  ]);
  expect(toolLines(offered, 40)).toEqual([
    "  mcp_fs_read       reads  Reads a file…",
    "  (not used) other  reads",
  ]);
});

test("a long name is whole, and pushes no other line to the right", () => {
  const long = "x".repeat(60);
  const tools = [tool("read", "Reads"), tool(long, "Is long")];
  const used = new Map([
    ["read", "mcp_fs_read"],
    [long, long],
  ]);
  expect(toolLines({ tools, used }, 50)).toEqual([
    `  ${"mcp_fs_read".padEnd(40)}  reads`,
    `  ${long}  reads`,
  ]);
});
