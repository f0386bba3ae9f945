import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { type ResponsesServer, startResponsesServer } from "./responses_server.ts";
import * as steps from "./server_steps.ts";
import * as sse from "./sse.ts";

function ask(server: ResponsesServer, path: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${server.url}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer k" },
    body: JSON.stringify({ model: "m1", stream: true }),
    ...(signal && { signal }),
  });
}

test("the server renders one answer for both wire APIs and records what was asked", async () => {
  const answer = steps.callTool("todo", { todos: [] }, { reasoning: "Plan." });
  await using server = await startResponsesServer({ steps: [answer], repeat: true });
  const responses = await (await ask(server, "responses")).text();
  const chat = await (await ask(server, "chat/completions")).text();
  const models: unknown = await (await fetch(`${server.url}/models`)).json();
  expect({ responses, chat, models }).toEqual({
    responses: sse.sse(
      sse.created(),
      sse.inProgress(),
      sse.reasoningItem(0, "Plan.", undefined, "rs_1_0"),
      sse.functionCall(1, "todo", { todos: [] }, { callId: "call_1_0" }),
      sse.completed(),
    ),
    chat:
      sse.sse(
        sse.chatChunk({ role: "assistant", content: "" }),
        sse.chatReasoning("Plan."),
        sse.chatToolCall(0, "todo", { todos: [] }, "call_2_0"),
        sse.chatEnd("tool_calls"),
      ) + sse.doneFrame,
    models: {
      object: "list",
      data: [{ id: "m1", object: "model", created: 0, owned_by: "lab" }],
    },
  });
  expect(
    server.requests.map(({ method, path, headers, body }) => ({
      method,
      path,
      authorization: headers.authorization,
      body,
    })),
  ).toEqual([
    {
      method: "POST",
      path: "/v1/responses",
      authorization: "Bearer k",
      body: { model: "m1", stream: true },
    },
    {
      method: "POST",
      path: "/v1/chat/completions",
      authorization: "Bearer k",
      body: { model: "m1", stream: true },
    },
  ]);
});

test("the server refuses with status, headers and body, and with 500 after its last step", async () => {
  const list = [steps.rateLimited(7), steps.htmlPage(502, "Bad gateway")];
  await using server = await startResponsesServer({ steps: list });
  const answers = [];
  for (let count = 0; count < 3; count++) {
    const response = await ask(server, "responses");
    answers.push({
      status: response.status,
      type: response.headers.get("content-type"),
      retryAfter: response.headers.get("retry-after"),
      text: await response.text(),
    });
  }
  expect(answers).toEqual([
    {
      status: 429,
      type: "application/json",
      retryAfter: "7",
      text: JSON.stringify({
        error: {
          message: "Rate limit reached",
          type: "error",
          param: null,
          code: "rate_limit_exceeded",
        },
      }),
    },
    {
      status: 502,
      type: "text/html",
      retryAfter: null,
      text: "<!DOCTYPE html>\n<html><head><title>Bad gateway</title></head><body>Bad gateway</body></html>\n",
    },
    {
      status: 500,
      type: "application/json",
      retryAfter: null,
      text: JSON.stringify({
        error: { message: "The scenario has no step 3", type: "error", param: null, code: null },
      }),
    },
  ]);
});

test("the server breaks streams cleanly, in the middle of a frame and by a reset", async () => {
  const cut = (how: steps.Cut["how"]): steps.ServerStep =>
    steps.textAnswer("hello", { cut: { afterFrames: 2, how } });
  await using server = await startResponsesServer({
    steps: [cut("end"), cut("half-frame"), cut("reset"), steps.resetBeforeHeaders],
  });
  const whole = sse.sse(sse.created(), sse.inProgress());
  const third = sse.frame(sse.message(0, "hello", { id: "msg_2_0" })[0]!);
  expect(await (await ask(server, "responses")).text()).toBe(whole);
  expect(await (await ask(server, "responses")).text()).toBe(
    whole + third.slice(0, Math.floor(third.length / 2)),
  );
  expect(await readUntilBroken(await ask(server, "responses"))).toEqual({
    text: whole,
    broken: true,
  });
  expect(await ask(server, "responses").catch(() => "broken")).toBe("broken");
});

test("the server hangs before headers and in the middle, and notices clients that leave", async () => {
  await using server = await startResponsesServer({
    steps: [
      steps.hangBeforeHeaders,
      steps.textAnswer("x", { cut: { afterFrames: 1, how: "hang" } }),
      steps.endlessDeltas(0),
    ],
  });
  const first = new AbortController();
  const pending = ask(server, "responses", first.signal).catch(() => "left");
  while (server.requests.length < 1) await new Promise(setImmediate);
  first.abort();
  expect(await pending).toBe("left");

  for (const expected of [sse.frame(sse.created()), sse.frame(sse.textDelta(0, "more "))]) {
    const controller = new AbortController();
    const response = await ask(server, "responses", controller.signal);
    const reader = response.body!.getReader();
    const chunk = new TextDecoder().decode((await reader.read()).value);
    expect(chunk.startsWith(expected)).toBe(true);
    controller.abort();
    await reader.cancel().catch(() => undefined);
  }
  while (server.abandoned() < 3) await new Promise(setImmediate);
  expect(server.abandoned()).toBe(3);
});

test("the server runs as a process of its own and ends with the pipe of its parent", async () => {
  const directory = await mkdtemp(join(tmpdir(), "hermes-scenario-"));
  try {
    const scenario = join(directory, "scenario.json");
    await writeFile(scenario, JSON.stringify({ steps: [steps.textAnswer("from afar")] }));
    const program = new URL("./responses_server_main.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, [program, scenario], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const exited = new Promise((resolve) => {
      child.once("exit", resolve);
    });
    let url = "";
    for await (const line of createInterface({ input: child.stdout })) {
      url = line;
      break;
    }
    const answer = await fetch(`${url}/responses`, { method: "POST", body: "{}" });
    expect(await answer.text()).toContain("from afar");
    const requests: unknown = await (await fetch(new URL("/requests", url))).json();
    expect(requests).toMatchObject([{ method: "POST", path: "/v1/responses", body: {} }]);
    child.stdin.end();
    expect(await exited).toBe(0);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("the server renders calls of custom tools and of namespaces", async () => {
  const calls: readonly steps.CallStep[] = [
    { name: "apply_patch", arguments: "*** Begin Patch", isFreeform: true },
    { name: "echo", namespace: "mcp__lab", arguments: { text: "hi" } },
  ];
  await using server = await startResponsesServer({ steps: [steps.callTools(calls)] });
  expect(await (await ask(server, "responses")).text()).toBe(
    sse.sse(
      sse.created(),
      sse.inProgress(),
      sse.customToolCall(0, "apply_patch", "*** Begin Patch", { callId: "call_1_0" }),
      sse.functionCall(1, "echo", { text: "hi" }, { callId: "call_1_1", namespace: "mcp__lab" }),
      sse.completed(),
    ),
  );
});

test("the server answers a last input item by its rule, and its steps stay in order", async () => {
  await using server = await startResponsesServer({
    rules: [{ lastInput: "summar", step: steps.textAnswer("short") }],
    steps: [steps.textAnswer("first"), steps.textAnswer("second")],
  });
  const answers = [];
  for (const text of ["one", "summary, please", "two"]) {
    const response = await fetch(`${server.url}/responses`, {
      method: "POST",
      body: JSON.stringify({ input: [{ role: "user", content: text }] }),
    });
    answers.push(/"text":"(\w+)"/.exec(await response.text())?.[1]);
  }
  expect(answers).toEqual(["first", "short", "second"]);
});

test.each([
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
] as const)("the server reads a request that is packed with %s", async (encoding, pack) => {
  await using server = await startResponsesServer({ steps: [steps.textAnswer("x")] });
  await fetch(`${server.url}/responses`, {
    method: "POST",
    headers: { "content-encoding": encoding },
    body: pack(JSON.stringify({ model: "m1" })),
  });
  expect(server.requests.map(({ body }) => body)).toEqual([{ model: "m1" }]);
});

async function readUntilBroken(response: Response): Promise<{ text: string; broken: boolean }> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body!) text += decoder.decode(chunk, { stream: true });
    return { text, broken: false };
  } catch {
    return { text, broken: true };
  }
}
