import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../../src/core/json.ts";
import { until } from "../../fakes/until.ts";
import { createSandbox, type Ended, type Sandbox } from "../sandbox.ts";
import { answerTo, callTool, initialize, lines, messagesOf, request } from "./lines.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
});

/** What the server says to these lines, up to the end of its stdin. */
function serve(
  input: readonly (JsonObject | string)[],
  args: readonly string[] = [],
): Promise<Ended> {
  return sandbox.run(["mcp", "serve", ...args], { stdin: { text: lines(...input) } });
}

/** A server that a client has shaken hands with, with its stdin open. */
async function connected(args: readonly string[] = []) {
  const run = sandbox.start(["mcp", "serve", ...args], { stdin: "open" });
  run.write(lines(initialize, { jsonrpc: "2.0", method: "notifications/initialized" }));
  await run.until('"id":0');
  return run;
}

const todos = [{ id: "a", content: "Look" }];
const toldTodos = {
  todos: [{ id: "a", content: "Look", status: "pending" }],
  summary: { total: 1, pending: 1, in_progress: 0, completed: 0, cancelled: 0 },
};

interface ListedTool {
  readonly name: string;
  readonly annotations: JsonObject;
}

test("a session: handshake, tools with schema and annotations, a call, and the end of stdin", async () => {
  const { code, stdout, stderr } = await serve([
    initialize,
    { jsonrpc: "2.0", method: "notifications/initialized" },
    request(1, "tools/list"),
    callTool(2, "todo", { todos }),
    request(3, "ping"),
  ]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(answerTo(stdout, 0).result).toMatchObject({
    protocolVersion: "2025-11-25",
    capabilities: { tools: { listChanged: true } },
    serverInfo: { name: "hermes-tools" },
    instructions: expect.stringContaining("hermes"),
  });
  const { tools } = answerTo(stdout, 1).result as { tools: readonly ListedTool[] };
  expect(tools.map(({ name, annotations }) => [name, annotations["readOnlyHint"]])).toEqual([
    ["todo", true],
    ["skills_list", true],
    ["skill_view", true],
    ["skill_manage", false],
    ["memory", false],
    ["session_search", true],
  ]);
  expect(tools[0]).toMatchObject({
    inputSchema: { type: "object", properties: { todos: { type: "array" } } },
    annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
  });
  expect(answerTo(stdout, 2).result).toEqual({
    content: [{ type: "text", text: JSON.stringify(toldTodos) }],
    structuredContent: toldTodos,
    isError: false,
  });
  expect(answerTo(stdout, 3).result).toEqual({});
});

describe("what is no message is refused, and the connection goes on", () => {
  const cases: readonly (readonly [string, JsonObject | string, number | null, number])[] = [
    ["no JSON", "this is not JSON", null, -32_700],
    ["half a message", '{"jsonrpc":"2.0","id":7,"met', null, -32_700],
    ["a batch", JSON.stringify([request(7, "ping")]), null, -32_600],
    ["a number", "42", null, -32_600],
    ["another version of JSON-RPC", { id: 7, method: "ping" }, 7, -32_600],
    ["an id of null", { jsonrpc: "2.0", id: null, method: "ping" }, null, -32_600],
    ["params that are a list", { jsonrpc: "2.0", id: 7, method: "ping", params: [1] }, 7, -32_602],
    ["a second initialize", { ...initialize, id: 7 }, 7, -32_600],
    ["an unknown method", request(7, "tools/eat"), 7, -32_601],
    ["an unknown tool", callTool(7, "nope", {}), 7, -32_602],
    ["a tool's name that is a number", request(7, "tools/call", { name: 5 }), 7, -32_602],
    ["a cursor that nobody gave out", request(7, "tools/list", { cursor: "x" }), 7, -32_602],
    ["a cursor that is a number", request(7, "tools/list", { cursor: 5 }), 7, -32_602],
  ];
  test.each([...cases])("%s", async (_, line, id, code) => {
    const ended = await serve([initialize, line, request(99, "ping")]);
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    expect(answerTo(ended.stdout, id).error?.code).toBe(code);
    expect(answerTo(ended.stdout, 99).result).toEqual({});
  });

  test("-v tells of it on stderr", async () => {
    const { stderr } = await serve([initialize, "this is not JSON"], ["-v"]);
    expect(stderr).toBe("mcp: Parse error: the line is not JSON\n");
  });
});

test("before initialize nothing is answered but a ping; a handshake that is wrong can be done again", async () => {
  const { code, stdout } = await serve([
    request(1, "tools/list"),
    callTool(2, "todo", {}),
    request(3, "ping"),
    { ...initialize, id: 4, params: {} },
    { ...initialize, id: 5 },
    request(6, "tools/list"),
  ]);
  expect(code).toBe(0);
  const codes = [1, 2, 3, 4, 5, 6].map((id) => answerTo(stdout, id).error?.code);
  expect(codes).toEqual([-32_600, -32_600, undefined, -32_602, undefined, undefined]);
});

test("wrong arguments are a result that a model can act on", async () => {
  const { stdout } = await serve([
    initialize,
    callTool(1, "todo", { todos: 5 }),
    callTool(2, "todo", { todos: [{ content: "no id" }] }),
    request(3, "tools/call", { name: "todo" }),
  ]);
  const shown = [1, 2, 3].map((id) => answerTo(stdout, id).result);
  expect(shown.map((result) => result?.isError)).toEqual([true, true, false]);
  expect(shown[0]?.structuredContent?.["error"]).toStartWith("Cannot read the arguments of todo");
});

test("a version that is not known gets the newest that is", async () => {
  const params = {
    protocolVersion: "1999-01-01",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  };
  const { stdout } = await serve([{ ...initialize, params }]);
  expect(answerTo(stdout, 0).result?.["protocolVersion"]).toBe("2025-11-25");
});

test("1,000 calls without waiting are all answered, those that write in their order", async () => {
  const calls = Array.from({ length: 1_000 }, (_, index) =>
    callTool(index + 1, "todo", {
      merge: true,
      todos: [{ id: `t${index % 200}`, content: `${index}` }],
    }),
  );
  const { code, stdout, stderr } = await serve([initialize, ...calls, callTool(2_000, "todo", {})]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(messagesOf(stdout).length).toBe(1_002);
  const list = answerTo(stdout, 2_000).result?.structuredContent?.["todos"];
  expect(list).toEqual(
    Array.from({ length: 200 }, (_, index) => ({
      id: `t${index}`,
      content: `${800 + index}`,
      status: "pending",
    })),
  );
});

test("a line of more than 16 MB is refused without ending the connection, one of 12 MB is read", async () => {
  const { code, stdout, stderr } = await serve([
    initialize,
    "x".repeat(64 * 1_048_576),
    callTool(1, "todo", { todos: [{ id: "a", content: "y".repeat(12 * 1_048_576) }] }),
  ]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(answerTo(stdout, null).error).toEqual({
    code: -32_600,
    message: "Invalid request: a line has more than 16 MB",
  });
  expect(answerTo(stdout, 1).result?.isError).toBe(false);
});

test("separators of lines that are none stay in their line, and leave it in a form that nobody splits", async () => {
  const content = "one\u2028two\u2029three\u0085four 😀";
  const { stdout } = await serve([
    initialize,
    callTool(1, "todo", { todos: [{ id: "a", content }] }),
  ]);
  expect(stdout).not.toMatch(/[\u2028\u2029]/);
  expect(answerTo(stdout, 1).result?.structuredContent?.["todos"]).toEqual([
    { id: "a", content, status: "pending" },
  ]);
});

test("a message that comes in pieces is put together", async () => {
  const run = await connected();
  const line = lines(callTool(1, "todo", { todos: [{ id: "a", content: "ü😀" }] }));
  run.write(line.slice(0, 40));
  run.write(line.slice(40));
  await run.until('"id":1');
  run.signal("SIGTERM");
  const { stdout } = await run.ended;
  expect(answerTo(stdout, 1).result?.isError).toBe(false);
});

describe("the end", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s is a good one, with stdin open", async (name) => {
    const run = await connected();
    run.signal(name);
    const { code, stderr } = await run.ended;
    expect([code, stderr]).toEqual([0, ""]);
  });

  test("nothing on stdin at all", async () => {
    for (const stdin of ["null", "closed"] as const) {
      const { code, stdout, stderr } = await sandbox.run(["mcp", "serve"], { stdin });
      expect([code, stdout, stderr]).toEqual([0, "", ""]);
    }
  });

  test("a client that disappears in the middle of a call takes the call with it", async () => {
    const run = await connected(["--toolsets", "terminal"]);
    const pidFile = join(sandbox.work, "pid");
    run.write(lines(callTool(1, "terminal", { command: `echo $$ > ${pidFile}; exec sleep 3600` })));
    const pid = await untilWritten(pidFile);
    run.closeStdout();
    run.closeStdin();
    const { code } = await run.ended;
    expect(code).toBe(0);
    await until(() => !isRunning(pid));
  });

  test("a client that reads no more ends it, too", async () => {
    const run = await connected();
    run.closeStdout();
    // An answer that was faster than the end of its reader is lost without a word: the next one is not.
    let id = 1;
    const asking = setInterval(() => run.write(lines(request(id++, "tools/list"))), 100);
    const { code, stderr } = await run.ended.finally(() => clearInterval(asking));
    expect([code, stderr]).toEqual([0, ""]);
  });
});

test("a call that is cancelled is ended and gets no answer", async () => {
  const run = await connected(["--toolsets", "terminal"]);
  const pidFile = join(sandbox.work, "pid");
  run.write(lines(callTool(1, "terminal", { command: `echo $$ > ${pidFile}; exec sleep 3600` })));
  const pid = await untilWritten(pidFile);
  const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
  // It changes something, and so waits for the one before.
  run.write(lines(cancelled, callTool(2, "terminal", { command: "echo next" })));
  await run.until('"id":2');
  await until(() => !isRunning(pid));
  run.signal("SIGTERM");
  const { stdout } = await run.ended;
  expect(messagesOf(stdout).map(({ id }) => id)).toEqual([0, 2]);
});

test("what a command prints is its result, and never a line of the protocol", async () => {
  const run = await connected(["--toolsets", "terminal"]);
  run.write(
    lines(callTool(1, "terminal", { command: "echo out; echo err >&2; echo tty > /dev/tty" })),
  );
  await run.until('"id":1');
  run.signal("SIGTERM");
  const { stdout } = await run.ended;
  expect(messagesOf(stdout).map(({ id }) => id)).toEqual([0, 1]);
  expect(answerTo(stdout, 1).result?.structuredContent?.["output"]).toContain("out\nerr");
});

test("a call that needs an approval is refused, since nobody can be asked", async () => {
  const file = join(sandbox.work, "kept.txt");
  await writeFile(file, "kept");
  const { stdout } = await serve(
    [initialize, callTool(1, "terminal", { command: `rm -rf ${sandbox.work}` })],
    ["--toolsets", "terminal"],
  );
  const { result } = answerTo(stdout, 1);
  expect(result?.isError).toBe(true);
  expect(result?.structuredContent?.["error"]).toContain("nobody can be asked over MCP");
  expect(await readFile(file, "utf8")).toBe("kept");
});

test("progress is told to those who ask for it, by the line", async () => {
  const params = {
    name: "terminal",
    arguments: { command: "echo first; sleep 0.3; echo second" },
    _meta: { progressToken: "p" },
  };
  const run = await connected(["--toolsets", "terminal"]);
  run.write(lines(request(1, "tools/call", params)));
  await run.until('"id":1');
  run.signal("SIGTERM");
  const messages = messagesOf((await run.ended).stdout);
  expect(messages.find(({ method }) => method !== undefined)).toMatchObject({
    method: "notifications/progress",
    params: { progressToken: "p", progress: 6, message: "first" },
  });
});

test("secrets are masked in results", async () => {
  // In pieces, so that no file here holds what looks like a key.
  const key = ["sk", "proj", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4"].join("-");
  const { stdout } = await serve([
    initialize,
    callTool(1, "todo", { todos: [{ id: "a", content: `use ${key}` }] }),
  ]);
  expect(stdout).not.toContain(key);
  expect(answerTo(stdout, 1).result?.isError).toBe(false);
});

test("a configuration that cannot be read is told when a tool is asked for, and asked again when it is mended", async () => {
  await sandbox.configure("agent: [not, a, mapping]\n");
  const run = await connected();
  run.write(lines(request(1, "tools/list")));
  await run.until('"id":1');
  await sandbox.configure("agent: {}\n");
  run.write(lines(callTool(2, "todo", {})));
  await run.until('"id":2');
  run.signal("SIGTERM");
  const { stdout, stderr } = await run.ended;
  expect(answerTo(stdout, 1).error?.message).toContain("agent");
  expect(stderr).toContain("warning: ");
  expect(answerTo(stdout, 2).result?.isError).toBe(false);
  expect(messagesOf(stdout).map(({ method }) => method)).toContain(
    "notifications/tools/list_changed",
  );
});

test("--toolsets sessions serves the stored sessions, all serves both sets", async () => {
  const list = request(1, "tools/list");
  const namesOf = ({ stdout }: Ended) =>
    (answerTo(stdout, 1).result as { tools: readonly ListedTool[] }).tools.map(({ name }) => name);
  const ofSessions = ["sessions_list", "sessions_read", "sessions_search", "sessions_wait"];
  const call = callTool(2, "sessions_list", {});
  const served = await serve([initialize, list, call], ["--toolsets", "sessions"]);
  expect(namesOf(served)).toEqual(ofSessions);
  expect(answerTo(served.stdout, 2).result).toMatchObject({ isError: false });
  const all = namesOf(await serve([initialize, list], ["--toolsets", "all"]));
  expect(all).toEqual(expect.arrayContaining(["memory", "session_search", ...ofSessions]));
  expect(all).not.toContain("terminal");
});

test("--toolsets: unknown names are told before anything, switched off tools are not served", async () => {
  const wrong = await sandbox.run(["mcp", "serve", "--toolsets", "codex,nope"]);
  expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
  expect(wrong.stderr).toContain("Unknown toolset: nope");
  await sandbox.configure("agent: {disabled_toolsets: [todo]}\n");
  const { stdout } = await serve([initialize, request(1, "tools/list"), callTool(2, "todo", {})]);
  expect(JSON.stringify(answerTo(stdout, 1).result)).not.toContain('"todo"');
  expect(answerTo(stdout, 2).error?.code).toBe(-32_602);
});

describe("--http", () => {
  const body = JSON.stringify(initialize);
  const headers = {
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
  };

  async function listening(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const run = sandbox.start(["mcp", "serve", "--http", "0", ...args], { env });
    const stderr = await run.untilStderr(/Serving MCP at \S+\n(?:.*\n)+/);
    const url = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(stderr)?.[0] ?? "";
    return { run, url, stderr };
  }

  test("without a token of the user's one is made, told once, and needed", async () => {
    const { run, url, stderr } = await listening([]);
    const token = /HERMES_MCP_TOKEN=([0-9a-f]{64})\n/.exec(stderr)?.[1] ?? "";
    const post = (more: Readonly<Record<string, string>>): Promise<Response> =>
      fetch(url, { method: "POST", body, headers: { ...headers, ...more } });
    const Authorization = `Bearer ${token}`;
    expect((await post({})).status).toBe(401);
    expect((await post({ Authorization: `${Authorization}0` })).status).toBe(401);
    expect((await post({ Authorization, Origin: "http://evil.example" })).status).toBe(403);
    expect((await post({ Authorization, Host: "evil.example" })).status).toBe(403);
    const answer = await post({ Authorization });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("hermes-tools");
    run.signal("SIGTERM");
    expect((await run.ended).code).toBe(0);
  });

  test("a whole session over HTTP: call, stream, and DELETE", async () => {
    const token = "a-token-of-the-user-0123456789";
    const { run, url, stderr } = await listening([], { HERMES_MCP_TOKEN: token });
    expect(stderr).not.toContain(token);
    const own = { ...headers, Authorization: `Bearer ${token}` };
    const opened = await fetch(url, { method: "POST", body, headers: own });
    await opened.text();
    const session = {
      ...own,
      "mcp-session-id": opened.headers.get("mcp-session-id") ?? "",
      "mcp-protocol-version": "2025-11-25",
    };
    const call = await fetch(url, {
      method: "POST",
      body: JSON.stringify(callTool(1, "todo", { todos })),
      headers: session,
    });
    expect(await call.text()).toContain('"structuredContent":{"todos"');
    const stream = await fetch(url, { headers: session });
    expect([stream.status, stream.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    const ended = await fetch(url, { method: "DELETE", headers: session });
    expect(ended.status).toBe(200);
    expect(await stream.text()).toBe("");
    const after = await fetch(url, {
      method: "POST",
      body: JSON.stringify(request(2, "ping")),
      headers: session,
    });
    expect(after.status).toBe(404);
    run.signal("SIGINT");
    expect((await run.ended).code).toBe(0);
  });

  test("a body that is too large, one that is no JSON, and another path", async () => {
    const { run, url } = await listening(["--fixtures"]);
    const post = (text: string, to = url): Promise<Response> =>
      fetch(to, { method: "POST", body: text, headers });
    expect((await post("x".repeat(17 * 1_048_576))).status).toBe(413);
    expect((await post("{")).status).toBe(400);
    expect((await post(body, url.replace("/mcp", "/other"))).status).toBe(404);
    expect((await post(body)).status).toBe(200);
    run.signal("SIGTERM");
    await run.ended;
  });

  test("another address than this machine's needs a token of the user's", async () => {
    const { code, stderr } = await sandbox.run(["mcp", "serve", "--http", "0.0.0.0:0"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--token-file");
    const fixtures = await sandbox.run(["mcp", "serve", "--http", "0.0.0.0:0", "--fixtures"]);
    expect(fixtures.code).toBe(2);
  });

  test("a token file: a good one, one that is too short, one that is not there", async () => {
    const file = join(sandbox.work, "token");
    await writeFile(file, "abcdefghijklmnopqrstuvwxyz\n");
    await chmod(file, 0o600);
    const { run, url } = await listening(["--token-file", file]);
    const Authorization = "Bearer abcdefghijklmnopqrstuvwxyz";
    const answer = await fetch(url, {
      method: "POST",
      body,
      headers: { ...headers, Authorization },
    });
    expect(answer.status).toBe(200);
    run.signal("SIGTERM");
    await run.ended;
    await writeFile(file, "short");
    const short = await sandbox.run(["mcp", "serve", "--http", "0", "--token-file", file]);
    expect(short.code).toBe(2);
    const missing = await sandbox.run(["mcp", "serve", "--http", "0", "--token-file", `${file}x`]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("ENOENT")]);
  });

  test("a port that is taken", async () => {
    const { run, url } = await listening(["--fixtures"]);
    const port = new URL(url).port;
    const second = await sandbox.run(["mcp", "serve", "--http", port, "--fixtures"]);
    expect([second.code, second.stderr]).toEqual([2, expect.stringContaining("EADDRINUSE")]);
    run.signal("SIGTERM");
    await run.ended;
  });
});

/** Whether a process runs: one that has ended may wait for somebody to ask how, one that was killed takes a moment. */
function isRunning(pid: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** What a command wrote to a file, as soon as it is there as a line. */
async function untilWritten(file: string): Promise<string> {
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text.endsWith("\n")) return text.trim();
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}
