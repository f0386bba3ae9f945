import { expect, test } from "bun:test";
import type { Credential, CredentialRequest, CredentialSource } from "../../src/core/credential.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { ModelEvent } from "../../src/core/event.ts";
import type { ModelTransport } from "../../src/core/model.ts";
import type { Fetch } from "../../src/core/ports.ts";
import { createChatCompletionsTransport } from "../../src/transports/chat_completions/transport.ts";
import type { TransportDeps, TransportOptions } from "../../src/transports/exchange.ts";
import { hasOtherCredential } from "../../src/transports/refusal.ts";
import { createResponsesTransport } from "../../src/transports/responses/transport.ts";
import { createFakeClock, settled } from "../fakes/clock.ts";
import { endpoint, modelRequest } from "../fakes/endpoint.ts";
import { openAnswer, type ScriptedAnswer, scriptedFetch, streamOf } from "../fakes/fetch.ts";
import { createSequentialIds } from "../fakes/ids.ts";
import {
  chatEnd,
  chatText,
  completed,
  created,
  doneFrame,
  errorEvent,
  frame,
  itemAdded,
  message,
  sse,
  textDelta,
} from "../fakes/sse.ts";

const key: Credential = { id: "k1", token: "sk-one", origin: "environment ACME_API_KEY" };
const otherKey: Credential = { ...key, id: "k2", token: "sk-two" };

interface Wallet extends CredentialSource {
  /** What was asked for, without the signal. */
  readonly asked: readonly (readonly [provider: string, rejected: Credential | undefined])[];
}

/** Gives credentials in order, then none. */
function wallet(...credentials: readonly (Credential | undefined)[]): Wallet {
  const asked: (readonly [string, Credential | undefined])[] = [];
  return {
    asked,
    get(provider: string, request?: CredentialRequest) {
      asked.push([provider, request?.rejected]);
      return Promise.resolve(credentials[asked.length - 1]);
    },
  };
}

interface Outcome {
  readonly events: readonly ModelEvent[];
  /** undefined when the step ended. */
  readonly thrown: unknown;
}

async function outcomeOf(events: AsyncIterable<ModelEvent>): Promise<Outcome> {
  const seen: ModelEvent[] = [];
  try {
    for await (const event of events) seen.push(event);
    return { events: seen, thrown: undefined };
  } catch (thrown) {
    return { events: seen, thrown };
  }
}

function depsWith(fetch: Fetch, change: Partial<TransportDeps> = {}): TransportDeps {
  return {
    fetch,
    clock: createFakeClock(),
    credentials: wallet(key, otherKey),
    newId: createSequentialIds(),
    ...change,
  };
}

function responses(deps: TransportDeps, options: TransportOptions = {}): ModelTransport {
  return createResponsesTransport(deps, endpoint(), options);
}

function step(transport: ModelTransport, signal = new AbortController().signal): Promise<Outcome> {
  return outcomeOf(transport.stream(modelRequest(), signal));
}

const usage = {
  inputTokens: 100,
  cachedInputTokens: 0,
  outputTokens: 20,
  reasoningTokens: 0,
  totalTokens: 120,
};
const hello = sse(created(), message(0, "Hello"), completed());
const helloEvents: readonly ModelEvent[] = [
  { type: "item-start", item: { type: "assistant-message", id: "item-1", text: "" } },
  { type: "item-delta", itemId: "item-1", channel: "text", delta: "Hello" },
  {
    type: "item-end",
    item: {
      type: "assistant-message",
      id: "item-1",
      text: "Hello",
      replay: {
        wireApi: "responses",
        issuer: "other:https://api.acme.test/v1",
        model: "m1",
        payload: { id: "msg_0", status: "completed" },
      },
    },
  },
  { type: "step-end", finishReason: "stop", usage },
];

function refusal(status: number, text: string): ScriptedAnswer {
  return () => Response.json({ error: { message: text } }, { status });
}

test("stream() sends one request and yields the events of its answer", async () => {
  const { fetch, requests } = scriptedFetch(streamOf(hello));
  const credentials = wallet(key);
  expect(await step(responses(depsWith(fetch, { credentials })))).toEqual({
    events: helloEvents,
    thrown: undefined,
  });
  expect(credentials.asked).toEqual([["acme", undefined]]);
  expect(requests.map(({ url, headers, body }) => ({ url, headers, body }))).toEqual([
    {
      url: "https://api.acme.test/v1/responses",
      headers: {
        accept: "text/event-stream",
        authorization: "Bearer sk-one",
        "content-type": "application/json",
        "user-agent": "hermes",
      },
      body: JSON.stringify({
        model: "m1",
        instructions: "Be brief.",
        input: [{ role: "user", content: "Hi" }],
        store: false,
        reasoning: { effort: "medium", summary: "auto" },
        include: ["reasoning.encrypted_content"],
        prompt_cache_key: "session-1",
        stream: true,
      }),
    },
  ]);
});

test("stream() fails without a credential before anything is sent", async () => {
  const { fetch, requests } = scriptedFetch();
  expect(await step(responses(depsWith(fetch, { credentials: wallet() })))).toEqual({
    events: [],
    thrown: new HermesError("auth/missing", "No credential for the provider: acme", {
      hint: "hermes doctor tells where a key is looked for",
    }),
  });
  expect(requests).toEqual([]);
});

test("stream() asks once for another credential after a 401", async () => {
  const { fetch, requests } = scriptedFetch(refusal(401, "Wrong key"), streamOf(hello));
  const credentials = wallet(key, otherKey);
  expect(await step(responses(depsWith(fetch, { credentials })))).toEqual({
    events: helloEvents,
    thrown: undefined,
  });
  expect(credentials.asked).toEqual([
    ["acme", undefined],
    ["acme", key],
  ]);
  expect(requests.map((request) => request.headers["authorization"])).toEqual([
    "Bearer sk-one",
    "Bearer sk-two",
  ]);
});

test.each([
  [402, "model/quota"],
  [429, "model/rate_limited"],
] as const)(
  "stream() goes on with another credential after HTTP %d, and says so",
  async (status, code) => {
    const { fetch, requests } = scriptedFetch(refusal(status, "Too much"), streamOf(hello));
    const asked: (CredentialRequest | undefined)[] = [];
    const credentials: CredentialSource = {
      get: (_, request) => {
        asked.push(request);
        return Promise.resolve(asked.length === 1 ? key : { ...otherKey, notice: "Another one" });
      },
    };
    expect(await step(responses(depsWith(fetch, { credentials })))).toEqual({
      events: [{ type: "notice", level: "warning", text: "Another one" }, ...helloEvents],
      thrown: undefined,
    });
    expect(asked[1]).toMatchObject({ exhausted: { credential: key, error: { code } } });
    expect(requests.map((request) => request.headers["authorization"])).toEqual([
      "Bearer sk-one",
      "Bearer sk-two",
    ]);
  },
);

test("stream() notes on a limit whether another credential would take over at the next one", async () => {
  for (const isThere of [true, false]) {
    const { fetch } = scriptedFetch(refusal(429, "Too much"));
    const asked: unknown[] = [];
    const credentials: CredentialSource = {
      get: (_, request) => Promise.resolve(request?.exhausted ? undefined : key),
      async hasOther(...of) {
        asked.push(of);
        return isThere;
      },
    };
    const { thrown } = await step(responses(depsWith(fetch, { credentials })));
    if (!(thrown instanceof HermesError)) throw new Error("It did not fail");
    expect([thrown.code, hasOtherCredential(thrown), asked]).toEqual([
      "model/rate_limited",
      isThere,
      [["acme", key]],
    ]);
  }
});

test.each<[string, readonly (Credential | undefined)[], number]>([
  ["there is no other one", [key, undefined], 1],
  ["the other one is the same", [key, { ...key, id: "k9" }], 1],
  ["the other one is rejected too", [key, otherKey], 2],
])("stream() reports a rejected credential when %s", async (_name, credentials, attempts) => {
  const { fetch, requests } = scriptedFetch(refusal(401, "Wrong"), refusal(401, "Wrong"));
  const { events, thrown } = await step(
    responses(depsWith(fetch, { credentials: wallet(...credentials) })),
  );
  expect(events).toEqual([]);
  expect(thrown).toMatchObject({ code: "auth/rejected", httpStatus: 401, retryable: false });
  expect(requests).toHaveLength(attempts);
});

test("stream() hands the body, the headers and the size of a refusal to the classification", async () => {
  const { fetch } = scriptedFetch(() =>
    Response.json(
      { message: "Slow down", code: "rate_limited" },
      { status: 429, headers: { "retry-after": "7" } },
    ),
  );
  const { thrown } = await step(responses(depsWith(fetch, { credentials: wallet(key) })));
  expect(thrown).toMatchObject({
    code: "model/rate_limited",
    retryable: true,
    retryAfterMs: 7000,
    httpStatus: 429,
  });
  expect(String(thrown)).toContain("Slow down");
});

test("stream() knows a refusal by its status although its body breaks off", async () => {
  const answer = openAnswer("application/json");
  const { fetch } = scriptedFetch(() => new Response(answer.response.body, { status: 401 }));
  const outcome = step(responses(depsWith(fetch, { credentials: wallet(key) })));
  await settled();
  answer.write('{"error": {"message": "Wrong k');
  await settled();
  answer.fail(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
  const { thrown } = await outcome;
  expect(thrown).toMatchObject({ code: "auth/rejected", retryable: false, httpStatus: 401 });
  expect(String(thrown)).toContain("Wrong k");
});

test("stream() does not wait long for the end of a refusal", async () => {
  const clock = createFakeClock();
  const answer = openAnswer("application/json");
  const { fetch } = scriptedFetch(() => new Response(answer.response.body, { status: 429 }));
  const outcome = step(responses(depsWith(fetch, { credentials: wallet(key), clock })));
  await settled();
  answer.write('{"message": "Slow down"}');
  await clock.advance(4_999);
  expect(answer.isCancelled()).toBe(false);
  await clock.advance(1);
  const { thrown } = await outcome;
  expect(thrown).toMatchObject({ code: "model/rate_limited", retryable: true, httpStatus: 429 });
  expect(String(thrown)).toContain("Slow down");
  expect(answer.isCancelled()).toBe(true);
  expect(clock.sleeping()).toBe(0);
});

test("stream() reports a redirect with its target, but not the secrets in it", async () => {
  const location = "https://user:pass@login.acme.test/v1/responses?token=abc";
  const { fetch } = scriptedFetch(new Response(null, { status: 308, headers: { location } }));
  const { thrown } = await step(responses(depsWith(fetch)));
  expect(thrown).toEqual(
    new HermesError(
      "stream/invalid",
      "https://api.acme.test/v1/responses redirects to another address: https://login.acme.test/v1/responses",
      {
        hint: "set the endpoint's own address: hermes config set model.base_url URL",
        httpStatus: 308,
      },
    ),
  );
});

test("stream() reports a base URL that is none", async () => {
  const { fetch } = scriptedFetch();
  const transport = createResponsesTransport(
    depsWith(fetch),
    endpoint({ baseUrl: "api.acme.test" }),
  );
  const { thrown } = await step(transport);
  expect(thrown).toMatchObject({
    code: "config/invalid",
    message: "Base URL of acme is not a URL: api.acme.test",
  });
});

test("stream() reports a host that cannot be reached as retryable", async () => {
  const unreachable = Object.assign(new Error("connect failed"), { code: "ECONNREFUSED" });
  const { fetch } = scriptedFetch(() => Promise.reject(unreachable));
  const { thrown } = await step(responses(depsWith(fetch)));
  expect(thrown).toMatchObject({ code: "network/unreachable", retryable: true });
});

test("stream() reports a connection that breaks in the middle of an answer", async () => {
  const answer = openAnswer();
  const reset = Object.assign(new Error("reset"), { code: "ECONNRESET" });
  const { fetch } = scriptedFetch(answer.response);
  const outcome = step(responses(depsWith(fetch)));
  answer.write(sse(created(), textDelta(0, "Hel")));
  await settled();
  answer.fail(reset);
  const { events, thrown } = await outcome;
  expect(events).toEqual(
    helloEvents
      .slice(0, 1)
      .concat([{ type: "item-delta", itemId: "item-1", channel: "text", delta: "Hel" }]),
  );
  expect(thrown).toMatchObject({ code: "network/unreachable", retryable: true });
});

test("stream() gives up on an endpoint that does not answer, and aborts the request", async () => {
  const clock = createFakeClock();
  const { fetch, requests } = scriptedFetch(() => new Promise(() => {}));
  const outcome = step(
    responses(depsWith(fetch, { clock }), { watchdogs: { firstEventMs: 5000 } }),
  );
  await clock.untilSleeping();
  await clock.advance(5000);
  expect(await outcome).toEqual({
    events: [],
    thrown: new HermesError(
      "network/timeout",
      "No answer within 5 s: https://api.acme.test/v1/responses",
      { retryable: true, hint: "try again later" },
    ),
  });
  expect(requests.map((request) => request.signal.aborted)).toEqual([true]);
});

test("stream() gives up on an answer that falls silent, but not while comments come", async () => {
  const clock = createFakeClock();
  const answer = openAnswer();
  const { fetch } = scriptedFetch(answer.response);
  const outcome = step(responses(depsWith(fetch, { clock }), { watchdogs: { eventGapMs: 1000 } }));
  answer.write(sse(created()));
  for (let count = 0; count < 5; count++) {
    await clock.advance(900);
    answer.write(": still working\n\n");
  }
  await clock.advance(999);
  expect(answer.isCancelled()).toBe(false);
  await clock.advance(1);
  expect(await outcome).toMatchObject({
    events: [],
    thrown: { code: "network/timeout", retryable: true },
  });
  expect(answer.isCancelled()).toBe(true);
});

test("stream() waits for a server on this machine as long as it takes", async () => {
  const clock = createFakeClock();
  const answer = openAnswer();
  const { fetch } = scriptedFetch(answer.response);
  const local = createResponsesTransport(depsWith(fetch, { clock }), endpoint({ isLocal: true }));
  const outcome = step(local);
  await clock.untilSleeping();
  await clock.advance(1_700_000);
  answer.write(hello);
  answer.close();
  expect(await outcome).toEqual({ events: helloEvents, thrown: undefined });
});

test("stream() ends at an abort with the abort, wherever it stands", async () => {
  const interrupted = new HermesError("turn/interrupted", "Interrupted");
  const waits: readonly [string, Partial<TransportDeps>, ScriptedAnswer][] = [
    ["for a credential", { credentials: { get: () => new Promise(() => {}) } }, streamOf(hello)],
    ["for the answer", {}, () => new Promise(() => {})],
    ["for an event", {}, () => openAnswer().response],
    ["for the body of a refusal", {}, () => new Response(new ReadableStream(), { status: 500 })],
  ];
  for (const [, change, answer] of waits) {
    const user = new AbortController();
    const outcome = step(responses(depsWith(scriptedFetch(answer).fetch, change)), user.signal);
    await settled();
    await settled();
    user.abort();
    expect(await outcome).toEqual({ events: [], thrown: interrupted });
  }
});

test("stream() reports the typed reason of an abort", async () => {
  const { fetch, requests } = scriptedFetch(streamOf(hello));
  const reason = new HermesError("turn/deadline", "The deadline has passed");
  const outcome = await step(responses(depsWith(fetch)), AbortSignal.abort(reason));
  expect(outcome).toEqual({ events: [], thrown: reason });
  expect(requests).toEqual([]);
});

test("stream() reports a failed fetch during an abort as the abort", async () => {
  const user = new AbortController();
  const { fetch } = scriptedFetch(() => {
    user.abort();
    return Promise.reject(new DOMException("Aborted", "AbortError"));
  });
  const { thrown } = await step(responses(depsWith(fetch)), user.signal);
  expect(thrown).toEqual(new HermesError("turn/interrupted", "Interrupted"));
});

test("stream() closes the connection when its consumer leaves", async () => {
  const answer = openAnswer();
  answer.write(sse(created(), itemAdded(0, { type: "message", id: "m", content: [] })));
  const transport = responses(depsWith(scriptedFetch(answer.response).fetch));
  for await (const event of transport.stream(modelRequest(), new AbortController().signal)) {
    expect(event.type).toBe("item-start");
    break;
  }
  expect(answer.isCancelled()).toBe(true);
});

test("stream() reads a finished answer to its end, so that the connection can be used again", async () => {
  const answer = openAnswer();
  const outcome = step(responses(depsWith(scriptedFetch(answer.response).fetch)));
  answer.write(hello);
  await settled();
  answer.write(doneFrame);
  answer.close();
  expect(await outcome).toEqual({ events: helloEvents, thrown: undefined });
  expect(answer.isCancelled()).toBe(false);
});

test("stream() does not wait long for the end of a finished answer", async () => {
  const clock = createFakeClock();
  const answer = openAnswer();
  const outcome = step(responses(depsWith(scriptedFetch(answer.response).fetch, { clock })));
  answer.write(hello);
  await settled();
  await clock.advance(100);
  expect(await outcome).toEqual({ events: helloEvents, thrown: undefined });
  expect(answer.isCancelled()).toBe(true);
});

test("stream() takes a complete chat answer although the counts never come", async () => {
  const clock = createFakeClock();
  const answer = openAnswer();
  const deps = depsWith(scriptedFetch(answer.response).fetch, { clock });
  const outcome = step(createChatCompletionsTransport(deps, endpoint()));
  const [finish] = chatEnd("stop");
  answer.write(sse(chatText("Hello")) + (finish === undefined ? "" : frame(finish)));
  await settled();
  await clock.advance(5000);
  const { events, thrown } = await outcome;
  expect(thrown).toBeUndefined();
  expect(events.map((event) => event.type)).toEqual([
    "item-start",
    "item-delta",
    "item-end",
    "step-end",
  ]);
});

test("stream() does not send another credential when the answer had begun", async () => {
  const begun = sse(created(), textDelta(0, "Hel"), errorEvent("Unauthorized", "invalid_api_key"));
  const { fetch, requests } = scriptedFetch(streamOf(begun), streamOf(hello));
  const { events } = await step(responses(depsWith(fetch)));
  expect(events.map((event) => event.type)).toEqual(["item-start", "item-delta"]);
  expect(requests).toHaveLength(1);
});

test("stream() throws what is wrong with an answer although it is complete", async () => {
  const { fetch } = scriptedFetch(streamOf(sse(created(), completed())));
  const { events, thrown } = await step(responses(depsWith(fetch)));
  expect(events).toEqual([]);
  expect(thrown).toMatchObject({ code: "model/empty_answer" });
});

test("stream() throws nothing untyped", async () => {
  const cause = new Error("broken store");
  const credentials = { get: () => Promise.reject(cause) };
  const { thrown } = await step(responses(depsWith(scriptedFetch().fetch, { credentials })));
  expect(thrown).toEqual(
    new HermesError("internal/bug", "Unexpected error: broken store", {
      cause,
      hint: "run again with --debug and report the stack",
    }),
  );
});

test("stream() takes a refusal without a reason for one of the size in the window that the model has", async () => {
  const codeIn = async (contextLength: number): Promise<unknown> => {
    const { fetch } = scriptedFetch(refusal(400, "Error"));
    const transport = responses(depsWith(fetch), { contextLength });
    const request = modelRequest({ instructions: "word ".repeat(8_000) });
    const { thrown } = await outcomeOf(transport.stream(request, new AbortController().signal));
    return thrown instanceof HermesError && thrown.code;
  };
  expect([await codeIn(8_192), await codeIn(1_000_000)]).toEqual([
    "model/context_overflow",
    "model/bad_request",
  ]);
});
