import { expect, test } from "bun:test";
import fc from "fast-check";
import { failedBeforeTurn, itemToJson, JsonProjection } from "../../../src/cli/render/json.ts";
import { HermesError } from "../../../src/core/errors.ts";
import type { TurnEvent, TurnOutcome } from "../../../src/core/event.ts";
import type { Item } from "../../../src/core/item.ts";
import type { Json, JsonObject } from "../../../src/core/json.ts";

const user: Item = { type: "user-message", id: "u", parts: [{ type: "text", text: "hi" }] };
const draft: Item = { type: "assistant-message", id: "a", text: "" };
const answer: Item = { type: "assistant-message", id: "a", text: "hello" };
const call: Item = {
  type: "tool-call",
  id: "c",
  callId: "call_1",
  name: "terminal",
  arguments: '{"command":"ls"}',
};
const result: Item = {
  type: "tool-result",
  id: "r",
  callId: "call_1",
  output: "a.txt",
  isError: false,
};
const completed: TurnOutcome = { status: "completed", finalText: "hello" };
const usage = {
  inputTokens: 5,
  cachedInputTokens: 2,
  outputTokens: 3,
  reasoningTokens: 1,
  totalTokens: 8,
};

function project(events: readonly TurnEvent[]): readonly JsonObject[] {
  let now = 100;
  const projection = new JsonProjection({
    mask: (text) => text.replaceAll("secret", "***"),
    now: () => (now += 10),
  });
  return events.flatMap((event) => projection.event(event));
}

test("JsonProjection shows a whole turn in order", () => {
  expect(
    project([
      { type: "turn-start", turnId: "t" },
      { type: "item-start", item: user },
      { type: "item-end", item: user },
      { type: "item-start", item: draft },
      { type: "item-delta", itemId: "a", channel: "text", delta: "hel" },
      { type: "item-end", item: answer },
      { type: "usage", usage },
      { type: "usage", usage },
      { type: "turn-end", outcome: completed },
    ]),
  ).toEqual([
    { type: "turn.started", turn_id: "t" },
    { type: "item.started", item: { id: "u", type: "user_message", text: "hi" } },
    { type: "item.completed", item: { id: "u", type: "user_message", text: "hi" } },
    { type: "item.started", item: { id: "a", type: "assistant_message", text: "" } },
    { type: "item.delta", item_id: "a", channel: "text", delta: "hel" },
    { type: "item.completed", item: { id: "a", type: "assistant_message", text: "hello" } },
    {
      type: "turn.completed",
      turn_id: "t",
      final_text: "hello",
      usage: {
        input_tokens: 10,
        cached_input_tokens: 4,
        output_tokens: 6,
        reasoning_tokens: 2,
        total_tokens: 16,
      },
      duration_ms: 10,
    },
  ]);
});

test("JsonProjection shows the session, approvals, retries and notices; secrets are masked", () => {
  const projection = new JsonProjection({
    mask: (text) => text.replaceAll("secret", "***"),
    now: () => 0,
  });
  const error = new HermesError("model/overloaded", "busy with secret", { httpStatus: 529 });
  expect([
    ...projection.opened({
      sessionId: "s",
      provider: "p",
      model: "m",
      runtime: "loop",
      cwd: "/w",
      approval: "deny",
    }),
    ...projection.event({
      type: "approval-decided",
      subject: { kind: "command", command: "rm -rf x", cwd: "/w" },
      verdict: { decision: "deny", by: "policy" },
    }),
    ...projection.event({
      type: "approval-decided",
      subject: {
        kind: "file_change",
        changes: [{ path: "/w/a", kind: "add" }],
        diff: "+a",
      },
      verdict: { decision: "allow_once", by: "user" },
    }),
    ...projection.event({ type: "retry", attempt: 2, maxAttempts: 4, delayMs: 500, error }),
    ...projection.event({ type: "notice", level: "info", text: "a secret" }),
    ...projection.notice("warning", "secret"),
  ]).toEqual([
    {
      type: "session.started",
      schema_version: 1,
      session_id: "s",
      provider: "p",
      model: "m",
      runtime: "loop",
      cwd: "/w",
      approval: "deny",
    },
    {
      type: "approval.decided",
      subject: { kind: "command", command: "rm -rf x", cwd: "/w" },
      decision: "deny",
      by: "policy",
    },
    {
      type: "approval.decided",
      subject: { kind: "file_change", changes: [{ path: "/w/a", kind: "add" }], diff: "+a" },
      decision: "allow_once",
      by: "user",
    },
    {
      type: "retry",
      attempt: 2,
      max_attempts: 4,
      delay_ms: 500,
      error: { code: "model/overloaded", message: "busy with ***" },
    },
    { type: "notice", level: "info", text: "a ***" },
    { type: "notice", level: "warning", text: "***" },
  ]);
});

test("JsonProjection closes a voided item as void, and takes its id again", () => {
  expect(
    project([
      { type: "item-start", item: draft },
      { type: "item-reset", itemIds: ["a", "unknown"] },
      { type: "item-start", item: draft },
      { type: "item-end", item: answer },
    ]),
  ).toEqual([
    { type: "item.started", item: { id: "a", type: "assistant_message", text: "" } },
    {
      type: "item.completed",
      item: { id: "a", type: "assistant_message", text: "", status: "void" },
    },
    { type: "item.started", item: { id: "a", type: "assistant_message", text: "" } },
    { type: "item.completed", item: { id: "a", type: "assistant_message", text: "hello" } },
  ]);
});

test("JsonProjection closes what is open when a turn fails, and names what did complete", () => {
  const error = new HermesError("turn/deadline", "Too late for secret", { hint: "more time" });
  expect(
    project([
      { type: "turn-start", turnId: "t" },
      { type: "item-start", item: call },
      { type: "item-end", item: call },
      { type: "item-start", item: result },
      { type: "turn-end", outcome: { status: "failed", error, completedItemIds: ["c"] } },
      { type: "item-end", item: result },
      { type: "turn-end", outcome: completed },
    ]),
  ).toEqual([
    { type: "turn.started", turn_id: "t" },
    { type: "item.started", item: itemToJson(call) },
    { type: "item.completed", item: itemToJson(call) },
    { type: "item.started", item: itemToJson(result) },
    { type: "item.completed", item: { ...itemToJson(result), status: "incomplete" } },
    {
      type: "turn.failed",
      turn_id: "t",
      error: {
        code: "turn/deadline",
        message: "Too late for ***",
        hint: "more time",
        retryable: false,
        http_status: null,
      },
      completed_items: ["c"],
      duration_ms: 10,
    },
  ]);
});

test("JsonProjection starts an item that only ended, and drops deltas of unknown items", () => {
  expect(
    project([
      { type: "item-delta", itemId: "a", channel: "text", delta: "x" },
      { type: "item-end", item: answer },
      { type: "item-delta", itemId: "a", channel: "text", delta: "x" },
      { type: "item-end", item: answer },
    ]),
  ).toEqual([
    { type: "item.started", item: { id: "a", type: "assistant_message", text: "hello" } },
    { type: "item.completed", item: { id: "a", type: "assistant_message", text: "hello" } },
  ]);
});

test.each<readonly [Item, JsonObject]>([
  [
    {
      type: "user-message",
      id: "u",
      parts: [
        { type: "text", text: "look" },
        { type: "image", mediaType: "image/png", data: "AAAA", name: "a.png" },
      ],
      synthetic: true,
    },
    {
      id: "u",
      type: "user_message",
      text: "look",
      images: [{ name: "a.png", media_type: "image/png" }],
      synthetic: true,
    },
  ],
  [
    { type: "assistant-message", id: "a", text: "so far", interim: true },
    { id: "a", type: "assistant_message", text: "so far", interim: true },
  ],
  [
    { type: "reasoning", id: "g", text: "hm" },
    { id: "g", type: "reasoning", text: "hm" },
  ],
  [
    call,
    {
      id: "c",
      type: "tool_call",
      name: "terminal",
      arguments: '{"command":"ls"}',
      call_id: "call_1",
    },
  ],
  [result, { id: "r", type: "tool_result", call_id: "call_1", output: "a.txt", is_error: false }],
])("itemToJson() of %j", (item, expected) => {
  expect(itemToJson(item)).toEqual(expected);
});

test("failedBeforeTurn() is a terminal event without a turn", () => {
  const error = new HermesError("auth/missing", "No key", { retryable: false });
  expect(failedBeforeTurn(error, (text) => text, 12.4)).toEqual({
    type: "turn.failed",
    turn_id: null,
    error: {
      code: "auth/missing",
      message: "No key",
      hint: null,
      retryable: false,
      http_status: null,
    },
    completed_items: [],
    duration_ms: 12,
  });
});

const ids = fc.constantFrom("a", "b", "c");
const anyEvent: fc.Arbitrary<TurnEvent> = fc.oneof(
  ids.map((id): TurnEvent => ({ type: "item-start", item: { ...answer, id } })),
  ids.map((id): TurnEvent => ({ type: "item-end", item: { ...answer, id } })),
  ids.map((id): TurnEvent => ({ type: "item-delta", itemId: id, channel: "text", delta: "." })),
  ids.map((id): TurnEvent => ({ type: "item-reset", itemIds: [id] })),
  fc.constantFrom<TurnEvent>(
    { type: "turn-end", outcome: { status: "interrupted" } },
    { type: "turn-end", outcome: completed },
    {
      type: "turn-end",
      outcome: {
        status: "failed",
        error: new HermesError("internal/bug", "x"),
        completedItemIds: [],
      },
    },
  ),
);

function idOf(event: JsonObject): Json | undefined {
  const { item } = event as { readonly item?: JsonObject };
  return item?.["id"];
}

test("JsonProjection pairs starts with ends and ends once, whatever comes", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      const end: TurnEvent = { type: "turn-end", outcome: { status: "interrupted" } };
      const lines = project([...events, end]);
      const open = new Set<Json | undefined>();
      const done: (Json | undefined)[] = [];
      for (const line of lines.slice(0, -1)) {
        const id = idOf(line);
        if (line["type"] === "item.started") {
          expect(open.has(id)).toBe(false);
          open.add(id);
        } else if (line["type"] === "item.completed") {
          expect(open.delete(id)).toBe(true);
          if ((line["item"] as JsonObject)["status"] === undefined) done.push(id);
        } else {
          expect(line["type"]).toBe("item.delta");
          expect(open.has(line["item_id"])).toBe(true);
        }
      }
      const last = lines.at(-1);
      expect(JSON.stringify(last?.["type"])).toMatch(/^"turn\.(?:completed|interrupted|failed)"$/);
      expect(open.size).toBe(0);
      if (last?.["type"] === "turn.failed") {
        expect(JSON.stringify(last["completed_items"])).toBe(JSON.stringify(done));
      }
    }),
    { seed: 20_260_102, numRuns: 500 },
  );
});
