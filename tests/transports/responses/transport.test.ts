import { expect, test } from "bun:test";
import type { ModelEvent } from "../../../src/core/event.ts";
import type { ModelItem } from "../../../src/core/item.ts";
import { isJsonObject, type Json, parseJson } from "../../../src/core/json.ts";
import type { ModelTransport } from "../../../src/core/model.ts";
import { createResponsesTransport } from "../../../src/transports/responses/transport.ts";
import { createFakeClock } from "../../fakes/clock.ts";
import { endpoint, modelRequest } from "../../fakes/endpoint.ts";
import { type ScriptedAnswer, scriptedFetch, streamOf } from "../../fakes/fetch.ts";
import { createSequentialIds } from "../../fakes/ids.ts";
import { completed, created, errorEvent, message, sse, textDelta } from "../../fakes/sse.ts";

const thought: ModelItem = {
  type: "reasoning",
  id: "r1",
  text: "",
  replay: {
    wireApi: "responses",
    issuer: endpoint().issuer,
    model: "m1",
    payload: { encrypted_content: "xyz", summary: [] },
  },
};
const items: readonly ModelItem[] = [
  thought,
  { type: "assistant-message", id: "a1", text: "Before" },
];
const hello = (): Response => streamOf(sse(created(), message(0, "Hello"), completed()));
const refused = (): Response =>
  Response.json(
    { error: { message: "Bad", code: "invalid_encrypted_content", type: "invalid_request_error" } },
    { status: 400 },
  );

function setUp(...answers: readonly ScriptedAnswer[]): {
  readonly transport: ModelTransport;
  /** `input` types (or roles) and `include` of each request. */
  readonly asked: () => readonly Json[];
} {
  const { fetch, requests } = scriptedFetch(...answers);
  const transport = createResponsesTransport(
    {
      fetch,
      clock: createFakeClock(),
      credentials: { get: () => Promise.resolve({ id: "k", token: "t", origin: "test" }) },
      newId: createSequentialIds(),
    },
    endpoint(),
  );
  return {
    transport,
    asked: () =>
      requests.map((request) => {
        const body = parseJson(request.body);
        if (!isJsonObject(body) || !Array.isArray(body["input"])) return null;
        const kinds = body["input"].map((item: Json) =>
          isJsonObject(item) ? (item["type"] ?? item["role"] ?? null) : null,
        );
        return { input: kinds, include: body["include"] ?? null };
      }),
  };
}

async function eventsOf(
  transport: ModelTransport,
  history: readonly ModelItem[],
): Promise<readonly ModelEvent[]> {
  const { signal } = new AbortController();
  return Array.fromAsync(transport.stream(modelRequest({ items: history }), signal));
}

function failureOf(transport: ModelTransport, history: readonly ModelItem[]): Promise<unknown> {
  return eventsOf(transport, history).catch((error: unknown) => error);
}

const include = ["reasoning.encrypted_content"];
const notice: ModelEvent = {
  type: "notice",
  level: "warning",
  text: "acme cannot read the reasoning that it made earlier: going on without it",
};

test("stream() goes on without stored reasoning that the server cannot read, for good", async () => {
  const { transport, asked } = setUp(refused, hello, hello);
  const events = await eventsOf(transport, items);
  expect(events.map((event) => event.type)).toEqual([
    "notice",
    "item-start",
    "item-delta",
    "item-end",
    "step-end",
  ]);
  expect(events[0]).toEqual(notice);
  await eventsOf(transport, items);
  expect(asked()).toEqual([
    { input: ["reasoning", "assistant"], include },
    { input: ["assistant"], include: [] },
    { input: ["assistant"], include: [] },
  ]);
});

test("stream() voids what was shown before the server found that it cannot read the reasoning", async () => {
  const late = sse(
    created(),
    textDelta(0, "Hel"),
    errorEvent("The encrypted content for item rs_1 could not be verified"),
  );
  const { transport } = setUp(streamOf(late), hello);
  const events = await eventsOf(transport, items);
  expect(events.slice(0, 5)).toEqual([
    { type: "item-start", item: { type: "assistant-message", id: "item-1", text: "" } },
    { type: "item-delta", itemId: "item-1", channel: "text", delta: "Hel" },
    { type: "item-reset", itemIds: ["item-1"] },
    notice,
    { type: "item-start", item: { type: "assistant-message", id: "item-2", text: "" } },
  ]);
});

test("stream() does not retry without reasoning when none was sent, or for another refusal", async () => {
  const plain = setUp(refused, hello, hello);
  expect(await failureOf(plain.transport, items.slice(1))).toMatchObject({
    code: "model/bad_request",
    retryable: true,
  });
  expect(plain.asked()).toHaveLength(1);
  // And what is sent later goes with its reasoning.
  await eventsOf(plain.transport, items);
  expect(plain.asked()[1]).toEqual({ input: ["reasoning", "assistant"], include });
  const other = setUp(() => Response.json({ error: { message: "No" } }, { status: 400 }), hello);
  expect(await failureOf(other.transport, items)).toMatchObject({
    code: "model/bad_request",
  });
  expect(other.asked()).toHaveLength(1);
});

test("stream() fails when the server refuses a second time", async () => {
  const { transport, asked } = setUp(refused, refused, hello);
  expect(await failureOf(transport, items)).toMatchObject({ code: "model/bad_request" });
  expect(asked()).toHaveLength(2);
  await eventsOf(transport, items);
  expect(asked()[2]).toEqual({ input: ["assistant"], include: [] });
});

test("stream() goes on replaying reasoning after a failure of another kind", async () => {
  const { transport, asked } = setUp(() => Response.json({}, { status: 500 }), hello);
  expect(await failureOf(transport, items)).toMatchObject({ code: "model/server_error" });
  await eventsOf(transport, items);
  expect(asked()[1]).toEqual({ input: ["reasoning", "assistant"], include });
});

test("stream() refuses a malformed request before anything is sent", async () => {
  const { transport, asked } = setUp(hello);
  const { signal } = new AbortController();
  const events = Array.fromAsync(transport.stream(modelRequest({ model: " " }), signal));
  expect(await events.catch((error: unknown) => error)).toMatchObject({
    code: "model/bad_request",
    message: "Malformed request to the model at model: expected text that is not blank",
  });
  expect(asked()).toEqual([]);
});
