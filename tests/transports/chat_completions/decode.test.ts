import { expect, test } from "bun:test";
import { HermesError } from "../../../src/core/errors.ts";
import { type FinishReason, type ModelEvent, noUsage } from "../../../src/core/event.ts";
import type { ModelItem, ToolCall } from "../../../src/core/item.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import type { Dialect } from "../../../src/core/provider.ts";
import { createChatDecoder } from "../../../src/transports/chat_completions/decode.ts";
import type { Frame } from "../../../src/transports/frames.ts";
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
  chatChunk,
  chatEnd,
  chatReasoning,
  chatText,
  chatToolCall,
  type ServerEvent,
} from "../../fakes/sse.ts";

type Events = readonly (ServerEvent | readonly ServerEvent[])[];

function runFrames(
  frames: readonly Frame[],
  items: readonly ModelItem[] = [],
  dialect: Partial<Dialect> = {},
): Decoded {
  const decoded = decode(createChatDecoder(decoderContext(items, dialect)), frames);
  expect(brokenRule(decoded.events)).toBeUndefined();
  return decoded;
}

/** Events and the sentinel. */
function run(...events: Events): Decoded {
  return runFrames([...eventFrames(...events), { kind: "done" }]);
}

/** Events and the end of the body, without the sentinel. */
function runCut(...events: Events): Decoded {
  return runFrames(eventFrames(...events));
}

function stepOf(decoded: Decoded): readonly [readonly ModelItem[], FinishReason | undefined] {
  expect(decoded.thrown).toBeUndefined();
  const last = decoded.events.at(-1);
  return [itemsOf(decoded.events), last?.type === "step-end" ? last.finishReason : undefined];
}

function said(id: string, text: string): ModelItem {
  return { type: "assistant-message", id, text };
}

function thought(id: string, text: string): ModelItem {
  return { type: "reasoning", id, text };
}

function called(id: string, callId: string, name: string, argumentsText: string): ToolCall {
  return { type: "tool-call", id, callId, name, arguments: argumentsText };
}

function fragment(fields: JsonObject, finishReason: string | null = null): ServerEvent {
  return chatChunk({ tool_calls: [fields] }, finishReason);
}

const usage = {
  inputTokens: 100,
  cachedInputTokens: 0,
  outputTokens: 20,
  reasoningTokens: 0,
  totalTokens: 120,
};
const end = chatEnd("stop");

test("push() shows reasoning, text and a call as they come, and ends them", () => {
  const { events } = run(
    chatChunk({ role: "assistant", content: "" }),
    chatReasoning("Think"),
    chatText("Hello"),
    chatToolCall(0, "read_file", { path: "a" }),
    chatEnd("tool_calls", { input: 50, cached: 40, output: 9, reasoning: 4 }),
  );
  expect(events).toEqual([
    { type: "item-start", item: thought("item-1", "") },
    { type: "item-delta", itemId: "item-1", channel: "reasoning", delta: "Think" },
    { type: "item-end", item: thought("item-1", "Think") },
    { type: "item-start", item: said("item-2", "") },
    { type: "item-delta", itemId: "item-2", channel: "text", delta: "Hello" },
    { type: "item-start", item: called("item-3", "call_0", "read_file", "") },
    { type: "item-end", item: said("item-2", "Hello") },
    { type: "item-end", item: called("item-3", "call_0", "read_file", '{"path":"a"}') },
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
});

test.each<[string, ServerEvent]>([
  ["reasoning_content", chatChunk({ reasoning_content: "hm" })],
  ["reasoning", chatChunk({ reasoning: "hm" })],
  ["both fields", chatChunk({ reasoning_content: "hm", reasoning: "hm" })],
  [
    "a part of the content",
    chatChunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] }),
  ],
  ["tags", chatChunk({ content: "<think>hm</think>" })],
])("push() finds reasoning in %s", (_name, event) => {
  expect(stepOf(run(event, chatText("Hi"), end))).toEqual([
    [thought("item-1", "hm"), said("item-2", "Hi")],
    "stop",
  ]);
});

test("push() reads content that is a list of parts", () => {
  const content = [{ type: "text", text: "Hel" }, { type: "image" }, { type: "text", text: "lo" }];
  expect(stepOf(run(chatChunk({ content }), end))[0]).toEqual([said("item-1", "Hello")]);
});

test("push() takes tags out of content although they are cut", () => {
  const pieces = ["\n<thi", "nk>h", "m</", "think>\n\nHe", "llo"];
  const { events } = run(
    pieces.map((content) => chatChunk({ content })),
    end,
  );
  expect(events).toEqual([
    { type: "item-start", item: thought("item-1", "") },
    { type: "item-delta", itemId: "item-1", channel: "reasoning", delta: "h" },
    { type: "item-delta", itemId: "item-1", channel: "reasoning", delta: "m" },
    { type: "item-end", item: thought("item-1", "hm") },
    { type: "item-start", item: said("item-2", "") },
    { type: "item-delta", itemId: "item-2", channel: "text", delta: "He" },
    { type: "item-delta", itemId: "item-2", channel: "text", delta: "llo" },
    { type: "item-end", item: said("item-2", "Hello") },
    { type: "step-end", finishReason: "stop", usage },
  ]);
});

test("push() takes text for reasoning whose tag was opened in the prompt", () => {
  const { events } = run(chatChunk({ content: "hm\n</think>\n\nHello" }), end);
  expect(events.map((event) => event.type)).toEqual([
    "item-start",
    "item-delta",
    "item-reset",
    "item-start",
    "item-delta",
    "item-end",
    "item-start",
    "item-delta",
    "item-end",
    "step-end",
  ]);
  expect(itemsOf(events)).toEqual([thought("item-2", "hm"), said("item-3", "Hello")]);
});

test("push() keeps reasoning and text that take turns in their order", () => {
  const events = [chatReasoning("a"), chatText("b"), chatReasoning("c"), chatText("d")];
  expect(stepOf(run(...events, end))[0]).toEqual([
    thought("item-1", "a"),
    said("item-2", "b"),
    thought("item-3", "c"),
    said("item-4", "d"),
  ]);
});

test("push() keeps the blanks of text, but begins no item for blanks alone", () => {
  const pieces = [" \n", " world", " ", "\n"];
  expect(
    stepOf(
      run(
        pieces.map((content) => chatChunk({ content })),
        end,
      ),
    )[0],
  ).toEqual([said("item-1", " world \n")]);
  expect(stepOf(run(chatChunk({ content: " \n " }), end))).toEqual([[], "stop"]);
});

test("push() keeps reasoning for endpoints that want it back, word for word", () => {
  const frames = eventFrames(
    chatChunk({ reasoning_content: " hm\n" }),
    chatChunk({ content: "<think>x</think>Hi" }),
    end,
  );
  const replay = {
    wireApi: "chat_completions",
    issuer: "acme",
    model: "m1",
    payload: { reasoning_content: " hm\n" },
  } as const;
  for (const reasoningContent of ["echo", "pad"] as const) {
    expect(stepOf(runFrames(frames, [], { reasoningContent }))[0]).toEqual([
      { type: "reasoning", id: "item-1", text: "hm", replay },
      thought("item-2", "x"),
      said("item-3", "Hi"),
    ]);
  }
});

test.each<[string, readonly JsonObject[]]>([
  [
    "by the book",
    [
      { index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } },
      { index: 1, id: "b", type: "function", function: { name: "g", arguments: "" } },
      { index: 0, function: { arguments: '{"x":' } },
      { index: 1, function: { arguments: "{}" } },
      { index: 0, function: { arguments: "1}" } },
    ],
  ],
  [
    "whole",
    [
      { index: 0, id: "a", function: { name: "f", arguments: '{"x":1}' } },
      { index: 1, id: "b", function: { name: "g", arguments: "{}" } },
    ],
  ],
  [
    "with arguments as objects",
    [
      { index: 0, id: "a", function: { name: "f", arguments: { x: 1 } } },
      { index: 1, id: "b", function: { name: "g", arguments: {} } },
    ],
  ],
  [
    "without an index",
    [
      { id: "a", function: { name: "f", arguments: '{"x":' } },
      { function: { arguments: "1}" } },
      { id: "b", function: { name: "g", arguments: "{" } },
      { function: { arguments: "}" } },
    ],
  ],
  [
    "with index 0 for all",
    [
      { index: 0, id: "a", function: { name: "f", arguments: '{"x":1}' } },
      { index: 0, id: "b", function: { name: "g", arguments: "{" } },
      { index: 0, function: { arguments: "}" } },
    ],
  ],
  [
    "with id and name in every fragment",
    [
      { index: 0, id: "a", function: { name: "f", arguments: '{"x":' } },
      { index: 0, id: "a", function: { name: "f", arguments: "1}" } },
      { index: 1, id: "b", function: { name: "g", arguments: "{}" } },
    ],
  ],
  [
    "with another id in every fragment",
    [
      { index: 0, id: "a", function: { name: "f", arguments: '{"x":' } },
      { index: 0, id: "a2", function: { arguments: "1}" } },
      { index: 1, id: "b", function: { name: "g", arguments: "{}" } },
    ],
  ],
  [
    "with the id behind the name",
    [
      { index: 0, function: { name: "f" } },
      { index: 0, id: "a", function: { arguments: '{"x":1}' } },
      { index: 1, id: "b", function: { name: "g", arguments: "{}" } },
    ],
  ],
  [
    "with ids and names of null",
    [
      { index: 0, id: "a", function: { name: "f", arguments: null } },
      { index: 0, id: null, function: { name: null, arguments: '{"x":1}' } },
      { index: 1, id: "b", function: { name: "g", arguments: "{}" } },
      { index: 2 },
    ],
  ],
])("push() reads calls %s", (_name, fragments) => {
  expect(
    stepOf(
      run(
        fragments.map((one) => fragment(one)),
        chatEnd("tool_calls"),
      ),
    ),
  ).toEqual([
    [called("item-1", "a", "f", '{"x":1}'), called("item-2", "b", "g", "{}")],
    "tool_calls",
  ]);
});

test.each<[string, readonly JsonObject[]]>([
  [
    "and an index",
    [
      { index: 0, function: { name: "f", arguments: "{}" } },
      { index: 1, function: { name: "f", arguments: "{}" } },
    ],
  ],
  [
    "and index 0 for all",
    [
      { index: 0, function: { name: "f", arguments: "{}" } },
      { index: 0, function: { name: "f", arguments: "{}" } },
    ],
  ],
  [
    "or index",
    [
      { function: { name: "f", arguments: "{" } },
      { function: { arguments: "}" } },
      { function: { name: "f", arguments: "{}" } },
    ],
  ],
])("push() gives ids to calls without id %s", (_name, fragments) => {
  const [items] = stepOf(
    run(
      fragments.map((one) => fragment(one)),
      end,
    ),
  );
  // printf 'f:{}:0' | sha256sum, printf 'f:{}:1' | sha256sum
  expect(items).toEqual([
    called("item-1", "call_b73104963ffd", "f", "{}"),
    called("item-2", "call_a3a8d8ba38a2", "f", "{}"),
  ]);
});

test("push() gives each call of a conversation an id of its own", () => {
  const frames = eventFrames(
    chatToolCall(0, "f", {}, "call_0"),
    chatToolCall(1, "f", {}, "call_0"),
    end,
  );
  const [items] = stepOf(runFrames(frames, [toolCall("call_0", "f")]));
  expect(items).toEqual([
    called("item-1", "call_0_2", "f", "{}"),
    called("item-2", "call_0_3", "f", "{}"),
  ]);
});

test("push() reads the function call of the first API", () => {
  const events = [
    chatChunk({ function_call: { name: "f", arguments: "{" } }),
    chatChunk({ function_call: { arguments: "}" } }),
  ];
  const [items, finishReason] = stepOf(run(events, chatEnd("function_call")));
  expect(items).toMatchObject([{ name: "f", arguments: "{}" }]);
  expect(finishReason).toBe("tool_calls");
});

test("push() keeps what a vendor puts beside its call", () => {
  const extra = { google: { thought_signature: "abc" } };
  const call = {
    index: 0,
    id: "a",
    function: { name: "f", arguments: "{}" },
    extra_content: extra,
  };
  expect(stepOf(run(fragment(call), end))[0]).toEqual([
    {
      ...called("item-1", "a", "f", "{}"),
      replay: {
        wireApi: "chat_completions",
        issuer: "acme",
        model: "m1",
        payload: { extra_content: extra },
      },
    },
  ]);
});

test.each<[string, Events, FinishReason]>([
  ["stop", [chatText("Hi"), chatEnd("stop")], "stop"],
  ["stop with calls", [chatToolCall(0, "f", {}), chatEnd("stop")], "tool_calls"],
  ["tool_calls without a call", [chatText("Hi"), chatEnd("tool_calls")], "stop"],
  ["length", [chatText("Hi"), chatEnd("length")], "length"],
  ["max_tokens", [chatText("Hi"), chatEnd("max_tokens")], "length"],
  ["content_filter", [chatText("Hi"), chatEnd("content_filter")], "content_filter"],
  ["content_filter with nothing", [chatEnd("content_filter")], "content_filter"],
  ["an unknown word", [chatText("Hi"), chatEnd("eos")], "stop"],
  ["no word, but the sentinel", [chatText("Hi")], "stop"],
  ["no word, but a call", [chatToolCall(0, "f", {})], "tool_calls"],
  ["nothing at all", [chatEnd("stop")], "stop"],
])("push() reads the finish reason: %s", (_name, events, finishReason) => {
  expect(stepOf(run(...events))[1]).toBe(finishReason);
});

test("push() reads an unfinished text as cut where `stop` is not sure, behind a tool's result", () => {
  const result: ModelItem = {
    type: "tool-result",
    id: "r1",
    callId: "call_0",
    output: "{}",
    isError: false,
  };
  const reached = (
    text: string,
    items: readonly ModelItem[],
    dialect: Partial<Dialect>,
    calls: readonly ServerEvent[] = [],
  ) =>
    stepOf(
      runFrames([...eventFrames(chatText(text), calls, end), { kind: "done" }], items, dialect),
    )[1];
  const [cut, whole] = ["I have read the file and it", "I have read the file ⚡️"];
  const unsure = { unsureStops: true };
  expect([
    reached(cut, [result], unsure),
    reached(whole, [result], unsure),
    reached(cut, [], unsure),
    reached(cut, [result], {}),
    reached(`<think>${cut}</think>Done`, [result], unsure),
    reached(cut, [result], unsure, chatToolCall(0, "f", {})),
  ]).toEqual(["length", "stop", "stop", "stop", "stop", "tool_calls"]);
});

test("push() reads a call that was written as text as an answer that goes on, and keeps it from the user", () => {
  const leaked = 'Let me look.\n<tool_call>\n{"name":"f"}\n</tool_call>';
  expect(stepOf(run(chatText(leaked, 3), end))).toEqual([
    [said("item-1", "Let me look.\n")],
    "incomplete",
  ]);
  expect(stepOf(run(chatText(leaked), chatToolCall(0, "f", {}), end))[1]).toBe("tool_calls");
});

test.each<[string, Events]>([
  [
    "half its arguments",
    [fragment({ index: 0, id: "a", function: { name: "f", arguments: '{"x":' } })],
  ],
  ["its name alone", [fragment({ index: 0, id: "a", function: { name: "f" } })]],
  [
    "a whole call before half of one",
    [
      chatToolCall(0, "f", { x: 1 }),
      fragment({ index: 1, id: "b", function: { name: "g", arguments: "{" } }),
    ],
  ],
])(
  "push() runs nothing of an answer that ends without a reason behind a call with %s",
  (_name, events) => {
    for (const decoded of [run(...events), runCut(...events)]) {
      expect(itemsOf(decoded.events)).toEqual([]);
      expect(decoded.thrown).toMatchObject({ code: "stream/no_terminal_event", retryable: true });
    }
  },
);

test("push() reads errors that stand where others put the answer", () => {
  const flat = { object: "error", message: "Slow down", type: "rate_limited", code: 429 };
  const thrown = (frame: Frame): unknown => runFrames([frame]).thrown;
  expect([
    thrown({ kind: "event", name: "", data: flat }),
    thrown({ kind: "whole", body: flat }),
    thrown({ kind: "whole", body: { code: 500, msg: "404 NOT_FOUND", success: false } }),
    thrown({ kind: "whole", body: { choices: null } }),
    thrown({ kind: "whole", body: { choices: [] } }),
    thrown({ kind: "whole", body: { hello: "world" } }),
  ]).toMatchObject([
    { code: "model/rate_limited", retryable: true, httpStatus: 429 },
    { code: "model/rate_limited", retryable: true, httpStatus: 429 },
    { code: "model/server_error", retryable: true, httpStatus: 500 },
    { code: "model/empty_answer", retryable: true },
    { code: "model/empty_answer", retryable: true },
    { code: "stream/invalid", retryable: false },
  ]);
});

test("push() voids a call that a limit cut, and keeps a whole one", () => {
  const { events } = run(
    chatToolCall(0, "f", { x: 1 }),
    fragment({ index: 1, id: "b", function: { name: "g", arguments: '{"y":' } }),
    fragment({ index: 2, function: { name: "h", arguments: "{" } }),
    chatEnd("length"),
  );
  expect(events.slice(1)).toEqual([
    { type: "item-start", item: called("item-2", "b", "g", "") },
    { type: "item-end", item: called("item-1", "call_0", "f", '{"x":1}') },
    { type: "item-reset", itemIds: ["item-2"] },
    { type: "step-end", finishReason: "length", usage },
  ]);
});

test("push() leaves broken arguments to the loop when no limit cut them", () => {
  expect(stepOf(run(chatToolCall(0, "f", "{broken"), end))[0]).toEqual([
    called("item-1", "call_0", "f", "{broken"),
  ]);
});

test("push() shows a refusal only when there is nothing else", () => {
  const refusal = [chatChunk({ refusal: "I can" }), chatChunk({ refusal: "not" })];
  expect(stepOf(run(refusal, end))).toEqual([[said("item-1", "I cannot")], "content_filter"]);
  expect(stepOf(run(chatText("Hi"), refusal, end))).toEqual([[said("item-1", "Hi")], "stop"]);
  expect(stepOf(run(refusal, chatToolCall(0, "f", {}), end))[1]).toBe("tool_calls");
});

test("push() needs no counts, and takes the last ones", () => {
  const [finish] = end;
  const counted = (tokens: number): ServerEvent => ({
    ...chatChunk({ content: "x" }),
    usage: { prompt_tokens: tokens, completion_tokens: 1, prompt_cache_hit_tokens: 2 },
  });
  expect(run(chatText("Hi"), finish ?? {}).events.at(-1)).toEqual({
    type: "step-end",
    finishReason: "stop",
    usage: noUsage,
  });
  expect(run(counted(5), counted(6), finish ?? {}).events.at(-1)).toEqual({
    type: "step-end",
    finishReason: "stop",
    usage: {
      inputTokens: 6,
      cachedInputTokens: 2,
      outputTokens: 1,
      reasoningTokens: 0,
      totalTokens: 7,
    },
  });
});

const cutOff = new HermesError(
  "stream/no_terminal_event",
  "The answer of m1 was cut off before its end",
  {
    retryable: true,
    hint: "try again",
  },
);

test("end() takes an answer for complete only when a finish reason came", () => {
  expect(runCut().thrown).toEqual(cutOff);
  expect(runCut(chatText("Hel")).thrown).toEqual(cutOff);
  expect(runCut(chatToolCall(0, "f", {})).thrown).toEqual(cutOff);
  expect(stepOf(runCut(chatText("Hi"), chatChunk({}, "stop")))[1]).toBe("stop");
  expect(stepOf(runCut(chatChunk({ content: "Hi" }, "stop")))[1]).toBe("stop");
});

test("state() tells a complete answer from one that goes on", () => {
  const decoder = createChatDecoder(decoderContext());
  const stateAfter = (event: ServerEvent): string => {
    for (const frame of eventFrames(event)) decoder.push(frame);
    return decoder.state();
  };
  expect(stateAfter(chatChunk({ content: "a" }))).toBe("open");
  // Some servers name a reason in every chunk.
  expect(stateAfter(chatChunk({ content: "b" }, "stop"))).toBe("open");
  expect(stateAfter(chatChunk({}, "stop"))).toBe("answered");
  expect(stateAfter(chatChunk({ content: "c" }))).toBe("open");
  expect(stateAfter(chatChunk({}))).toBe("answered");
  decoder.push({ kind: "done" });
  expect(decoder.state()).toBe("finished");
  expect(decoder.push({ kind: "done" })).toEqual([]);
});

test("push() refuses an answer without a choice", () => {
  const empty = new HermesError(
    "model/empty_answer",
    "m1 ended its answer without saying anything",
    {
      retryable: true,
      hint: "try again, or choose another model: hermes model list",
    },
  );
  expect(run().thrown).toEqual(empty);
  expect(run({ choices: [] }).thrown).toEqual(empty);
  expect(runFrames([{ kind: "whole", body: { choices: [] } }]).thrown).toEqual(empty);
});

test.each<[string, ServerEvent, string, string]>([
  [
    "an error",
    { error: { message: "Slow down", code: "rate_limit_exceeded" } },
    "model/rate_limited",
    "Slow down",
  ],
  [
    "an error with a status",
    { error: { message: "Try later", code: 503 } },
    "model/overloaded",
    "Try later",
  ],
  [
    "an error of text alone",
    { error: "server overloaded, try later" },
    "model/overloaded",
    "overloaded",
  ],
  [
    "an event of the name",
    { type: "error", message: "context_length_exceeded" },
    "model/context_overflow",
    "context",
  ],
  [
    "a choice that failed",
    {
      choices: [
        {
          index: 0,
          delta: {},
          finish_reason: "error",
          error: { message: "Upstream died", code: 502 },
        },
      ],
    },
    "model/server_error",
    "Upstream died",
  ],
  [
    "a server without resources",
    chatChunk({}, "insufficient_system_resource"),
    "model/overloaded",
    "insufficient",
  ],
])("push() throws what %s reports, also in the middle", (_name, event, code, words) => {
  const { events, thrown } = run(event);
  expect(events).toEqual([]);
  expect(thrown).toMatchObject({ code });
  expect(String(thrown)).toContain(words);
  expect(run(chatText("Hi"), event).thrown).toEqual(thrown);
});

test("push() reads an answer that came in one piece", () => {
  const body = {
    choices: [
      {
        message: {
          content: "Hi",
          reasoning_content: "hm",
          tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
        },
        finish_reason: "tool_calls",
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 2 },
  };
  const expected: readonly ModelEvent[] = [
    { type: "item-end", item: thought("item-1", "hm") },
    { type: "item-end", item: said("item-2", "Hi") },
    { type: "item-end", item: called("item-3", "a", "f", "{}") },
    {
      type: "step-end",
      finishReason: "tool_calls",
      usage: {
        inputTokens: 1,
        cachedInputTokens: 0,
        outputTokens: 2,
        reasoningTokens: 0,
        totalTokens: 3,
      },
    },
  ];
  const { events } = runFrames([{ kind: "whole", body }]);
  const ends: readonly ModelEvent[] = events.filter(
    (event) => event.type === "item-end" || event.type === "step-end",
  );
  expect(ends).toEqual(expected);
});

test("push() throws what an answer in one piece reports", () => {
  const failureOf = (body: JsonObject): unknown => runFrames([{ kind: "whole", body }]).thrown;
  expect(failureOf({ error: { message: "No", code: "invalid_api_key" } })).toMatchObject({
    code: "auth/rejected",
  });
  expect(failureOf({ object: "response", output: [] })).toEqual(
    new HermesError(
      "stream/invalid",
      "Expected a chat completion, got JSON with the fields: object, output",
      {
        hint: "check which API the endpoint speaks: hermes config set model.api_mode MODE",
      },
    ),
  );
});

test("push() makes sense of chunks of the wrong shape, or none", () => {
  const strange: readonly JsonObject[] = [
    {},
    { choices: null },
    { choices: [null, 7] },
    { choices: [{}] },
    {
      choices: [
        { index: 1, delta: { content: "other" } },
        { index: 0, delta: { content: "Hi" } },
      ],
    },
    { choices: [{ index: 0, delta: { content: 7, tool_calls: "x", refusal: [] } }] },
    { choices: [{ index: 0, delta: { tool_calls: [{}, null, { function: 7 }] } }] },
    { usage: "x" },
    { error: null },
    { error: "" },
  ];
  expect(stepOf(run(strange, end))).toEqual([[said("item-1", "Hi")], "stop"]);
});
