import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ModelItem, Replay } from "../../../src/core/item.ts";
import type { Json, JsonObject } from "../../../src/core/json.ts";
import { inputItems } from "../../../src/transports/responses/input_items.ts";

const by = { issuer: "acme", model: "m1" };

function inputOf(items: readonly ModelItem[], replaysReasoning = true): readonly JsonObject[] {
  return inputItems(items, { ...by, replaysReasoning });
}

function replay(payload: Json, change: Partial<Replay> = {}): Replay {
  return { wireApi: "responses", ...by, payload, ...change };
}

function user(text: string): ModelItem {
  return { type: "user-message", id: "u", parts: [{ type: "text", text }] };
}

function assistant(text: string, data?: Replay): ModelItem {
  return { type: "assistant-message", id: "a", text, ...(data && { replay: data }) };
}

function reasoning(data?: Replay): ModelItem {
  return { type: "reasoning", id: "r", text: "thinking", ...(data && { replay: data }) };
}

function call(callId: string, name = "read_file", argumentsText = "{}"): ModelItem {
  return { type: "tool-call", id: `i-${callId}`, callId, name, arguments: argumentsText };
}

function result(callId: string, output = "done"): ModelItem {
  return { type: "tool-result", id: `o-${callId}`, callId, output, isError: false };
}

const encrypted = { encrypted_content: "xyz", summary: ["thinking"], id: "rs_1" };
const wireReasoning = {
  type: "reasoning",
  encrypted_content: "xyz",
  summary: [{ type: "summary_text", text: "thinking" }],
};
const emptyAnswer = { role: "assistant", content: "" };

test("inputItems() writes a text as text, and parts as parts", () => {
  expect(inputOf([user("Hi")])).toEqual([{ role: "user", content: "Hi" }]);
  expect(inputOf([user("")])).toEqual([{ role: "user", content: "" }]);
  const parts: ModelItem = {
    type: "user-message",
    id: "u",
    parts: [
      { type: "text", text: "What is this?" },
      { type: "text", text: "" },
      { type: "image", mediaType: "image/png", data: "AAAA", name: "a.png" },
    ],
  };
  expect(inputOf([parts])).toEqual([
    {
      role: "user",
      content: [
        { type: "input_text", text: "What is this?" },
        { type: "input_image", image_url: "data:image/png;base64,AAAA" },
      ],
    },
  ]);
  expect(inputOf([{ type: "user-message", id: "u", parts: [] }])).toEqual([
    { role: "user", content: "" },
  ]);
});

test("inputItems() replays a message with its id, phase and status", () => {
  const data = replay({ id: "msg_1", phase: "commentary", status: "completed" });
  expect(inputOf([assistant("Hello", data)])).toEqual([
    {
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Hello" }],
      id: "msg_1",
      phase: "commentary",
    },
  ]);
});

test("inputItems() normalises the status of a replayed message", () => {
  const statuses = ["Completed", "in-progress", "IN PROGRESS", "incomplete", "queued", ""];
  const input = inputOf(statuses.map((status) => assistant("x", replay({ status }))));
  expect(input.map((item) => item["status"])).toEqual([
    "completed",
    "in_progress",
    "in_progress",
    "incomplete",
    "completed",
    "completed",
  ]);
});

test.each<[string, Replay | undefined]>([
  ["no replay data", undefined],
  ["another issuer", replay(encrypted, { issuer: "other" })],
  ["another model", replay(encrypted, { model: "m2" })],
  ["another wire API", replay(encrypted, { wireApi: "chat_completions" })],
  ["a strange payload", replay("xyz")],
])("inputItems() sends plain text and no reasoning with %s", (_name, data) => {
  expect(inputOf([reasoning(data), assistant("Hello", data)])).toEqual([
    { role: "assistant", content: "Hello" },
  ]);
});

test("inputItems() replays data that has no model", () => {
  const { model: _model, ...unstamped } = replay(encrypted);
  expect(inputOf([reasoning(unstamped), assistant("Hello")])).toEqual([
    wireReasoning,
    { role: "assistant", content: "Hello" },
  ]);
});

test("inputItems() replays reasoning once, and never with its id", () => {
  const again = replay({ ...encrypted, encrypted_content: "other" });
  const input = inputOf([reasoning(replay(encrypted)), reasoning(again), call("c1"), result("c1")]);
  expect(input).toEqual([
    wireReasoning,
    { type: "function_call", call_id: "c1", name: "read_file", arguments: "{}" },
    { type: "function_call_output", call_id: "c1", output: "done" },
  ]);
  const { id: _id, ...anonymous } = encrypted;
  expect(inputOf([reasoning(replay(anonymous)), reasoning(replay(anonymous)), call("c1")])).toEqual(
    [wireReasoning, { type: "function_call", call_id: "c1", name: "read_file", arguments: "{}" }],
  );
});

test("inputItems() puts an empty answer behind reasoning that nothing of the model follows", () => {
  const thought = reasoning(replay(encrypted));
  expect(inputOf([thought])).toEqual([wireReasoning, emptyAnswer]);
  expect(inputOf([thought, user("And?")])).toEqual([
    wireReasoning,
    emptyAnswer,
    { role: "user", content: "And?" },
  ]);
  expect(inputOf([thought, assistant(" \n")])).toEqual([wireReasoning, emptyAnswer]);
  expect(inputOf([call("c1"), thought, result("c1")])).toEqual([
    { type: "function_call", call_id: "c1", name: "read_file", arguments: "{}" },
    wireReasoning,
    emptyAnswer,
    { type: "function_call_output", call_id: "c1", output: "done" },
  ]);
});

test("inputItems() leaves reasoning out when it is not to be replayed", () => {
  expect(inputOf([reasoning(replay(encrypted)), user("x")], false)).toEqual([
    { role: "user", content: "x" },
  ]);
});

test("inputItems() sends no id of a message whose reasoning is not replayed", () => {
  const said = assistant("Hi", replay({ id: "msg_1", status: "completed", phase: "final_answer" }));
  expect(inputOf([reasoning(replay(encrypted)), said], false)).toEqual([
    {
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Hi" }],
      phase: "final_answer",
    },
  ]);
});

test("inputItems() keeps one canonical call id on both sides", () => {
  const odd = "functions.read:0|fc_77";
  const input = inputOf([call("fc_77"), result("fc_77"), call(odd), result(odd)]);
  expect(input.map((item) => item["call_id"])).toEqual([
    "fc_77",
    "fc_77",
    expect.stringMatching(/^call_[0-9a-f]{32}$/),
    input[2]?.["call_id"],
  ]);
});

test("inputItems() leaves out results of calls that are not there", () => {
  expect(inputOf([result("c1"), call("c2"), result("c2"), result("c3")])).toEqual([
    { type: "function_call", call_id: "c2", name: "read_file", arguments: "{}" },
    { type: "function_call_output", call_id: "c2", output: "done" },
  ]);
});

test("inputItems() sends arguments as they were, blank ones as an object, odd names with underscores", () => {
  const input = inputOf([
    call("c1", "read_file", ' {"a": "é"} '),
    call("c2", " functions.read file ", " "),
    call("c3", "read_file", "{broken"),
    call("c4", " "),
    result("c4"),
  ]);
  expect(input).toEqual([
    { type: "function_call", call_id: "c1", name: "read_file", arguments: '{"a": "é"}' },
    { type: "function_call", call_id: "c2", name: "functions_read_file", arguments: "{}" },
    { type: "function_call", call_id: "c3", name: "read_file", arguments: "{broken" },
  ]);
});

test("inputItems() replaces lone surrogates, which are no UTF-8", () => {
  const lone = "a\ud83d";
  const items = [user(lone), assistant(lone), call("c1", "f", lone), result("c1", lone)];
  expect(JSON.stringify(inputOf(items))).not.toContain("ud83d");
  expect(inputOf([user("👋")])).toEqual([{ role: "user", content: "👋" }]);
});

const anyItem: fc.Arbitrary<ModelItem> = fc.oneof(
  fc.string().map(user),
  fc.string().map((text) => assistant(text, replay({ id: "m", status: "completed" }))),
  fc.nat(3).map((n) => reasoning(replay({ ...encrypted, id: `rs_${n}` }))),
  fc.nat(3).map((n) => call(`c${n}`)),
  fc.nat(3).map((n) => result(`c${n}`)),
);

test("inputItems() never ends with reasoning, nor lets others follow it, nor answers unasked", () => {
  fc.assert(
    fc.property(fc.array(anyItem, { maxLength: 12 }), (items) => {
      const input = inputOf(items);
      const calls = new Set<unknown>();
      for (const [index, item] of input.entries()) {
        const next = input[index + 1];
        if (item["type"] === "function_call") calls.add(item["call_id"]);
        if (item["type"] === "function_call_output") expect(calls.has(item["call_id"])).toBe(true);
        if (item["type"] !== "reasoning") continue;
        expect(next).toBeDefined();
        expect([next?.["role"], next?.["type"]]).not.toEqual(["user", undefined]);
        expect(next?.["type"]).not.toBe("function_call_output");
      }
    }),
    { seed: 20260104, numRuns: 300 },
  );
});
