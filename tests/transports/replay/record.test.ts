import { expect, test } from "bun:test";
import { HermesError } from "../../../src/core/errors.ts";
import { noUsage, type ModelEvent } from "../../../src/core/event.ts";
import type { ModelItem } from "../../../src/core/item.ts";
import type { ModelRequest, ModelTransport } from "../../../src/core/model.ts";
import { recordTransport } from "../../../src/transports/replay/record.ts";
import {
  assistant,
  createScriptedTransport,
  reasoning,
  step,
  toolCall,
} from "../../fakes/model.ts";

const user: ModelItem = {
  type: "user-message",
  id: "u1",
  parts: [
    { type: "text", text: "look at sk-secret in /home/ada/app" },
    { type: "image", mediaType: "image/png", data: "AAAA" },
  ],
};

function request(...items: readonly ModelItem[]): ModelRequest {
  const todo = { name: "todo", description: "", parameters: {} };
  return {
    sessionId: "s1",
    model: "m1",
    instructions: "",
    items,
    tools: [todo],
    reasoningEffort: "medium",
  };
}

/** Records steps one after the other; each event comes 10 ms after the one before. */
async function record(
  transport: ModelTransport,
  requests: readonly ModelRequest[],
): Promise<{ readonly lines: readonly unknown[]; readonly passed: readonly ModelEvent[] }> {
  const lines: string[] = [];
  let time = 0;
  const recording = recordTransport(
    {
      clock: { monotonic: () => (time += 10) },
      sink: async (line) => void lines.push(line),
      mask: (text) => text.replaceAll("sk-secret", "***"),
    },
    transport,
    { hermesVersion: "1.2.3", cwd: "/home/ada/app" },
  );
  const passed: ModelEvent[] = [];
  for (const one of requests) {
    try {
      for await (const event of recording.stream(one, new AbortController().signal)) {
        passed.push(event);
      }
    } catch {
      // The failure is what is recorded.
    }
  }
  return { lines: lines.map((line): unknown => JSON.parse(line)), passed };
}

const usage = { ...noUsage, inputTokens: 10, totalTokens: 10 };

test("recordTransport() writes a header, each request once and every event with its time", async () => {
  const call = toolCall("c1", "todo", { path: "/home/ada/app/x" });
  const transport = createScriptedTransport([
    step([call], "tool_calls"),
    step([assistant("a1", "done")]),
  ]);
  const result: ModelItem = {
    type: "tool-result",
    id: "r1",
    callId: "c1",
    output: '{"cwd":"/home/ada/app"}',
    isError: false,
  };
  const { lines } = await record(transport, [request(user), request(user, call, result)]);
  const recordedCall = {
    type: "tool-call",
    id: "item-c1",
    callId: "c1",
    name: "todo",
    arguments: '{"path":"{{hermes.cwd}}/x"}',
  };
  expect(lines).toEqual([
    { format: "hermes-recording", version: 1, hermes: "1.2.3" },
    {
      request: {
        model: "m1",
        tools: ["todo"],
        kept: 0,
        items: [
          { type: "user-message", text: "look at *** in {{hermes.cwd}}", images: ["image/png 4"] },
        ],
      },
    },
    { after_ms: 10, event: { type: "item-start", item: recordedCall } },
    { after_ms: 10, event: { type: "item-end", item: recordedCall } },
    { after_ms: 10, event: { type: "step-end", finishReason: "tool_calls", usage } },
    {
      request: {
        model: "m1",
        tools: ["todo"],
        kept: 1,
        items: [
          { type: "tool-call", name: "todo", arguments: '{"path":"{{hermes.cwd}}/x"}' },
          {
            type: "tool-result",
            name: "todo",
            output: '{"cwd":"{{hermes.cwd}}"}',
            is_error: false,
          },
        ],
      },
    },
    { after_ms: 10, event: { type: "item-start", item: assistant("a1", "done") } },
    { after_ms: 10, event: { type: "item-end", item: assistant("a1", "done") } },
    { after_ms: 10, event: { type: "step-end", finishReason: "stop", usage } },
  ]);
});

test("recordTransport() passes events on unchanged, with their secrets and replay data", async () => {
  const payload = { wireApi: "responses", issuer: "x", payload: "encrypted" } as const;
  const events = step([{ ...reasoning("r1", "sk-secret"), replay: payload }]);
  const { passed, lines } = await record(createScriptedTransport([events]), [request()]);
  expect(passed).toEqual(events);
  expect(JSON.stringify(lines)).not.toContain("encrypted");
});

test("recordTransport() masks a secret that is spread over deltas", async () => {
  const item = assistant("a1", "use sk-secret now");
  const delta = (text: string): ModelEvent => ({
    type: "item-delta",
    itemId: "a1",
    channel: "text",
    delta: text,
  });
  const end: ModelEvent = { type: "item-end", item };
  const stop: ModelEvent = { type: "step-end", finishReason: "stop", usage };
  const events = [delta("use sk-"), delta("secret"), delta(" now"), end, stop];
  const { lines } = await record(createScriptedTransport([events]), [request()]);
  expect(lines.slice(2)).toEqual([
    { after_ms: 10, event: delta("use *** now") },
    // The time of the two deltas that vanished is kept.
    { after_ms: 30, event: { type: "item-end", item: assistant("a1", "use *** now") } },
    { after_ms: 10, event: stop },
  ]);
});

test("recordTransport() writes how a step failed", async () => {
  const transport: ModelTransport = {
    async *stream() {
      yield { type: "notice", level: "info", text: "in /home/ada/app" };
      throw new HermesError("model/rate_limited", "Key sk-secret is limited", {
        hint: "wait",
        retryable: true,
        retryAfterMs: 5,
        httpStatus: 429,
      });
    },
  };
  const { lines } = await record(transport, [request()]);
  expect(lines.slice(2)).toEqual([
    { after_ms: 10, event: { type: "notice", level: "info", text: "in {{hermes.cwd}}" } },
    {
      after_ms: 10,
      failure: {
        code: "model/rate_limited",
        message: "Key *** is limited",
        retryable: true,
        hint: "wait",
        retry_after_ms: 5,
        http_status: 429,
      },
    },
  ]);
});

test("recordTransport() has written a whole step before its end is passed on, and nothing of one that was left", async () => {
  const lines: string[] = [];
  const recording = recordTransport(
    {
      clock: { monotonic: () => 0 },
      sink: async (line) => void lines.push(line),
      mask: (text) => text,
    },
    createScriptedTransport([step([assistant("a1", "x")]), step([assistant("a2", "y")])]),
    { hermesVersion: "1", cwd: "/" },
  );
  for await (const event of recording.stream(request(), new AbortController().signal)) {
    expect([event.type, lines.length]).toEqual(["item-start", 0]);
    break;
  }
  for await (const event of recording.stream(request(), new AbortController().signal)) {
    if (event.type === "step-end") break;
  }
  expect(lines.length).toBe(5);
});

test("recordTransport() ends the step with what its sink throws", async () => {
  const full = new HermesError("file/unwritable", "No space left");
  const recording = recordTransport(
    { clock: { monotonic: () => 0 }, sink: () => Promise.reject(full), mask: (text) => text },
    createScriptedTransport([step([assistant("a1", "x")])]),
    { hermesVersion: "1", cwd: "/" },
  );
  const running = Array.fromAsync(recording.stream(request(), new AbortController().signal));
  expect(await running.catch((error: unknown) => error)).toBe(full);
});

test("recordTransport() passes on whether a turn can be answered by another model", async () => {
  const asked: string[] = [];
  const plain: ModelTransport = {
    stream: () => createScriptedTransport([]).stream(request(), signal),
  };
  const { signal } = new AbortController();
  const chained: ModelTransport = {
    ...plain,
    async moveOn(turnId) {
      asked.push(turnId);
      return true;
    },
    standIn: async (turnId) => ({ name: turnId, contextLength: 7 }),
  };
  const deps = {
    clock: { monotonic: () => 0 },
    sink: async () => {},
    mask: (text: string) => text,
  };
  const options = { hermesVersion: "1", cwd: "/" };
  const why = new HermesError("model/empty_answer", "Nothing");
  expect("moveOn" in recordTransport(deps, plain, options)).toBe(false);
  expect(await recordTransport(deps, chained, options).moveOn?.("t1", why, signal)).toBe(true);
  expect(asked).toEqual(["t1"]);
  const standIn = { name: "t1", contextLength: 7 };
  expect(await recordTransport(deps, chained, options).standIn?.("t1", signal)).toEqual(standIn);
});
