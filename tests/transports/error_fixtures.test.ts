import { describe, expect, test } from "bun:test";
import { type HermesError, toHermesError } from "../../src/core/errors.ts";
import type { WireApi } from "../../src/core/item.ts";
import { createChatCompletionsTransport } from "../../src/transports/chat_completions/transport.ts";
import { classifyFailure, type Failure, recoveryOf } from "../../src/transports/classify.ts";
import { createResponsesTransport } from "../../src/transports/responses/transport.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { endpoint, modelRequest } from "../fakes/endpoint.ts";
import {
  type ErrorCase,
  type ErrorFixture,
  errorFixtures,
  type ExpectedFailure,
  sentAt,
} from "../fakes/error_fixtures.ts";
import { createSequentialIds } from "../fakes/ids.ts";
import { startResponsesServer } from "../fakes/responses_server.ts";
import type { ServerStep } from "../fakes/server_steps.ts";

function failureOf({ provider }: ErrorFixture, one: ErrorCase): Failure {
  return {
    provider,
    model: "m1",
    message: one.status === null ? "The stream reported an error" : `HTTP ${one.status}`,
    now: sentAt,
    body: one.body,
    ...(one.status !== null && { status: one.status }),
    ...(one.headers !== undefined && { headers: new Headers(one.headers) }),
    ...(one.estimatedTokens !== undefined && { estimatedTokens: one.estimatedTokens }),
  };
}

type Told = Omit<ExpectedFailure, "recovery">;

function toldBy({ code, retryable, retryAfterMs }: HermesError): Told {
  return { code, retryable, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

for (const fixture of errorFixtures) {
  describe(`classifyFailure() and recoveryOf() on ${fixture.provider}`, () => {
    test.each(fixture.cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
      const failure = failureOf(fixture, one);
      const told = { ...toldBy(classifyFailure(failure)), recovery: recoveryOf(failure) };
      expect(told).toEqual(one.expected);
    });
  });
}

function stepOf({ status, headers = {}, body }: ErrorCase): ServerStep {
  if (status !== null) return { kind: "refusal", status, headers, body };
  return { kind: "raw", frames: [`data: ${JSON.stringify(body)}\n\n`] };
}

/** What a transport makes of the same, over real HTTP and without another attempt. */
async function askAll(wireApi: WireApi, fixture: ErrorFixture): Promise<Record<string, Told>> {
  await using server = await startResponsesServer({ steps: fixture.cases.map(stepOf) });
  const deps = {
    fetch,
    clock: createFakeClock(sentAt),
    credentials: { get: async () => ({ id: "k", token: "key", origin: "environment LAB_KEY" }) },
    newId: createSequentialIds(),
  };
  const { provider } = fixture;
  const to = endpoint({ provider, baseUrl: server.url, wireApi, isLocal: true });
  const create =
    wireApi === "responses" ? createResponsesTransport : createChatCompletionsTransport;
  const told: Record<string, Told> = {};
  for (const { name, estimatedTokens = 0 } of fixture.cases) {
    const request = modelRequest({ instructions: "word ".repeat(estimatedTokens) });
    try {
      const events = create(deps, to).stream(request, new AbortController().signal);
      for await (const _ of events);
    } catch (error) {
      told[name] = toldBy(toHermesError(error));
    }
  }
  return told;
}

const wires: readonly WireApi[] = ["responses", "chat_completions"];

describe.each(wires)("a transport of %s", (wireApi) => {
  test.each(errorFixtures.map((fixture) => [fixture.provider, fixture] as const))(
    "makes the same of what %s sends",
    async (_provider, fixture) => {
      const told = await askAll(wireApi, fixture);
      const expected = fixture.cases.map(({ name, expected: { recovery: _, ...rest } }) => [
        name,
        rest,
      ]);
      expect(told).toEqual(Object.fromEntries(expected));
    },
  );
});
