import { describe, expect, test } from "bun:test";
import { connectEndpoint, openSession, type SessionOptions } from "../../src/app/session.ts";
import type { Fetch } from "../../src/core/ports.ts";
import { MemorySessionStore } from "../../src/storage/memory_store.ts";
import { createFakePorts } from "../fakes/app.ts";
import { scriptedFetch, streamOf } from "../fakes/fetch.ts";
import { createScriptedTransport, assistant, step } from "../fakes/model.ts";
import * as sse from "../fakes/sse.ts";

const secret = "lab-7f3c-not-of-any-known-form";

/** What is stored of one turn, texts only. */
async function storedTexts(
  options: Pick<SessionOptions, "transport" | "secrets">,
  message: string,
): Promise<readonly string[]> {
  await using store = new MemorySessionStore();
  await using session = await openSession({
    ...options,
    ports: createFakePorts(),
    model: "m1",
    store,
  });
  for await (const event of session.runTurn(message)) {
    if (event.type === "turn-end") expect(event.outcome.status).toBe("completed");
  }
  const { items } = await store.load(session.id);
  return items.map((item) => {
    if (item.type === "assistant-message") return item.text;
    if (item.type !== "user-message") return item.type;
    return item.parts.map((part) => (part.type === "text" ? part.text : part.type)).join();
  });
}

describe("openSession()", () => {
  test("stores no key that the embedder names", async () => {
    const transport = createScriptedTransport([step([assistant("a", `It is ${secret}`)])]);
    expect(await storedTexts({ transport, secrets: [secret] }, `Try ${secret}`)).toEqual([
      "Try lab-7f...form",
      "It is lab-7f...form",
    ]);
  });

  test("stores no key of the endpoint that its transport was made with", async () => {
    const answer = sse.sse(sse.created(), sse.message(0, `The key is ${secret}`), sse.completed());
    const { fetch, requests } = scriptedFetch(streamOf(answer));
    const transport = await connectWith(fetch);
    expect(await storedTexts({ transport }, `Try ${secret}`)).toEqual([
      "Try lab-7f...form",
      "The key is lab-7f...form",
    ]);
    expect(requests.map((request) => request.headers["authorization"])).toEqual([
      `Bearer ${secret}`,
    ]);
  });

  test("sends to the model what was said as it was said", async () => {
    const transport = createScriptedTransport([step([assistant("a", "Fine")])]);
    await storedTexts({ transport, secrets: [secret] }, `Try ${secret}`);
    expect(transport.requests[0]?.items.map((item) => "parts" in item && item.parts)).toEqual([
      [{ type: "text", text: `Try ${secret}` }],
    ]);
  });
});

function connectWith(fetch: Fetch) {
  return connectEndpoint(
    { ...createFakePorts(), fetch },
    {
      baseUrl: "https://api.acme.test/v1",
      model: "m1",
      apiKey: secret,
      wireApi: "responses",
    },
  );
}
