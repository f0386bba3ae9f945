import { expect, test } from "bun:test";
import { HermesError } from "../../../src/core/errors.ts";
import type { FinishReason, ModelEvent } from "../../../src/core/event.ts";
import type { AssistantMessage, ModelItem, Reasoning, ToolCall } from "../../../src/core/item.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../../src/core/json.ts";
import type { Frame } from "../../../src/transports/frames.ts";
import { createResponsesDecoder } from "../../../src/transports/responses/decode.ts";
import {
  brokenRule,
  decode,
  type Decoded,
  decoderContext,
  eventFrames,
  itemsOf,
} from "../../fakes/decoding.ts";
import { toolCall } from "../../fakes/model.ts";
import {
  argumentsDelta,
  completed,
  created,
  errorEvent,
  failed,
  functionCall,
  incomplete,
  inProgress,
  itemAdded,
  itemDone,
  message,
  reasoningDelta,
  reasoningItem,
  type ServerEvent,
  textDelta,
} from "../../fakes/sse.ts";

function run(...events: readonly (ServerEvent | readonly ServerEvent[])[]): Decoded {
  return runFrames(eventFrames(...events));
}

function runFrames(frames: readonly Frame[], items: readonly ModelItem[] = []): Decoded {
  const decoded = decode(createResponsesDecoder(decoderContext(items)), frames);
  expect(brokenRule(decoded.events)).toBeUndefined();
  return decoded;
}

/** Items and finish reason of an answer that ended well. */
function stepOf(decoded: Decoded): readonly [readonly ModelItem[], FinishReason | undefined] {
  expect(decoded.thrown).toBeUndefined();
  const last = decoded.events.at(-1);
  return [itemsOf(decoded.events), last?.type === "step-end" ? last.finishReason : undefined];
}

const by = { wireApi: "responses", issuer: "acme", model: "m1" } as const;

function said(id: string, text: string, replay: JsonObject = {}): AssistantMessage {
  const payload = { status: "completed", ...replay };
  return { type: "assistant-message", id, text, replay: { ...by, payload } };
}

function thought(id: string, text: string): Reasoning {
  return { type: "reasoning", id, text };
}

function called(id: string, callId: string, name: string, argumentsText: string): ToolCall {
  return { type: "tool-call", id, callId, name, arguments: argumentsText };
}

const usage = {
  inputTokens: 100,
  cachedInputTokens: 0,
  outputTokens: 20,
  reasoningTokens: 0,
  totalTokens: 120,
};

function part(text: string): JsonObject {
  return { type: "output_text", text };
}

test("push() shows reasoning, text and a call as they come, and ends them", () => {
  const { events, thrown } = run(
    created(),
    inProgress(),
    reasoningItem(0, "Think", "xyz"),
    message(1, "Hello world"),
    functionCall(2, "read_file", { path: "a" }),
    completed({ input: 50, cached: 40, output: 9, reasoning: 4 }),
  );
  const reasoning: Reasoning = {
    ...thought("item-1", "Think"),
    replay: { ...by, payload: { encrypted_content: "xyz", summary: ["Think"], id: "rs_0" } },
  };
  expect(events).toEqual([
    { type: "item-start", item: thought("item-1", "") },
    { type: "item-delta", itemId: "item-1", channel: "reasoning", delta: "Think" },
    { type: "item-end", item: reasoning },
    { type: "item-start", item: { type: "assistant-message", id: "item-2", text: "" } },
    { type: "item-delta", itemId: "item-2", channel: "text", delta: "Hello world" },
    { type: "item-end", item: said("item-2", "Hello world", { id: "msg_1" }) },
    { type: "item-start", item: called("item-3", "call_2", "read_file", "") },
    { type: "item-end", item: called("item-3", "call_2", "read_file", '{"path":"a"}') },
    {
      type: "step-end",
      finishReason: "tool_calls",
      usage: {
        inputTokens: 50,
        cachedInputTokens: 40,
        outputTokens: 9,
        reasoningTokens: 4,
        totalTokens: 59,
      },
    },
  ]);
  expect(thrown).toBeUndefined();
});

test("push() finishes at the last event and ignores what follows", () => {
  const decoder = createResponsesDecoder(decoderContext());
  const frames = eventFrames(message(0, "Hi"), completed(), errorEvent("late"), message(1, "more"));
  const { events, thrown } = decode(decoder, frames);
  expect([decoder.state(), thrown, itemsOf(events)]).toEqual([
    "finished",
    undefined,
    [said("item-1", "Hi", { id: "msg_0" })],
  ]);
});

test("push() never reads the output of the last event", () => {
  for (const output of [null, "text", [{ type: "message", content: [part("Other")] }], 7]) {
    const end = { type: "response.completed", response: { output } };
    expect(stepOf(run(message(0, "Hi"), end))).toEqual([
      [said("item-1", "Hi", { id: "msg_0" })],
      "stop",
    ]);
  }
});

test("push() counts nothing where the server counts nothing", () => {
  for (const response of [null, {}, { usage: null }, { usage: { input_tokens: "5" } }]) {
    const { events } = run(message(0, "Hi"), { type: "response.completed", response });
    expect(events.at(-1)).toEqual({
      type: "step-end",
      finishReason: "stop",
      usage: {
        inputTokens: 0,
        cachedInputTokens: 0,
        outputTokens: 0,
        reasoningTokens: 0,
        totalTokens: 0,
      },
    });
  }
});

test("push() ignores events that it does not know", () => {
  const unknown = { type: "codex.rate_limits", rate_limits: {} };
  expect(
    stepOf(run(unknown, { type: "keepalive" }, {}, message(0, "Hi"), unknown, completed())),
  ).toEqual([[said("item-1", "Hi", { id: "msg_0" })], "stop"]);
});

test("push() tells ends in the order of the output, whenever the items are done", () => {
  const item = (id: string, text = ""): JsonObject => ({
    type: "message",
    id,
    content: [part(text)],
  });
  const { events } = run(
    itemAdded(0, item("a")),
    itemAdded(1, item("b")),
    itemAdded(2, item("c")),
    itemDone(2, item("c", "C")),
    itemDone(1, item("b", "B")),
    textDelta(0, "A", "a"),
    itemDone(0, item("a", "A")),
    completed(),
  );
  const start = (id: string): ModelEvent => ({
    type: "item-start",
    item: { type: "assistant-message", id, text: "" },
  });
  const end = (id: string, text: string, server: string): ModelEvent => ({
    type: "item-end",
    item: said(id, text, { id: server }),
  });
  expect(events).toEqual([
    start("item-1"),
    start("item-2"),
    start("item-3"),
    { type: "item-delta", itemId: "item-1", channel: "text", delta: "A" },
    end("item-1", "A", "a"),
    end("item-2", "B", "b"),
    end("item-3", "C", "c"),
    { type: "step-end", finishReason: "stop", usage },
  ]);
});

test("push() takes items that were never announced", () => {
  const { events } = run(
    itemDone(0, { type: "message", content: [part("Hi")] }),
    itemDone(1, { type: "function_call", call_id: "c1", name: "f", arguments: { a: 1 } }),
    completed(),
  );
  expect(events).toEqual([
    { type: "item-start", item: said("item-1", "Hi") },
    { type: "item-end", item: said("item-1", "Hi") },
    { type: "item-start", item: called("item-2", "c1", "f", '{"a":1}') },
    { type: "item-end", item: called("item-2", "c1", "f", '{"a":1}') },
    { type: "step-end", finishReason: "tool_calls", usage },
  ]);
});

test("push() makes one message of text that has no item", () => {
  const delta = (text: string): ServerEvent => ({
    type: "response.output_text.delta",
    delta: text,
  });
  const { events } = run(created(), delta("Hello"), delta(" world"), completed());
  expect(events).toEqual([
    { type: "item-start", item: { type: "assistant-message", id: "item-1", text: "" } },
    { type: "item-delta", itemId: "item-1", channel: "text", delta: "Hello" },
    { type: "item-delta", itemId: "item-1", channel: "text", delta: " world" },
    { type: "item-end", item: said("item-1", "Hello world") },
    { type: "step-end", finishReason: "stop", usage },
  ]);
});

test("push() keeps text that came in deltas when the item says nothing", () => {
  const end = itemDone(0, { type: "message", id: "msg_0", content: [] });
  expect(stepOf(run(textDelta(0, "Hello "), end, completed()))[0]).toEqual([
    said("item-1", "Hello ", { id: "msg_0" }),
  ]);
});

test("push() joins the parts of a message, and keeps the blanks at its ends", () => {
  const content = [
    part(" a"),
    { type: "text", text: "b" },
    { type: "other", text: "x" },
    part("\n"),
  ];
  expect(stepOf(run(itemDone(0, { type: "message", content }), completed()))[0]).toEqual([
    said("item-1", " ab\n"),
  ]);
});

/** What was shown of an answer, by the items that were not taken back. */
function shownBy({ events }: Decoded): readonly string[] {
  const shown = new Map<string, string>();
  for (const event of events) {
    if (event.type === "item-reset") for (const id of event.itemIds) shown.delete(id);
    if (event.type !== "item-delta") continue;
    shown.set(event.itemId, (shown.get(event.itemId) ?? "") + event.delta);
  }
  return [...shown.values()].map((text) => text.trim());
}

test.each([
  ["<think>A plan.</think>The answer", "The answer"],
  ["A plan.\n</think>\nThe answer", "The answer"],
  ["The <think> tag\n```\n<think>\n```", "The <think> tag\n```\n<think>\n```"],
  ["Well.\n<reasoning>Once more.</reasoning>\nDone <", "Well.\n\nDone <"],
])("push() leaves out what is thought between tags: %j", (text, expected) => {
  for (const pieceSize of [1, 3, 100]) {
    const decoded = run(message(0, text, { pieceSize }), completed());
    const [items, reason] = stepOf(decoded);
    expect(reason).toBe("stop");
    expect(items.map((item) => item.type === "assistant-message" && item.text)).toEqual([expected]);
    expect(shownBy(decoded)).toEqual([expected]);
  }
});

test("push() takes an answer of nothing but thoughts, or of a call as text, for an incomplete one", () => {
  for (const text of ["<think>A plan.", '<tool_call>{"name":"todo"}</tool_call>']) {
    const decoded = run(message(0, text, { pieceSize: 4 }), completed());
    expect([stepOf(decoded), shownBy(decoded)]).toEqual([[[], "incomplete"], []]);
  }
});

test("push() leaves out messages without text", () => {
  const empty = { type: "message", id: "m", content: [part(" \n")] };
  expect(
    stepOf(run(itemAdded(0, empty), itemDone(0, empty), message(1, "Hi"), completed())),
  ).toEqual([[said("item-2", "Hi", { id: "msg_1" })], "stop"]);
});

test("push() reads reasoning from its summary, else from its content, else from its deltas", () => {
  const reasoning = (fields: JsonObject): ServerEvent =>
    itemDone(0, { type: "reasoning", ...fields });
  const summary = [
    { type: "summary_text", text: "one" },
    { type: "summary_text", text: "two" },
  ];
  const content = [{ type: "reasoning_text", text: "raw" }];
  const textOf = (...events: readonly ServerEvent[]): unknown =>
    stepOf(run(events, message(1, "Hi"), completed()))[0].find((item) => item.type === "reasoning");
  expect(textOf(reasoning({ summary, content }))).toEqual(thought("item-1", "one\ntwo"));
  expect(textOf(reasoning({ summary: [], content }))).toEqual(thought("item-1", "raw"));
  expect(textOf(reasoning({ text: "flat" }))).toEqual(thought("item-1", "flat"));
  expect(textOf(reasoningDelta(0, "live"), reasoning({}))).toEqual(thought("item-1", "live"));
  expect(textOf(reasoning({}))).toBeUndefined();
});

test("push() shows the parts of a summary as lines", () => {
  const delta = (index: number, text: string): ServerEvent => ({
    ...reasoningDelta(0, text),
    summary_index: index,
  });
  const { events } = run(
    delta(0, "a"),
    delta(0, "b"),
    delta(1, "c"),
    message(1, "Hi"),
    completed(),
  );
  const shown = events.flatMap((event) => (event.type === "item-delta" ? [event.delta] : []));
  expect(shown).toEqual(["a", "b", "\nc", "Hi"]);
  expect(itemsOf(events)[0]).toEqual(thought("item-1", "ab\nc"));
});

test("push() keeps encrypted reasoning without text, but nothing transient", () => {
  const reasoning = { type: "reasoning", summary: [], encrypted_content: "xyz" };
  const items = (id: string): readonly ModelItem[] =>
    stepOf(run(itemDone(0, { ...reasoning, id }), message(1, "Hi"), completed()))[0];
  expect(items("rs_1")[0]).toEqual({
    ...thought("item-1", ""),
    replay: { ...by, payload: { encrypted_content: "xyz", summary: [], id: "rs_1" } },
  });
  expect(items("rs_tmp_1")).toEqual([said("item-2", "Hi", { id: "msg_1" })]);
});

test("push() marks commentary as text on the way to an answer", () => {
  const [items, finishReason] = stepOf(
    run(message(0, "Looking", { phase: "Commentary" }), completed()),
  );
  expect(items).toEqual([
    { ...said("item-1", "Looking", { id: "msg_0", phase: "commentary" }), interim: true },
  ]);
  expect(finishReason).toBe("incomplete");
});

test("push() takes commentary before a final answer as a whole answer", () => {
  const [, finishReason] = stepOf(
    run(
      message(0, "a", { phase: "commentary" }),
      message(1, "b", { phase: "final_answer" }),
      completed(),
    ),
  );
  expect(finishReason).toBe("stop");
});

test.each(["in_progress", "incomplete", "queued"])(
  "push() voids a call with the status %s: it must not run",
  (status) => {
    const { events } = run(functionCall(0, "f", '{"a', { status }), completed());
    expect(events).toEqual([
      { type: "item-start", item: called("item-1", "call_0", "f", "") },
      { type: "item-reset", itemIds: ["item-1"] },
      { type: "step-end", finishReason: "incomplete", usage },
    ]);
  },
);

test("push() voids a call that never ended", () => {
  const { events } = run(
    itemAdded(0, { type: "function_call", call_id: "c1", name: "f", arguments: "" }),
    argumentsDelta(0, '{"a":'),
    message(1, "Hi"),
    completed(),
  );
  expect(events.slice(-3)).toEqual([
    { type: "item-reset", itemIds: ["item-1"] },
    { type: "item-end", item: said("item-2", "Hi", { id: "msg_1" }) },
    { type: "step-end", finishReason: "incomplete", usage },
  ]);
});

test("push() takes the input of a custom tool call as its arguments, whatever its status", () => {
  const call = {
    type: "custom_tool_call",
    call_id: "c1",
    name: "apply",
    input: "*** Begin",
    status: "in_progress",
  };
  expect(stepOf(run(itemDone(0, call), completed()))).toEqual([
    [called("item-1", "c1", "apply", "*** Begin")],
    "tool_calls",
  ]);
});

test("push() takes arguments from their deltas where the end leaves them out", () => {
  const call = { type: "function_call", id: "fc_0", call_id: "c1", name: "f" };
  const events = [
    itemAdded(0, call),
    argumentsDelta(0, '{"a":'),
    argumentsDelta(0, "1}"),
    itemDone(0, call),
  ];
  expect(stepOf(run(events, completed()))[0]).toEqual([called("item-1", "c1", "f", '{"a":1}')]);
});

test("push() finds a call id: its own, one inside the item's id, else one from its content", () => {
  const ids = (fields: JsonObject): unknown => {
    const [items] = stepOf(
      run(
        itemDone(0, { type: "function_call", name: "read_file", arguments: "{}", ...fields }),
        completed(),
      ),
    );
    return items[0]?.type === "tool-call" ? items[0].callId : undefined;
  };
  expect(ids({ call_id: " call_7 ", id: "fc_1" })).toBe("call_7");
  expect(ids({ id: "call_8|fc_8" })).toBe("call_8");
  expect(ids({ id: "fc_9" })).toBe("call_9");
  // printf 'read_file:{}:0' | sha256sum
  expect(ids({})).toBe("call_d24f0efbdf6f");
  expect(ids({ call_id: "functions.x:0" })).toMatch(/^call_[0-9a-f]{32}$/);
});

test("push() gives each call of a conversation an id of its own", () => {
  const frames = eventFrames(
    functionCall(0, "f", {}, { callId: "call_0" }),
    functionCall(1, "f", {}, { callId: "call_0" }),
    itemDone(2, { type: "function_call", name: "f", arguments: "{}" }),
    itemDone(3, { type: "function_call", name: "f", arguments: "{}" }),
    completed(),
  );
  const [items] = stepOf(runFrames(frames, [toolCall("call_0", "f")]));
  const ids = items.map((item) => (item.type === "tool-call" ? item.callId : ""));
  expect(ids.slice(0, 2)).toEqual(["call_0_2", "call_0_3"]);
  expect(new Set([...ids, "call_0"]).size).toBe(5);
});

test("push() knows items apart by id where all of them have the same index", () => {
  const call = (id: string): JsonObject => ({
    type: "function_call",
    id,
    call_id: `c_${id}`,
    name: id,
  });
  const end = (id: string): ServerEvent => itemDone(0, { ...call(id), arguments: `{"${id}":1}` });
  const [items] = stepOf(
    run(
      itemAdded(0, call("a")),
      itemAdded(0, call("b")),
      end("b"),
      end("a"),
      end("a"),
      completed(),
    ),
  );
  expect(items).toEqual([
    called("item-1", "c_a", "a", '{"a":1}'),
    called("item-2", "c_b", "b", '{"b":1}'),
  ]);
});

test("push() knows items apart by index where their ids change from event to event", () => {
  const { events } = run(
    itemAdded(0, { type: "message", id: "x1", content: [] }),
    textDelta(0, "Hel", "x2"),
    textDelta(0, "lo", "x3"),
    itemDone(0, { type: "message", id: "x4", content: [part("Hello")] }),
    completed(),
  );
  expect(events.map((event) => event.type)).toEqual([
    "item-start",
    "item-delta",
    "item-delta",
    "item-end",
    "step-end",
  ]);
});

test("push() knows items without id and index by their order", () => {
  const event = (type: string, fields: JsonObject): ServerEvent => ({
    type: `response.${type}`,
    ...fields,
  });
  const [items] = stepOf(
    run(
      event("output_item.added", { item: { type: "reasoning" } }),
      event("reasoning_text.delta", { delta: "hm" }),
      event("output_item.done", { item: { type: "reasoning" } }),
      event("output_item.added", { item: { type: "message" } }),
      event("output_text.delta", { delta: "Hi" }),
      event("output_item.done", { item: { type: "message", content: [part("Hi")] } }),
      completed(),
    ),
  );
  expect(items).toEqual([thought("item-1", "hm"), said("item-2", "Hi")]);
});

test("push() takes a repeated item and late deltas of it once", () => {
  const [items] = stepOf(
    run(message(0, "Hi"), message(0, "Hi").slice(-1), textDelta(0, "Hi"), completed()),
  );
  expect(items).toEqual([said("item-1", "Hi", { id: "msg_0" })]);
});

test("push() counts items of types that it does not know as no items", () => {
  const search = { type: "web_search_call", id: "ws_1", status: "completed" };
  expect(
    stepOf(run(itemAdded(0, search), itemDone(0, search), message(1, "Hi"), completed())),
  ).toEqual([[said("item-1", "Hi", { id: "msg_1" })], "stop"]);
});

test("push() reports the output limit and the content filter", () => {
  const cut = message(0, "Half", { status: "incomplete" });
  expect(stepOf(run(cut, incomplete("max_output_tokens")))).toEqual([
    [said("item-1", "Half", { id: "msg_0", status: "incomplete" })],
    "length",
  ]);
  expect(stepOf(run(incomplete("max_output_tokens")))).toEqual([[], "length"]);
  expect(stepOf(run(incomplete("content_filter")))).toEqual([[], "content_filter"]);
});

test("push() lets the type of the last event decide, not the status in it", () => {
  const end = { type: "response.incomplete", response: { status: "completed" } };
  expect(stepOf(run(message(0, "Hi"), end))[1]).toBe("incomplete");
});

test("push() shows a refusal and reports it as filtered", () => {
  const refused = { type: "message", id: "m", content: [{ type: "refusal", refusal: "I cannot" }] };
  const delta = { type: "response.refusal.delta", output_index: 0, delta: "I cannot" };
  expect(run(itemAdded(0, refused), delta, itemDone(0, refused), completed()).events).toEqual([
    { type: "item-start", item: { type: "assistant-message", id: "item-1", text: "" } },
    { type: "item-delta", itemId: "item-1", channel: "text", delta: "I cannot" },
    { type: "item-end", item: { type: "assistant-message", id: "item-1", text: "I cannot" } },
    { type: "step-end", finishReason: "content_filter", usage },
  ]);
});

const leak = 'assistant to=functions.read_file {"path":"a"}';

test("push() voids a tool call that was written as text", () => {
  const { events } = run(message(0, leak, { pieceSize: 100 }), completed());
  expect(events).toEqual([
    { type: "item-start", item: { type: "assistant-message", id: "item-1", text: "" } },
    { type: "item-delta", itemId: "item-1", channel: "text", delta: leak },
    { type: "item-reset", itemIds: ["item-1"] },
    { type: "step-end", finishReason: "incomplete", usage },
  ]);
});

test("push() keeps the same text beside a real call", () => {
  const [items, finishReason] = stepOf(
    run(message(0, leak), functionCall(1, "f", {}), completed()),
  );
  expect(items).toEqual([
    said("item-1", leak, { id: "msg_0" }),
    called("item-2", "call_1", "f", "{}"),
  ]);
  expect(finishReason).toBe("tool_calls");
});

test("push() keeps text that only mentions the notation", () => {
  const text = "Use to=functions.foo in docs";
  expect(stepOf(run(message(0, text), completed()))).toEqual([
    [said("item-1", text, { id: "msg_0" })],
    "stop",
  ]);
});

const cutOff = new HermesError(
  "stream/no_terminal_event",
  "The answer of m1 was cut off before its end",
  {
    retryable: true,
    hint: "try again",
  },
);

test.each<[string, readonly ServerEvent[]]>([
  ["nothing", []],
  ["its first event", [created()]],
  ["half a text", [created(), textDelta(0, "Hel")]],
  ["a whole item", [created(), ...message(0, "Hello")]],
  ["a whole call", [created(), ...functionCall(0, "f", {})]],
])("end() does not take a stream for complete that ends after %s", (_name, events) => {
  expect(run(events).thrown).toEqual(cutOff);
});

test("push() takes the sentinel for the last event when every item has ended", () => {
  const frames = (...events: readonly ServerEvent[]): readonly Frame[] => [
    ...eventFrames(events),
    { kind: "done" },
  ];
  expect(stepOf(runFrames(frames(...message(0, "Hi"))))[1]).toBe("stop");
  expect(runFrames(frames(...message(0, "Hi").slice(0, -1))).thrown).toEqual(cutOff);
});

const empty = new HermesError("model/empty_answer", "m1 ended its answer without saying anything", {
  retryable: true,
  hint: "try again, or choose another model: hermes model list",
});

test("push() refuses a complete answer that holds nothing", () => {
  expect(run(created(), completed()).thrown).toEqual(empty);
  expect(run(itemDone(0, { type: "message", content: [] }), completed()).thrown).toEqual(empty);
  expect(run(itemDone(0, { type: "web_search_call" }), completed()).thrown).toEqual(empty);
  expect(runFrames([{ kind: "done" }]).thrown).toEqual(empty);
});

test.each<[string, ServerEvent, string, string]>([
  ["a failed response", failed("server_error", "It broke"), "model/server_error", "It broke"],
  ["a rate limit", failed("rate_limit_exceeded", "Slow down"), "model/rate_limited", "Slow down"],
  [
    "an error frame",
    errorEvent("Too long", "context_length_exceeded"),
    "model/context_overflow",
    "Too long",
  ],
  [
    "a nested error frame",
    {
      type: "error",
      error: { type: "invalid_request_error", code: "invalid_api_key", message: "No" },
    },
    "auth/rejected",
    "No",
  ],
  [
    "a cancelled response",
    { type: "response.cancelled", response: { status: "cancelled" } },
    "model/server_error",
    "cancelled",
  ],
  [
    "an error without words",
    { type: "error" },
    "model/server_error",
    "the stream reported an error",
  ],
])("push() throws what %s reports, also as the first event", (_name, event, code, words) => {
  const { events, thrown } = run(event);
  expect(events).toEqual([]);
  expect(thrown).toMatchObject({ code });
  expect(String(thrown)).toContain(words);
  expect(run(created(), message(0, "Hi"), event).thrown).toEqual(thrown);
});

test("push() reads what the Codex backend puts beside an error: its status, and when a limit lifts", () => {
  const event = {
    type: "error",
    error: { type: "usage_limit_reached", message: "The usage limit has been reached" },
    status_code: 429,
    headers: { "X-Codex-Plan-Type": "plus" },
  };
  const error = { ...event.error, resets_in_seconds: 60 };
  expect(run({ ...event, error }).thrown).toMatchObject({
    code: "model/quota",
    httpStatus: 429,
    retryAfterMs: 60_000,
  });
});

function whole(body: JsonObject): readonly Frame[] {
  return [{ kind: "whole", body }];
}

test("push() reads a response that came in one piece", () => {
  const output = [
    { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "xyz" },
    { type: "message", id: "msg_1", content: [part("Hi")] },
    { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
  ];
  const body = {
    object: "response",
    status: "completed",
    output,
    usage: { input_tokens: 3, output_tokens: 4 },
  };
  const decoded = runFrames(whole(body));
  expect(itemsOf(decoded.events).map((item) => item.type)).toEqual([
    "reasoning",
    "assistant-message",
    "tool-call",
  ]);
  expect(decoded.events.at(-1)).toEqual({
    type: "step-end",
    finishReason: "tool_calls",
    usage: {
      inputTokens: 3,
      cachedInputTokens: 0,
      outputTokens: 4,
      reasoningTokens: 0,
      totalTokens: 7,
    },
  });
});

test.each<[string, JsonObject, FinishReason]>([
  ["text alone", { output: [], output_text: "Hi" }, "stop"],
  ["text in place of output", { output: null, output_text: "Hi" }, "stop"],
  [
    "under way",
    { status: "in_progress", output: [{ type: "message", content: [part("Hi")] }] },
    "incomplete",
  ],
  [
    "cut",
    { status: "incomplete", incomplete_details: { reason: "max_output_tokens" }, output: [] },
    "length",
  ],
])("push() reads a response in one piece with %s", (_name, body, finishReason) => {
  expect(stepOf(runFrames(whole(body)))[1]).toBe(finishReason);
});

test("push() throws what a response in one piece reports", () => {
  expect(
    runFrames(whole({ status: "failed", error: { code: "server_error", message: "No" } })).thrown,
  ).toMatchObject({
    code: "model/server_error",
  });
  expect(runFrames(whole({ error: "bad key", code: "invalid_api_key" })).thrown).toBeInstanceOf(
    HermesError,
  );
  expect(runFrames(whole({ output: [] })).thrown).toEqual(empty);
  expect(runFrames(whole({ id: "x", choices: [] })).thrown).toEqual(
    new HermesError(
      "stream/invalid",
      "Expected a response, got JSON with the fields: id, choices",
      {
        hint: "check which API the endpoint speaks: hermes config set model.api_mode MODE",
      },
    ),
  );
});

test("push() makes sense of events of the wrong shape, or none", () => {
  const strange: readonly JsonObject[] = [
    { type: "response.output_item.added" },
    { type: "response.output_item.done", item: null },
    { type: "response.output_item.done", item: [], output_index: -1 },
    {
      type: "response.output_item.done",
      output_index: 0.5,
      item: { type: "message", content: "x" },
    },
    { type: "response.output_text.delta", delta: { a: 1 } },
    { type: "response.function_call_arguments.delta", delta: "x" },
    { type: 7 },
    { type: "response.output_item.added", item: { type: "function_call" } },
  ];
  expect(stepOf(run(strange, message(5, "Hi"), completed()))).toEqual([
    [said("item-3", "Hi", { id: "msg_5" })],
    "incomplete",
  ]);
});

test("push() hands on arguments that are nested too deeply as what they are not: JSON", () => {
  const text = `{"type":"function_call","call_id":"c1","name":"f","arguments":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  const item = parseJson(text);
  expect(isJsonObject(item)).toBe(true);
  const [items] = stepOf(run(itemDone(0, isJsonObject(item) ? item : {}), completed()));
  expect(items).toEqual([called("item-1", "c1", "f", "(nested too deeply)")]);
  // The engine's own search for the end of its stack takes seconds.
}, 60_000);
