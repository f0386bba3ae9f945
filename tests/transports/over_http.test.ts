import { describe, expect, test } from "bun:test";
import { type ErrorCode, HermesError, toHermesError } from "../../src/core/errors.ts";
import type { ModelEvent } from "../../src/core/event.ts";
import type { WireApi } from "../../src/core/item.ts";
import type { ModelRequest, ModelTransport } from "../../src/core/model.ts";
import { plainDialect } from "../../src/config/providers.ts";
import { createChatCompletionsTransport } from "../../src/transports/chat_completions/transport.ts";
import { parseRecording } from "../../src/transports/replay/parse_recording.ts";
import { recordTransport } from "../../src/transports/replay/record.ts";
import { createReplayTransport } from "../../src/transports/replay/replay.ts";
import { createResponsesTransport } from "../../src/transports/responses/transport.ts";
import { withRetry } from "../../src/transports/retry.ts";
import { createFakeClock, createInstantClock } from "../fakes/clock.ts";
import { createSequentialIds } from "../fakes/ids.ts";
import { startResponsesServer } from "../fakes/responses_server.ts";
import * as server from "../fakes/server_steps.ts";
import type { ServerStep } from "../fakes/server_steps.ts";
import * as sse from "../fakes/sse.ts";

const wires: readonly WireApi[] = ["responses", "chat_completions"];

const request: ModelRequest = {
  sessionId: "s1",
  model: "m1",
  instructions: "Be brief.",
  items: [{ type: "user-message", id: "u1", parts: [{ type: "text", text: "hi" }] }],
  tools: [{ name: "todo", description: "", parameters: { type: "object", properties: {} } }],
  reasoningEffort: "medium",
};

/** The real transport over real HTTP with real retries; their waits take no time, and no watchdog ever wakes. */
function transportTo(url: string, wireApi: WireApi): ModelTransport {
  const deps = {
    fetch,
    clock: createFakeClock(),
    credentials: {
      get: async () => ({ id: "k", token: "key", origin: "environment LAB_API_KEY" }),
    },
    newId: createSequentialIds(),
  };
  const endpoint = {
    provider: "lab",
    baseUrl: url,
    wireApi,
    issuer: `other:${url}`,
    dialect: plainDialect,
    isLocal: true,
  };
  const create =
    wireApi === "responses" ? createResponsesTransport : createChatCompletionsTransport;
  return withRetry(
    create(deps, endpoint),
    { clock: createInstantClock(), random: () => 0.5 },
    { maxAttempts: 3 },
  );
}

interface Outcome {
  readonly events: readonly ModelEvent[];
  readonly error: HermesError | undefined;
  readonly requests: number;
}

async function ask(wireApi: WireApi, steps: readonly ServerStep[]): Promise<Outcome> {
  await using endpoint = await startResponsesServer({ steps });
  const events: ModelEvent[] = [];
  let error: HermesError | undefined;
  try {
    const transport = transportTo(endpoint.url, wireApi);
    for await (const event of transport.stream(request, new AbortController().signal)) {
      events.push(event);
    }
  } catch (thrown) {
    error = toHermesError(thrown);
  }
  return { events, error, requests: endpoint.requests.length };
}

/** What was said in the end: texts and calls of the items that ended. */
function said(events: readonly ModelEvent[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.type !== "item-end") return [];
    if (event.item.type === "tool-call") return [`${event.item.name} ${event.item.arguments}`];
    return "text" in event.item ? [event.item.text] : [];
  });
}

const fine = server.textAnswer("All is well.");
const cut = (how: server.Cut["how"]): ServerStep =>
  server.textAnswer("All is lost. ".repeat(5), { cut: { afterFrames: 5, how } });

for (const wireApi of wires) {
  describe(`over HTTP, ${wireApi}`, () => {
    test("a whole answer with reasoning, text and calls arrives once", async () => {
      const { events, error, requests } = await ask(wireApi, [
        {
          kind: "answer",
          reasoning: "Let me see.",
          text: "I'll plan. \u{1F600}",
          toolCalls: [{ name: "todo", arguments: { todos: [] } }],
        },
      ]);
      expect({ said: said(events), error, requests, last: events.at(-1) }).toEqual({
        said: ["Let me see.", "I'll plan. \u{1F600}", 'todo {"todos":[]}'],
        error: undefined,
        requests: 1,
        last: {
          type: "step-end",
          finishReason: "tool_calls",
          usage: {
            inputTokens: 100,
            cachedInputTokens: 0,
            outputTokens: 20,
            reasoningTokens: 0,
            totalTokens: 120,
          },
        },
      });
    });

    const healing: readonly (readonly [name: string, step: ServerStep, code: ErrorCode])[] = [
      ["a 500", server.serverError, "model/server_error"],
      ["a 503", server.unavailable, "model/overloaded"],
      ["a 529", server.overloaded, "model/overloaded"],
      ["a 429 with Retry-After", server.rateLimited(7), "model/rate_limited"],
      ["a page of a proxy", server.htmlPage(502, "Bad gateway"), "model/server_error"],
      ["a reset before the headers", server.resetBeforeHeaders, "network/unreachable"],
      ["a reset in the middle", cut("reset"), "network/unreachable"],
    ];
    for (const [name, step, code] of healing) {
      test(`${name} heals with the next attempt, and nothing of the first one stays`, async () => {
        const { events, error, requests } = await ask(wireApi, [step, fine]);
        const retries = events.flatMap((event) =>
          event.type === "retry" ? [{ code: event.error.code, attempt: event.attempt }] : [],
        );
        expect({ said: said(events), retries, error, requests }).toEqual({
          said: ["All is well."],
          retries: [{ code, attempt: 2 }],
          error: undefined,
          requests: 2,
        });
      });
    }

    test("a Retry-After is waited for", async () => {
      const { events } = await ask(wireApi, [server.rateLimited(7), fine]);
      const retry = events.find((event) => event.type === "retry");
      expect(retry?.delayMs).toBe(7350);
    });

    const final: readonly (readonly [name: string, step: ServerStep, code: ErrorCode])[] = [
      ["a 401", server.wrongKey, "auth/rejected"],
      ["a 402", server.noCredit, "model/quota"],
      ["a 404 page", server.htmlPage(404, "Not found"), "model/not_found"],
      ["a page with status 200", server.htmlPage(200, "Welcome"), "stream/invalid"],
    ];
    for (const [name, step, code] of final) {
      test(`${name} fails at once`, async () => {
        const { events, error, requests } = await ask(wireApi, [step, fine]);
        expect({ events, code: error?.code, requests }).toEqual({
          events: [],
          code,
          requests: 1,
        });
      });
    }

    test("an address where nobody listens fails after three attempts", async () => {
      const closed = await startResponsesServer({ steps: [] });
      await closed[Symbol.asyncDispose]();
      const running = Array.fromAsync(
        transportTo(closed.url, wireApi).stream(request, new AbortController().signal),
      );
      const error = await running.catch((thrown: unknown) => toHermesError(thrown));
      expect(error).toMatchObject({ code: "network/unreachable", retryable: true });
    });

    test("an abort ends an endless answer with its reason", async () => {
      const frames =
        wireApi === "responses"
          ? [sse.frame(sse.textDelta(0, "more "))]
          : sse.chatText("more ").map(sse.frame);
      await using endpoint = await startResponsesServer({
        steps: [{ kind: "raw", endless: true, frames }],
      });
      const controller = new AbortController();
      const reason = new HermesError("turn/interrupted", "Interrupted");
      const running = (async () => {
        const transport = transportTo(endpoint.url, wireApi);
        for await (const event of transport.stream(request, controller.signal)) {
          if (event.type === "item-delta") controller.abort(reason);
        }
      })();
      expect(await running.catch((thrown: unknown) => thrown)).toBe(reason);
      while (endpoint.abandoned() === 0) await new Promise(setImmediate);
    });

    test("what was recorded over HTTP replays to the same events, ids apart", async () => {
      const steps = [
        server.serverError,
        server.callTool("todo", { todos: [] }, { reasoning: "Hm." }),
      ];
      await using endpoint = await startResponsesServer({ steps });
      const lines: string[] = [];
      const deps = { clock: createFakeClock(), mask: (text: string) => text };
      const recorded = await Array.fromAsync(
        recordTransport(
          { ...deps, sink: async (line) => void lines.push(line) },
          transportTo(endpoint.url, wireApi),
          { hermesVersion: "1", cwd: "/x" },
        ).stream(request, new AbortController().signal),
      );
      const replayed = await Array.fromAsync(
        createReplayTransport(
          { ...deps, newId: createSequentialIds("new") },
          parseRecording(lines.join("\n")),
          { cwd: "/x", pace: 0 },
        ).stream(request, new AbortController().signal),
      );
      const types = (events: readonly ModelEvent[]): readonly string[] =>
        events.map((event) => event.type);
      expect({ types: types(replayed), said: said(replayed) }).toEqual({
        types: types(recorded),
        said: said(recorded),
      });
      expect(types(recorded)[0]).toBe("retry");
    });
  });
}

describe("over HTTP, the Responses API alone", () => {
  test("an error frame first fails with what it says", async () => {
    const step = server.errorFirst("Slow down", "rate_limit_exceeded");
    const { error, requests } = await ask("responses", [step, step, step]);
    expect([error?.code, requests]).toEqual(["model/rate_limited", 3]);
  });

  for (const how of ["end", "half-frame"] as const) {
    test(`an answer that stops before its end (${how}) is asked for again`, async () => {
      const { events, error, requests } = await ask("responses", [cut(how), fine]);
      expect({ said: said(events), error, requests }).toEqual({
        said: ["All is well."],
        error: undefined,
        requests: 2,
      });
    });
  }
});
