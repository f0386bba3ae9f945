import { expect, test } from "bun:test";
import { createServerTool } from "../../src/mcp/server_tool.ts";
import type { ListedTool, ServerSpec } from "../../src/mcp/server_spec.ts";
import { createToolContext } from "../fakes/tool_context.ts";

const spec: ServerSpec = {
  name: "fs",
  reach: { kind: "http", url: "http://127.0.0.1:9/", headers: {}, verifiesCertificate: true },
  timeoutMs: 1_000,
  connectTimeoutMs: 1_000,
  include: [],
  exclude: [],
  isParallel: false,
};
const listed: ListedTool = {
  name: "move",
  title: "Move",
  description: "Moves a file",
  inputSchema: { type: "object" },
  isReadOnly: false,
  isDestructive: false,
};

function tool(hints: Partial<ListedTool> = {}, more: Partial<ServerSpec> = {}) {
  const server = {
    spec: { ...spec, ...more },
    call: (name: string, input: unknown) =>
      Promise.resolve({ text: JSON.stringify({ name, input }), isError: false }),
  };
  return createServerTool(server, { ...listed, ...hints }, "mcp_fs_move");
}

test("a tool tells whose it is, and passes its arguments as they are", async () => {
  const made = tool();
  expect(made.spec).toEqual({
    name: "mcp_fs_move",
    description: "[MCP server fs] Move: Moves a file",
    parameters: { type: "object", properties: {} },
  });
  const input = made.parse('{"from": null, "n": "7"}');
  expect(await made.run(input, createToolContext())).toEqual({
    text: '{"name":"move","input":{"from":null,"n":"7"}}',
    isError: false,
  });
  expect(() => made.parse("[]")).toThrow("they must be one JSON object");
});

test("what shows nothing is left out of a description, and a long one is cut", () => {
  const made = tool({ title: "", description: `a\u200b\u{e0041}\u0007b${"c".repeat(3_000)}` });
  expect(made.spec.description).toHaveLength(1_024);
  expect(made.spec.description).toStartWith("[MCP server fs] abccc");
});

test.each([
  ["reads", { isReadOnly: true }, {}, ["read", { mode: "shared" }]],
  ["acts", {}, {}, ["network", { mode: "exclusive" }]],
  ["acts on a parallel server", {}, { isParallel: true }, ["network", { mode: "shared" }]],
] as const)("a tool that %s", (_, hints, more, [effect, access]) => {
  const made = tool(hints, more);
  expect([made.effect, made.access?.({}, "/")]).toEqual([effect, access]);
});

test("reading is allowed; the rest is asked for, and may run unattended unless it destroys", async () => {
  const context = createToolContext();
  expect(await tool({ isReadOnly: true }).permission?.({}, context)).toEqual({ kind: "allowed" });
  const request = {
    subject: { kind: "tool", name: "move of MCP server fs", arguments: { a: 1 } },
    reason: "a tool of MCP server fs",
    key: "mcp fs move",
    alwaysAllows: "calls of move",
    isAllowedUnattended: true,
  } as const;
  expect(await tool().permission?.({ a: 1 }, context)).toEqual({ kind: "ask", request });
  const { isAllowedUnattended: _, ...asked } = request;
  expect(await tool({ isDestructive: true }).permission?.({ a: 1 }, context)).toEqual({
    kind: "ask",
    request: { ...asked, reason: "a tool that may destroy something of MCP server fs" },
  });
});
