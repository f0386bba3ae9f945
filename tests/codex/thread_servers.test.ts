import { describe, expect, test } from "bun:test";
import type { CodexServers } from "../../src/codex/server_entries.ts";
import { planThreadServers } from "../../src/codex/thread_servers.ts";
import { formatThreadState, parseThreadState } from "../../src/codex/thread_state.ts";

const marker = "HERMES_CODEX_RUN";
const given: CodexServers = {
  entries: new Map([
    ["files", { command: "files", env_vars: ["TOKEN"] }],
    ["constructor", { url: "http://x" }],
  ]),
  env: { TOKEN: "t" },
  problems: [{ server: "old", message: "is left out: codex has no sse transport" }],
  signIns: [],
};
const problem = "The MCP server old is left out: codex has no sse transport";
const own = { command: "/opt/hermes", args: ["mcp", "serve"] };

describe("planThreadServers()", () => {
  test("gives a thread the user's servers and ours, each to be found again", () => {
    expect(planThreadServers({ given, own, defined: {} })).toEqual({
      config: {
        files: { command: "files", env_vars: ["TOKEN", marker] },
        constructor: { url: "http://x" },
        "hermes-tools": { ...own, env_vars: [marker] },
      },
      injected: ["files", "constructor", "hermes-tools"],
      signIns: new Map(),
      problems: given.problems,
      notices: [problem],
    });
  });

  test("leaves what codex is configured with as it is there, and tells where that differs", () => {
    const files = { command: "files", env_vars: ["TOKEN"], enabled: true, tool_timeout_sec: null };
    const defined = { files, constructor: { url: "http://y" } };
    expect(planThreadServers({ given, own: undefined, defined })).toEqual({
      config: {},
      injected: [],
      signIns: new Map(),
      problems: given.problems,
      notices: [
        problem,
        "codex has an MCP server constructor of its own: it is used in place of the one of hermes",
      ],
    });
  });

  test("switches our server of the user's configuration off where the thread has our tools already", () => {
    const none = { ...given, entries: new Map(), problems: [] };
    const nothing = { injected: [], signIns: new Map(), problems: [], notices: [] };
    const defined = { "hermes-tools": own };
    expect(planThreadServers({ given: none, own: undefined, defined })).toEqual({
      ...nothing,
      config: { "hermes-tools": { enabled: false } },
    });
  });

  test("makes our server of the user's configuration the one of the thread, unless that has an address", () => {
    const none = { ...given, entries: new Map(), problems: [] };
    const nothing = { signIns: new Map(), problems: [], notices: [] };
    const chosen = { ...own, enabled_tools: ["todo"] };
    const other = { command: "/opt/hermes", env: { HERMES_HOME: "/other" }, url: null };
    expect(
      planThreadServers({ given: none, own: chosen, defined: { "hermes-tools": other } }),
    ).toEqual({
      ...nothing,
      injected: ["hermes-tools"],
      config: { "hermes-tools": { ...chosen, env_vars: [marker], enabled: true } },
    });
    const remote = { url: "http://127.0.0.1:8765/mcp" };
    expect(
      planThreadServers({ given: none, own: chosen, defined: { "hermes-tools": remote } }),
    ).toEqual({
      ...nothing,
      injected: [],
      config: { "hermes-tools": { enabled_tools: ["todo"] } },
    });
  });
});

test("planThreadServers() knows how to sign in to a server that codex is not configured with", () => {
  const entries = new Map([["notes", { url: "https://notes.example/mcp?x=1" }]]);
  const notes = { ...given, entries, signIns: ["notes"] };
  expect(planThreadServers({ given: notes, own: undefined, defined: {} }).signIns).toEqual(
    new Map([
      ["notes", `codex mcp login notes -c 'mcp_servers.notes.url="https://notes.example/mcp?x=1"'`],
    ]),
  );
});

test("the state of a thread is read as it was written, and that of earlier sessions as one with tools", () => {
  for (const hasTools of [true, false]) {
    const state = { threadId: "01a1fe1a-04d6-7030-a122-feffdfc49fa3", hasTools };
    expect(parseThreadState(formatThreadState(state))).toEqual(state);
  }
  expect(parseThreadState("thread-1")).toEqual({ threadId: "thread-1", hasTools: true });
});
