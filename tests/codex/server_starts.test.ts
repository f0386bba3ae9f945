import { expect, test } from "bun:test";
import { ServerStarts } from "../../src/codex/server_starts.ts";
import { recordedVersions, serverMessages } from "./story.ts";

test.each([...recordedVersions])("ServerStarts hears what codex %s tells of servers", (version) => {
  const starts = new ServerStarts();
  expect(starts.of("lab")).toEqual({ kind: "starting" });
  for (const { method, params } of serverMessages(version, "mcp_injected")) {
    if (typeof method === "string") starts.hear(method, params ?? null);
  }
  expect([starts.of("lab"), starts.of("gone")]).toEqual([
    { kind: "ready" },
    { kind: "failed", reason: "No such file or directory (os error 2)" },
  ]);
});

test("ServerStarts leaves out what only codex's authors understand", () => {
  const starts = new ServerStarts();
  const error =
    "MCP client for `a` failed to start: MCP startup failed: handshaking with MCP server failed: Send message error Transport " +
    "[codex_rmcp_client::x::Y<rmcp::z>] error: Broken pipe (os error 32), when send initialize request";
  const hear = (params: Parameters<ServerStarts["hear"]>[1]): void =>
    starts.hear("mcpServer/startupStatus/updated", params);
  hear({ name: "a", status: "failed", error });
  hear({ name: "b", status: "cancelled", error: null });
  hear({ name: "c", status: "ready" });
  hear({ status: "ready" });
  hear(null);
  expect(["a", "b", "c"].map((name) => starts.of(name))).toEqual([
    {
      kind: "failed",
      reason:
        "handshaking with MCP server failed: Send message error Broken pipe (os error 32), when send initialize request",
    },
    { kind: "failed", reason: "codex calls it cancelled" },
    { kind: "ready" },
  ]);
});
