import { expect, test } from "bun:test";
import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { Clock } from "../../src/core/ports.ts";
import { openServer } from "../../src/mcp/client.ts";
import type { ServerSpec } from "../../src/mcp/server_spec.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeSpawner, type FakeProcess, type FakeProgram } from "../fakes/spawner.ts";
import { createToolContext } from "../fakes/tool_context.ts";

const spec: ServerSpec = {
  name: "s",
  reach: {
    kind: "stdio",
    program: "/bin/server",
    arguments: ["-q"],
    env: { A: "1" },
    cwd: "/work",
  },
  timeoutMs: 5_000,
  connectTimeoutMs: 2_000,
  include: [],
  exclude: [],
  isParallel: false,
};
const never = new AbortController().signal;
const forever = new Promise<void>(() => {});

/** A server as a program of the tests; `answer` makes the result of a call, undefined answers nothing. */
function program(
  answer: (params: JsonObject, process: FakeProcess) => JsonObject | undefined,
  tools: readonly JsonObject[] = [
    { name: "a", inputSchema: {} },
    { name: "b", inputSchema: {} },
  ],
): FakeProgram {
  return async (process) => {
    const decoder = new TextDecoder();
    for await (const chunk of process.stdin) {
      for (const line of decoder.decode(chunk).split("\n")) {
        const message = parseJson(line);
        if (!isJsonObject(message) || message["id"] === undefined) continue;
        const { id, method, params } = message;
        const result =
          method === "initialize"
            ? {
                protocolVersion: "2025-06-18",
                capabilities: { tools: {} },
                serverInfo: { name: "s", version: "1" },
              }
            : method === "tools/list"
              ? { tools }
              : answer(isJsonObject(params) ? params : {}, process);
        if (result) process.print(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
      }
    }
    return 0;
  };
}

const said = (text: string): JsonObject => ({ content: [{ type: "text", text }] });

function lab(run: FakeProgram, more: { clock?: Clock; spec?: Partial<ServerSpec> } = {}) {
  const spawner = createFakeSpawner(run);
  const notices: string[] = [];
  const clock = more.clock ?? createFakeClock();
  const deps = {
    spawner,
    clock,
    fetch: () => Promise.reject(new Error("Nothing is fetched here")),
    version: "1.2.3",
    cwd: "/work",
    mask: (text: string) => text.replaceAll("secret", "***"),
    notice: (text: string) => void notices.push(text),
    isAttended: false,
  };
  const open = (signal = never) => openServer(deps, { ...spec, ...more.spec }, signal);
  return { open, spawner, notices };
}

function textOf(output: { readonly text: string }): string {
  if (!output.text.startsWith('{"error"')) return output.text;
  const { error } = JSON.parse(output.text) as { error: string };
  return error;
}

test("openServer() starts the program with what it may know, and reads the tools that are wanted", async () => {
  const { open, spawner, notices } = lab(
    program(() => said("hi")),
    {
      spec: { include: ["b", "c"], exclude: [] },
    },
  );
  const server = await open();
  expect([server.tools.map(({ name }) => name), server.allTools.length, server.about]).toEqual([
    ["b"],
    2,
    { name: "s", version: "1" },
  ]);
  expect(spawner.requests).toEqual([
    { program: "/bin/server", arguments: ["-q"], env: { A: "1" }, cwd: "/work", stdin: "pipe" },
  ]);
  expect(notices).toEqual(["MCP server s has no such tool, see mcp_servers.s.tools: c"]);
  expect(textOf(await server.call("b", {}, createToolContext()))).toBe("hi");
  await server[Symbol.asyncDispose]();
  expect(spawner.signals).toEqual(["SIGKILL"]);
});

test("a server that lists tools without end is read as far as anybody could use it", async () => {
  const tools = Array.from({ length: 200_000 }, (_, at) => ({ name: `t${at % 150_000}` }));
  const { open, notices } = lab(program(() => said("hi"), tools));
  const server = await open();
  expect([server.tools.length, server.tools.at(-1)?.name]).toEqual([10_000, "t9999"]);
  expect(notices).toEqual(["MCP server s lists too many tools: only the first 10000 are read"]);
  await server[Symbol.asyncDispose]();
});

test("a server that does not get ready in time is ended", async () => {
  const clock = createFakeClock();
  const { open, spawner } = lab(
    async (process) => {
      process.ignoreSignals();
      process.printError("looking for the secret\n");
      await forever;
      return 0;
    },
    { clock },
  );
  const opening = open().catch((error: unknown) => error);
  await clock.untilSleeping();
  await clock.advance(2_000);
  await clock.advance(500);
  await clock.advance(500);
  const error = await opening;
  expect(error).toBeInstanceOf(HermesError);
  expect(error).toMatchObject({
    code: "mcp/unavailable",
    message: "MCP server s was not ready within 2 s: looking for the ***",
    hint: "hermes config set mcp_servers.s.connect_timeout SECONDS",
  });
  expect(spawner.signals).toEqual(["SIGTERM", "SIGKILL", "SIGKILL"]);
});

test("a call that takes too long is cancelled, and the server goes on", async () => {
  const clock = createFakeClock();
  let calls = 0;
  const { open } = lab(
    program(() => {
      calls++;
      return calls === 1 ? undefined : said("second");
    }),
    { clock },
  );
  const server = await open();
  const late = server.call("a", {}, createToolContext());
  await clock.untilSleeping();
  await clock.advance(5_000);
  expect(textOf(await late)).toBe("MCP server s did not answer within 5 s");
  expect(textOf(await server.call("a", {}, createToolContext()))).toBe("second");
  await server[Symbol.asyncDispose]();
});

test("an interrupted call ends at once and tells the server", async () => {
  const inputs: string[] = [];
  const { open } = lab(
    program((_, process) => {
      inputs.push(...process.input);
      stop.abort();
      queueMicrotask(() => inputs.push(process.input.at(-1) ?? ""));
      return undefined;
    }),
  );
  const stop = new AbortController();
  const server = await open();
  const output = await server.call("a", {}, createToolContext({ signal: stop.signal }));
  expect(textOf(output)).toBe("The call was interrupted; its effects may be partial");
  expect(inputs.at(-1)).toContain("notifications/cancelled");
  await server[Symbol.asyncDispose]();
});

test("a refused call is told in the server's words, without secrets", async () => {
  const { open } = lab(async (process) => {
    await program((params) => {
      if (params["name"] === "b") return said("fine");
      process.print(
        `${JSON.stringify({ jsonrpc: "2.0", id: 2, error: { code: -32602, message: "no secret\nhere" } })}\n`,
      );
      return undefined;
    })(process);
    return 0;
  });
  const server = await open();
  const refused = await server.call("a", {}, createToolContext());
  expect([refused.isError, textOf(refused)]).toEqual([
    true,
    "MCP server s refused the call: no *** here (-32602)",
  ]);
  expect(textOf(await server.call("b", {}, createToolContext()))).toBe("fine");
  await server[Symbol.asyncDispose]();
});

test("a server that is disposed of while it starts again is ended", async () => {
  const clock = createFakeClock();
  let starts = 0;
  const { open, spawner } = lab(
    async (process) => {
      starts++;
      if (starts > 1) await forever;
      const called = Promise.withResolvers<number>();
      void program(() => {
        called.resolve(3);
        return undefined;
      })(process);
      return await called.promise;
    },
    { clock },
  );
  const server = await open();
  const first = server.call("a", {}, createToolContext());
  await clock.advance(200);
  expect(textOf(await first)).toContain("has ended (exit code 3)");
  const second = server.call("a", {}, createToolContext());
  await clock.untilSleeping();
  const disposed = server[Symbol.asyncDispose]();
  await clock.advance(1_000);
  await disposed;
  expect(textOf(await second)).toBe("Interrupted");
  expect(spawner.signals.at(-1)).toBe("SIGKILL");
});
