import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ContentPart, ModelItem, Replay } from "../../../src/core/item.ts";
import type { Json, JsonObject } from "../../../src/core/json.ts";
import type { Dialect } from "../../../src/core/provider.ts";
import { chatMessages } from "../../../src/transports/chat_completions/messages.ts";

const by = { issuer: "acme", model: "m1" };

function messagesOf(
  items: readonly ModelItem[],
  reasoningContent: Dialect["reasoningContent"] = "none",
): readonly JsonObject[] {
  return chatMessages(items, { ...by, reasoningContent });
}

function user(...parts: readonly (string | ContentPart)[]): ModelItem {
  return {
    type: "user-message",
    id: "u",
    parts: parts.map((part) => (typeof part === "string" ? { type: "text", text: part } : part)),
  };
}

function assistant(text: string): ModelItem {
  return { type: "assistant-message", id: "a", text };
}

function replay(payload: Json, change: Partial<Replay> = {}): Replay {
  return { wireApi: "chat_completions", ...by, payload, ...change };
}

function reasoning(content: string, change: Partial<Replay> = {}): ModelItem {
  const data = replay({ reasoning_content: content }, change);
  return { type: "reasoning", id: "r", text: "shown", replay: data };
}

function call(callId: string, argumentsText = "{}", data?: Replay): ModelItem {
  const fields = { id: `i-${callId}`, callId, name: "read_file", arguments: argumentsText };
  return { type: "tool-call", ...fields, ...(data && { replay: data }) };
}

function result(callId: string, output = "done"): ModelItem {
  return { type: "tool-result", id: `o-${callId}`, callId, output, isError: false };
}

function wireCall(id: string, argumentsText = "{}"): JsonObject {
  return { id, type: "function", function: { name: "read_file", arguments: argumentsText } };
}

function tool(id: string, content = "done"): JsonObject {
  return { role: "tool", tool_call_id: id, content };
}

const image: ContentPart = { type: "image", mediaType: "image/png", data: "AAAA" };
const wireImage = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };

test("chatMessages() writes text as text and images as parts", () => {
  expect(messagesOf([user("Hi")])).toEqual([{ role: "user", content: "Hi" }]);
  expect(messagesOf([user("a", "", "b")])).toEqual([{ role: "user", content: "a\n\nb" }]);
  expect(messagesOf([user("What is this?", image)])).toEqual([
    { role: "user", content: [{ type: "text", text: "What is this?" }, wireImage] },
  ]);
});

test("chatMessages() makes one message of users in a row, and none of an empty one", () => {
  expect(messagesOf([user("a"), user(""), user("b")])).toEqual([
    { role: "user", content: "a\n\nb" },
  ]);
  expect(messagesOf([user("a"), user(image), user("b")])).toEqual([
    {
      role: "user",
      content: [{ type: "text", text: "a" }, wireImage, { type: "text", text: "b" }],
    },
  ]);
  expect(messagesOf([user(""), assistant("x")])).toEqual([{ role: "assistant", content: "x" }]);
});

test("chatMessages() drops a turn of nothing but reasoning, and joins the users around it", () => {
  expect(messagesOf([user("a"), reasoning("hm"), assistant(" "), user("b")], "pad")).toEqual([
    { role: "user", content: "a\n\nb" },
  ]);
});

test("chatMessages() makes one message of what the model said and called", () => {
  const items = [
    user("Hi"),
    assistant("Let me look."),
    assistant("Now."),
    call("c1"),
    call("c2"),
    result("c1", "one"),
    result("c2", "two"),
    assistant("Done."),
  ];
  expect(messagesOf(items)).toEqual([
    { role: "user", content: "Hi" },
    {
      role: "assistant",
      content: "Let me look.\nNow.",
      tool_calls: [wireCall("c1"), wireCall("c2")],
    },
    tool("c1", "one"),
    tool("c2", "two"),
    { role: "assistant", content: "Done." },
  ]);
});

test("chatMessages() puts results right behind their calls, in the order of the calls", () => {
  expect(messagesOf([call("c1"), call("c2"), result("c2", "two"), result("c1", "one")])).toEqual([
    { role: "assistant", content: "", tool_calls: [wireCall("c1"), wireCall("c2")] },
    tool("c1", "one"),
    tool("c2", "two"),
  ]);
  expect(messagesOf([call("c1"), user("Stop"), result("c1")])).toEqual([
    { role: "assistant", content: "", tool_calls: [wireCall("c1")] },
    tool("c1"),
    { role: "user", content: "Stop" },
  ]);
});

test("chatMessages() leaves out results of calls that are not there, and second results", () => {
  expect(messagesOf([result("c0"), call("c1"), result("c1"), result("c1", "again")])).toEqual([
    { role: "assistant", content: "", tool_calls: [wireCall("c1")] },
    tool("c1"),
  ]);
});

test("chatMessages() keeps one canonical call id on both sides", () => {
  const [message, answer] = messagesOf([call("functions.x:0"), result("functions.x:0")]);
  const id = typeof answer?.["tool_call_id"] === "string" ? answer["tool_call_id"] : "";
  expect(id).toMatch(/^call_[0-9a-f]{32}$/);
  expect(message?.["tool_calls"]).toEqual([wireCall(id)]);
});

test("chatMessages() sends an object in place of arguments that are none", () => {
  const argumentsOf = (text: string): unknown => messagesOf([call("c1", text)])[0]?.["tool_calls"];
  expect(argumentsOf(' {"a": 1} ')).toEqual([wireCall("c1", '{"a": 1}')]);
  for (const text of ["", "{broken", "[1]", '"x"'])
    expect(argumentsOf(text)).toEqual([wireCall("c1")]);
});

test("chatMessages() sends names that the API takes, and drops calls without one", () => {
  const named = (name: string): ModelItem => ({
    type: "tool-call",
    id: "i",
    callId: "c1",
    name,
    arguments: "{}",
  });
  expect(messagesOf([named("functions.read file")])[0]?.["tool_calls"]).toEqual([
    { id: "c1", type: "function", function: { name: "functions_read_file", arguments: "{}" } },
  ]);
  expect(messagesOf([named(" "), result("c1")])).toEqual([]);
});

function reasoningOf(mode: Dialect["reasoningContent"], ...items: readonly ModelItem[]): unknown {
  const [message] = messagesOf([...items, assistant("x"), call("c1")], mode);
  return message?.["reasoning_content"];
}

test("chatMessages() gives reasoning back to the endpoint and model that made it", () => {
  expect(reasoningOf("none", reasoning("a"))).toBeUndefined();
  expect(reasoningOf("echo", reasoning(" a\n"))).toBe(" a\n");
  expect(reasoningOf("echo", reasoning("a"), reasoning("b"))).toBe("a\n\nb");
  expect(reasoningOf("pad", reasoning("a"))).toBe("a");
});

test("chatMessages() never leaks reasoning to somebody else, and pads where the endpoint insists", () => {
  const foreign = [
    reasoning("a", { issuer: "other" }),
    reasoning("a", { model: "m2" }),
    reasoning("a", { wireApi: "responses" }),
    reasoning(""),
    { type: "reasoning", id: "r", text: "shown" } as const,
  ];
  for (const item of foreign) {
    expect(reasoningOf("echo", item)).toBeUndefined();
    expect(reasoningOf("pad", item)).toBe(" ");
  }
  expect(reasoningOf("pad")).toBe(" ");
});

test("chatMessages() gives back what a vendor put beside its call", () => {
  const extra = { google: { thought_signature: "abc" } };
  const sent = (data: Replay): unknown => messagesOf([call("c1", "{}", data)])[0]?.["tool_calls"];
  expect(sent(replay({ extra_content: extra }))).toEqual([
    { ...wireCall("c1"), extra_content: extra },
  ]);
  expect(sent(replay({ extra_content: extra }, { model: "m2" }))).toEqual([wireCall("c1")]);
});

test("chatMessages() replaces lone surrogates, which are no UTF-8", () => {
  const lone = "a\ud83d";
  const sent = JSON.stringify(
    messagesOf([user(lone), assistant(lone), call("c1"), result("c1", lone)]),
  );
  expect(sent).not.toContain("ud83d");
});

const anyItem: fc.Arbitrary<ModelItem> = fc.oneof(
  fc.string({ maxLength: 3 }).map((text) => user(text)),
  fc.string({ maxLength: 3 }).map(assistant),
  fc.constant(reasoning("hm")),
  fc.nat(3).map((n) => call(`c${n}`)),
  fc.nat(3).map((n) => result(`c${n}`)),
);

test("chatMessages() never has two users in a row, nor a result without its call", () => {
  fc.assert(
    fc.property(fc.array(anyItem, { maxLength: 14 }), (items) => {
      let announced: readonly unknown[] = [];
      let before: unknown;
      for (const message of messagesOf(items)) {
        if (message["role"] === "user") expect(before).not.toBe("user");
        if (message["role"] === "assistant") {
          const calls = message["tool_calls"];
          announced = Array.isArray(calls) ? calls.map((one: JsonObject) => one["id"]) : [];
        }
        if (message["role"] === "tool") expect(announced).toContain(message["tool_call_id"]);
        before = message["role"];
      }
    }),
    { seed: 20260106, numRuns: 300 },
  );
});
