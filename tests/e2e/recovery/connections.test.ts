import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import { startHttpsProxy } from "../../fakes/https_proxy.ts";
import { startResponsesServer } from "../../fakes/responses_server.ts";
import { callTool, resetBeforeHeaders, textAnswer } from "../../fakes/server_steps.ts";
import { createTestAuthority } from "../../fakes/test_authority.ts";
import { createSandbox, type Sandbox, wireApis } from "../sandbox.ts";
import { keys, runTurn, startNamed, type TurnRun } from "./lab.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const attempts = 3;

function configure(url: string, apiMode: (typeof wireApis)[number] = "codex_responses") {
  const place = `provider: custom, base_url: "${url}", default: m1, api_mode: ${apiMode}`;
  return sandbox.configure(`model: {${place}}\nagent: {api_max_retries: ${attempts}}\n`);
}

const retriesOf = ({ kinds }: TurnRun): number => kinds.filter((kind) => kind === "retry").length;
const codeOf = ({ last }: TurnRun): unknown =>
  (last["error"] as { readonly code?: string } | undefined)?.code;

/** Counts who connects, and does with each what it is told to. */
async function startListener(greet: (socket: Socket) => void) {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    greet(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

describe.each(wireApis)("over %s", (wireApi) => {
  test("a connection that is torn down, new or used before, is made anew", async () => {
    // The second step finds the connection of the first one still open.
    const steps = [
      resetBeforeHeaders,
      callTool("todo", { todos: [] }),
      resetBeforeHeaders,
      textAnswer("whole"),
    ];
    await using server = await startResponsesServer({ steps });
    await configure(server.url, wireApi);
    const run = await runTurn(sandbox, [], {});
    expect([run.code, run.last["final_text"]]).toEqual([0, "whole"]);
    expect([server.requests.length, retriesOf(run)]).toEqual([4, 2]);
  });

  test("one that is torn down each time fails the turn after all attempts", async () => {
    await using server = await startResponsesServer({ steps: [resetBeforeHeaders], repeat: true });
    await configure(server.url, wireApi);
    const run = await runTurn(sandbox, [], {});
    expect([run.code, codeOf(run)]).toEqual([1, "network/unreachable"]);
    expect([server.requests.length, retriesOf(run)]).toEqual([attempts, attempts - 1]);
  });
});

test.each([
  ["a port where nobody listens", "http://127.0.0.1:9/v1"],
  // RFC 6761 section 6.4: such a name never exists.
  ["a name that nobody has", "https://a.invalid/v1"],
])("%s is tried as often as is allowed, then the next model is asked", async (_, url) => {
  await configure(url);
  const alone = await runTurn(sandbox, [], {});
  expect([alone.code, codeOf(alone), retriesOf(alone)]).toEqual([
    1,
    "network/unreachable",
    attempts - 1,
  ]);
  await using second = await startNamed("second", [textAnswer("from the second")]);
  await sandbox.configure(
    [
      `model: {provider: custom, base_url: "${url}", default: m1}`,
      `agent: {api_max_retries: ${attempts}}`,
      "custom_providers:",
      second.entry,
      "fallback_providers: [{provider: second, model: m2}]",
      "",
    ].join("\n"),
  );
  const run = await runTurn(sandbox);
  expect([run.code, run.last["final_text"], retriesOf(run)]).toEqual([
    0,
    "from the second",
    attempts - 1,
  ]);
  expect(second.server.requests.length).toBe(1);
});

test("a connection whose encryption is damaged is made anew, as often as is allowed", async () => {
  // A record whose version is none.
  await using listener = await startListener((socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  });
  await configure(`https://localhost:${listener.port}/v1`);
  const run = await runTurn(sandbox, [], {});
  expect([run.code, codeOf(run), retriesOf(run)]).toEqual([1, "network/tls", attempts - 1]);
  expect(listener.connections()).toBe(attempts);
});

test("a certificate that is not trusted is not asked for twice", async () => {
  await using authority = await createTestAuthority(["localhost"]);
  await using server = await startResponsesServer({ steps: [textAnswer("never")] });
  await using proxy = await startHttpsProxy({ authority, hosts: { localhost: server.url } });
  await configure(`${proxy.direct}/v1`);
  const run = await runTurn(sandbox, [], {});
  expect([run.code, codeOf(run), retriesOf(run)]).toEqual([1, "network/tls", 0]);
  expect(server.requests).toEqual([]);
});

test("a proxy that lets nobody through is asked once", async () => {
  await using authority = await createTestAuthority(["localhost"]);
  await using proxy = await startHttpsProxy({ authority, hosts: {} });
  await configure("https://api.example/v1");
  const run = await runTurn(sandbox, [], { HTTPS_PROXY: proxy.url });
  expect([run.code, codeOf(run), retriesOf(run)]).toEqual([1, "network/unreachable", 0]);
  expect(proxy.connects).toEqual(["api.example:443"]);
});

test("who hangs up without a word, or speaks another language, is tried as often as is allowed", async () => {
  for (const words of ["", "220 mail.example ESMTP\r\n"]) {
    await using listener = await startListener((socket) => {
      socket.once("data", () => socket.end(words));
    });
    await configure(`http://127.0.0.1:${listener.port}/v1`);
    const run = await runTurn(sandbox, [], keys);
    expect([run.code, retriesOf(run)]).toEqual([1, attempts - 1]);
    expect(listener.connections()).toBe(attempts);
  }
});
