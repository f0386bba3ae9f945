import { HermesError } from "../../src/core/errors.ts";
import type { ModelEvent } from "../../src/core/event.ts";
import type { WireApi } from "../../src/core/item.ts";
import { createChatCompletionsTransport } from "../../src/transports/chat_completions/transport.ts";
import { createResponsesTransport } from "../../src/transports/responses/transport.ts";
import { createFakeClock, settled } from "../../tests/fakes/clock.ts";
import { brokenRule } from "../../tests/fakes/decoding.ts";
import { endpoint, modelRequest } from "../../tests/fakes/endpoint.ts";
import { openAnswer, scriptedFetch } from "../../tests/fakes/fetch.ts";
import { createSequentialIds } from "../../tests/fakes/ids.ts";

/** How the body of an answer ends. */
export type BodyEnd = "close" | "reset" | "hang" | "abort";

export interface StreamCase {
  readonly wireApi: WireApi;
  readonly chunks: readonly Uint8Array[];
  readonly end: BodyEnd;
}

/** What a transport made of a stream: its events, and what it threw at last. */
export interface StreamOutcome {
  readonly events: readonly ModelEvent[];
  readonly thrown: Error | undefined;
  /** It neither ended nor failed, although time went by. */
  readonly hangs: boolean;
}

/** More than any watchdog waits, in steps. */
const patience = { steps: 24, ms: 100_000 };

/** Runs one step over a stream, with a clock that moves when nothing else does. */
export async function runStreamCase({ wireApi, chunks, end }: StreamCase): Promise<StreamOutcome> {
  const clock = createFakeClock();
  const answer = openAnswer();
  const user = new AbortController();
  const deps = {
    fetch: scriptedFetch(answer.response).fetch,
    clock,
    credentials: { get: () => Promise.resolve({ id: "k", token: "t", origin: "torture" }) },
    newId: createSequentialIds(),
  };
  const transport =
    wireApi === "responses"
      ? createResponsesTransport(deps, endpoint())
      : createChatCompletionsTransport(deps, endpoint());
  const events: ModelEvent[] = [];
  const run = async (): Promise<undefined> => {
    for await (const event of transport.stream(modelRequest(), user.signal)) events.push(event);
    return undefined;
  };
  const failure = run().catch((error: unknown) =>
    error instanceof Error ? error : new Error(`Thrown: ${typeof error}`),
  );

  for (const chunk of chunks) answer.writeBytes(chunk);
  // What was written is read before the end comes, as on a real connection.
  if (end === "close") answer.close();
  else await settled();
  if (end === "reset") answer.fail(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
  if (end === "abort") user.abort();
  for (let step = 0; step < patience.steps; step++) {
    const isOver = await Promise.race([
      failure.then(() => true),
      clock.advance(patience.ms).then(() => false),
    ]);
    if (isOver) return { events, thrown: await failure, hangs: false };
  }
  return { events, thrown: undefined, hangs: true };
}

/** What is wrong with an outcome, whatever the stream was; undefined when nothing is. */
export function faultOf(
  { events, thrown, hangs }: StreamOutcome,
  end: BodyEnd,
): string | undefined {
  if (hangs) return "it hangs";
  const broken = brokenRule(events);
  if (broken !== undefined) return `invalid events: ${broken}`;
  const isWhole = events.at(-1)?.type === "step-end";
  if (thrown === undefined) return isWhole ? undefined : "it ended without a last event";
  if (isWhole) return `it failed after its last event: ${thrown.message}`;
  if (!(thrown instanceof HermesError)) return `untyped failure: ${thrown.message}`;
  const isOwn = thrown.code !== "turn/interrupted" || end === "abort";
  return thrown.code === "internal/bug" || !isOwn ? `${thrown.code}: ${thrown.message}` : undefined;
}
