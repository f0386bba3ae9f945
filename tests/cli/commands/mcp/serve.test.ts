import { describe, expect, test } from "bun:test";
import type { McpServeOptions } from "../../../../src/app/mcp_server.ts";
import type { McpToken } from "../../../../src/app/mcp_token.ts";
import type { SignalName } from "../../../../src/core/ports.ts";
import { startCli } from "../../../fakes/cli.ts";

/** Apart from the rest of a key, so that no file here holds what looks like one. */
const kind = "proj";

/** What the command asks the program to serve, and how it ends. */
async function served(...args: readonly string[]) {
  const asked: McpServeOptions[] = [];
  const serveMcp = async (options: McpServeOptions): Promise<void> => void asked.push(options);
  const run = await startCli(["mcp", "serve", ...args], { parts: { serveMcp } }).finish();
  return { ...run, options: asked[0] };
}

describe("flags", () => {
  test.each([
    [[], { toolsets: ["codex"], fixtures: false }],
    [["--toolsets", "codex, sessions,"], { toolsets: ["codex", "sessions"], fixtures: false }],
    [["--fixtures"], { toolsets: ["codex"], fixtures: true }],
    [["--http", "8765"], { http: { host: "127.0.0.1", port: 8765 } }],
    [["--http", "localhost:1"], { http: { host: "localhost", port: 1 } }],
    [["--http", "[::1]:65535"], { http: { host: "::1", port: 65_535 } }],
    [["--http", "0", "--token-file", "t"], { http: { port: 0, tokenFile: "t" } }],
  ])("%j", async (args, expected) => {
    const { code, options, stdout, stderr } = await served(...args);
    expect([code, stdout, stderr]).toEqual([0, "", ""]);
    expect(options).toMatchObject(expected);
  });

  test.each([
    [["--http", ""]],
    [["--http", "65536"]],
    [["--http", "http://127.0.0.1:1"]],
    [["--http", "host"]],
    [["--http", "::1:80"]],
    [["--toolsets", " "]],
    [["--token-file", "t"]],
    [["extra"]],
  ])("%j is a wrong call", async (args) => {
    const { code, options, stdout } = await served(...args);
    expect([code, options, stdout]).toEqual([2, undefined, ""]);
  });
});

test("notes are told with -v only, warnings always, both masked", async () => {
  const serveMcp = async ({ reports }: McpServeOptions): Promise<void> => {
    reports.note("a\nnote");
    reports.warn(`key sk-${kind}-A1b2C3d4E5f6G7h8I9j0K1l2M3n4`);
  };
  const quiet = await startCli(["mcp", "serve"], { parts: { serveMcp } }).finish();
  expect(quiet.stderr).toStartWith("warning: key sk-p");
  expect(quiet.stderr).not.toContain("I9j0");
  const verbose = await startCli(["mcp", "serve", "-v"], { parts: { serveMcp } }).finish();
  expect(verbose.stderr).toStartWith("mcp: a note\nwarning: ");
});

describe("where clients find it", () => {
  async function told(token: McpToken): Promise<string> {
    const serveMcp = async ({ http }: McpServeOptions): Promise<void> =>
      await http?.onListening({ url: "http://127.0.0.1:1/mcp", token });
    const run = await startCli(["mcp", "serve", "--http", "1"], { parts: { serveMcp } }).finish();
    expect([run.code, run.stdout]).toEqual([0, ""]);
    return run.stderr;
  }

  test("a token that was made is told with what to type", async () => {
    expect(await told({ origin: "made", value: "0123456789abcdef" })).toBe(
      [
        "Serving MCP at http://127.0.0.1:1/mcp",
        "Clients must show this token, which holds until the server ends:",
        "  export HERMES_MCP_TOKEN=0123456789abcdef",
        "  codex mcp add hermes-tools --url http://127.0.0.1:1/mcp --bearer-token-env-var HERMES_MCP_TOKEN",
        "",
      ].join("\n"),
    );
  });

  test("one of the user's is never told", async () => {
    for (const origin of ["file", "variable"] as const) {
      const text = await told({ origin, value: "0123456789abcdef" });
      expect(text).toStartWith("Serving MCP at http://127.0.0.1:1/mcp\nClients must show");
      expect(text).not.toContain("0123456789abcdef");
    }
  });
});

/** A server that serves until it is told to end. */
function startServer(ignored: readonly SignalName[]) {
  const started = Promise.withResolvers<void>();
  const serveMcp = (_: McpServeOptions, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve());
      started.resolve();
    });
  return {
    run: startCli(["mcp", "serve"], { parts: { serveMcp }, ignoredSignals: ignored }),
    started: started.promise,
  };
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s is a good end", async (name) => {
  const { run, started } = startServer([]);
  await started;
  run.ports.signals.send(name);
  expect(await run.finish()).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("nobody listens to a hang-up that is ignored", async () => {
  const { run, started } = startServer(["SIGHUP"]);
  await started;
  expect(run.ports.signals.names()).toEqual(["SIGINT", "SIGTERM"]);
  run.ports.signals.send("SIGTERM");
  await run.finish();
});
