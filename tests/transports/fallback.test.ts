import { describe, expect, test } from "bun:test";
import { type ErrorCode, HermesError } from "../../src/core/errors.ts";
import type { FinishReason, ModelEvent } from "../../src/core/event.ts";
import {
  type Answerer,
  createFallbackChain,
  type Fallback,
} from "../../src/transports/fallback.ts";
import { keepFailure, noteOtherCredential } from "../../src/transports/refusal.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { modelRequest } from "../fakes/endpoint.ts";
import { assistant, createScriptedTransport, type ScriptedStep, step } from "../fakes/model.ts";

function failure(code: ErrorCode, message = "It failed"): HermesError {
  return new HermesError(code, message, { hint: `mend ${code}`, httpStatus: 418, retryAfterMs: 7 });
}

function failing(error: unknown, events: readonly ModelEvent[] = []): ScriptedStep {
  return async function* () {
    yield* events;
    throw error;
  };
}

const said = (text: string, reason: FinishReason = "stop"): ModelEvent[] =>
  step([assistant(text, text)], reason);

/** A model that answers from a script; `opens` counts how often it was opened. */
interface Scripted {
  readonly provider?: string;
  readonly model?: string;
  readonly baseUrl?: string;
  readonly steps?: readonly ScriptedStep[];
  readonly warnings?: readonly string[];
  readonly cannotOpen?: HermesError;
}

/** A chain of models `p0/m0`, `p1/m1` and so on. */
function chainOf(...scripted: readonly Scripted[]) {
  const clock = createFakeClock();
  const opened: string[] = [];
  const models = scripted.map((one, index) => {
    const transport = createScriptedTransport(one.steps ?? []);
    const { provider = `p${index}`, model = `m${index}`, baseUrl = `https://${index}` } = one;
    const answerer: Answerer = {
      provider,
      model,
      baseUrl,
      contextLength: 1_000 * (index + 1),
      transport,
      ...(one.warnings && { warnings: one.warnings }),
    };
    const fallback: Fallback = {
      name: `${model} (${provider})`,
      async open() {
        opened.push(model);
        if (one.cannotOpen) throw one.cannotOpen;
        return answerer;
      },
    };
    return { answerer, fallback, transport };
  });
  const chain = createFallbackChain(
    { clock },
    models.slice(1).map(({ fallback }) => fallback),
  );
  const transport = chain.around(models[0]!.answerer);
  const { signal } = new AbortController();
  return {
    clock,
    chain,
    transport,
    opened,
    signal,
    /** The models that each answerer was asked for. */
    asked: () => models.map((one) => one.transport.requests.map(({ model }) => model)),
    ask: async (turnId?: string, by: AbortSignal = signal) => {
      const events: ModelEvent[] = [];
      let thrown: unknown;
      const request = modelRequest({ model: "m0", ...(turnId !== undefined && { turnId }) });
      try {
        for await (const event of transport.stream(request, by)) events.push(event);
      } catch (error) {
        thrown = error;
      }
      return {
        events,
        thrown,
        notices: events.flatMap((event) => (event.type === "notice" ? [event.text] : [])),
        texts: events.flatMap((event) =>
          event.type === "item-end" && event.item.type === "assistant-message"
            ? [event.item.text]
            : [],
        ),
      };
    },
  };
}

test("standIn() names who answers a turn in place of the primary, with its window", async () => {
  const { ask, transport, signal } = chainOf(
    { steps: [failing(failure("model/overloaded")), said("one")] },
    { steps: [said("two")] },
  );
  await ask("t1");
  await ask("t2");
  expect(await transport.standIn?.("t1", signal)).toEqual({
    name: "m1 (p1)",
    contextLength: 2_000,
  });
  expect(await transport.standIn?.("t2", signal)).toBeUndefined();
});

test("standIn() knows who answers the first step of a turn while the primary rests", async () => {
  const { ask, transport, signal, clock } = chainOf(
    { steps: [failing(failure("model/quota"))] },
    { steps: [said("one"), said("two")] },
  );
  await ask("t1");
  const secondStandIn = { name: "m1 (p1)", contextLength: 2_000 };
  expect(await transport.standIn?.("t2", signal)).toEqual(secondStandIn);
  // It is told with the step, and once.
  expect((await ask("t2")).notices.map((text) => text.split(":")[0])).toEqual([
    "m1 (p1) answers this turn, m0 (p0) rests for 60 s more",
  ]);
  await clock.advance(60_000);
  expect(await transport.standIn?.("t3", signal)).toBeUndefined();
});

const moved =
  "m1 (p1) answers the rest of this turn in place of m0 (p0): It failed; change it with: hermes config edit (fallback_providers)";

describe("the chain", () => {
  test("opens nothing as long as the primary answers", async () => {
    const { ask, opened, asked } = chainOf({ steps: [said("hello")] }, {});
    expect(await ask("t1")).toEqual({
      events: said("hello"),
      thrown: undefined,
      notices: [],
      texts: ["hello"],
    });
    expect([opened, asked()]).toEqual([[], [["m0"], []]]);
  });

  test("asks the next model by its own name, and tells so once", async () => {
    const error = failure("model/server_error");
    const { ask, opened, asked } = chainOf(
      { steps: [failing(error)] },
      { steps: [said("one"), said("two")], warnings: ["Mind the key"] },
    );
    const [one, two] = [await ask("t1"), await ask("t1")];
    expect([one.notices, one.texts, two.notices, two.texts]).toEqual([
      ["Mind the key", moved],
      ["one"],
      [],
      ["two"],
    ]);
    expect([opened, asked()]).toEqual([["m1"], [["m0"], ["m1", "m1"]]]);
  });

  test.each([
    "auth/rejected",
    "auth/missing",
    "auth/not_entitled",
    "model/bad_request",
    "model/content_policy",
    "model/not_found",
    "model/overloaded",
    "network/unreachable",
    "network/tls",
    "stream/no_terminal_event",
  ] as const)("goes on after %s", async (code) => {
    const { ask } = chainOf({ steps: [failing(failure(code))] }, { steps: [said("one")] });
    expect((await ask("t1")).texts).toEqual(["one"]);
  });

  test.each([
    "model/context_overflow",
    "config/invalid",
    "store/invalid",
    "turn/deadline",
    "internal/bug",
  ] as const)("ends with %s as it is", async (code) => {
    const error = failure(code);
    const { ask, opened } = chainOf({ steps: [failing(error)] }, { steps: [said("one")] });
    expect([(await ask("t1")).thrown, opened]).toEqual([error, []]);
  });

  test("does not go round the account's own data policy", async () => {
    const error = keepFailure(failure("model/not_found"), {
      status: 404,
      message: "HTTP 404",
      provider: "p0",
      model: "m0",
      body: { error: { message: "No endpoints found matching your data policy" } },
    });
    const { ask, opened } = chainOf({ steps: [failing(error)] }, { steps: [said("one")] });
    expect([(await ask("t1")).thrown, opened]).toEqual([error, []]);
  });

  test("ends with an abort, and with a stream that fails only while it is closed", async () => {
    const user = new AbortController();
    const error = failure("network/unreachable");
    const aborted = chainOf(
      {
        steps: [
          async function* () {
            yield* [];
            user.abort();
            throw error;
          },
        ],
      },
      {},
    );
    expect((await aborted.ask("t1", user.signal)).thrown).toBe(error);
    const whole = chainOf({ steps: [failing(error, said("hello"))] }, {});
    expect((await whole.ask("t1")).thrown).toBe(error);
    expect([aborted.opened, whole.opened]).toEqual([[], []]);
  });

  test("throws the primary's failure when all have failed, with the last one named", async () => {
    const first = failure("model/rate_limited", "The first is busy");
    const { ask, asked } = chainOf(
      { steps: [failing(first)] },
      { steps: [failing(failure("model/quota", "The second is empty"))] },
      { steps: [failing(failure("auth/rejected", "The third is locked"))] },
    );
    const { thrown, notices } = await ask("t1");
    expect(thrown).toEqual(
      new HermesError(
        "model/rate_limited",
        "The first is busy; the last fallback failed too: The third is locked",
        { cause: first, hint: "mend model/rate_limited", httpStatus: 418, retryAfterMs: 7 },
      ),
    );
    expect([notices.length, asked()]).toEqual([2, [["m0"], ["m1"], ["m2"]]]);
  });

  test("passes over what cannot be opened, told once in a session, and tries it again", async () => {
    const cannotOpen = failure("auth/missing", "No key");
    const { ask, opened } = chainOf(
      { steps: [failing(failure("model/bad_request")), failing(failure("model/bad_request"))] },
      { cannotOpen },
      { steps: [said("one"), said("two")] },
    );
    const [one, two] = [await ask("t1"), await ask("t2")];
    expect([one.texts, two.texts]).toEqual([["one"], ["two"]]);
    expect([one.notices.length, two.notices.length]).toEqual([2, 1]);
    expect(one.notices[0]).toBe("The fallback m1 (p1) cannot be used: No key (mend auth/missing)");
    expect(opened).toEqual(["m1", "m2", "m1"]);
  });

  test("passes over what is asked already: by provider or address, with the same model", async () => {
    const steps = [failing(failure("model/bad_request"))];
    const { ask, asked } = chainOf(
      { steps, provider: "openai", model: "m" },
      { provider: "openai", model: "m" },
      { provider: "other", model: "m", baseUrl: "https://0" },
      { provider: "openai", model: "n", steps: [failing(failure("model/bad_request"))] },
      { provider: "openai", model: "n" },
      { provider: "else", model: "m", steps: [said("one")] },
    );
    expect((await ask("t1")).texts).toEqual(["one"]);
    expect(asked().map(({ length }) => length)).toEqual([1, 0, 0, 1, 0, 1]);
  });

  test("takes two addresses without a name for two models", async () => {
    const { ask } = chainOf(
      { steps: [failing(failure("model/bad_request"))], provider: "custom", model: "m" },
      { steps: [said("one")], provider: "custom", model: "m" },
    );
    expect((await ask("t1")).texts).toEqual(["one"]);
  });
});

describe("a turn", () => {
  test("begins with the primary again after failures that are no limit", async () => {
    const { ask, asked } = chainOf(
      { steps: [failing(failure("model/server_error")), said("back")] },
      { steps: [said("one")] },
    );
    expect([(await ask("t1")).texts, (await ask("t2")).texts]).toEqual([["one"], ["back"]]);
    expect(asked()).toEqual([["m0", "m0"], ["m1"]]);
  });

  test.each(["model/rate_limited", "model/quota"] as const)(
    "leaves the primary alone for 60 s after %s",
    async (code) => {
      const { ask, clock, asked } = chainOf(
        { steps: [failing(failure(code)), said("back")] },
        { steps: [said("one"), said("two")] },
      );
      await ask("t1");
      await clock.advance(59_000);
      const second = await ask("t2");
      expect([second.texts, second.notices]).toEqual([
        ["two"],
        [
          "m1 (p1) answers this turn, m0 (p0) rests for 1 s more: It failed; change it with: hermes config edit (fallback_providers)",
        ],
      ]);
      await clock.advance(1_000);
      expect((await ask("t3")).texts).toEqual(["back"]);
      expect(asked()).toEqual([
        ["m0", "m0"],
        ["m1", "m1"],
      ]);
    },
  );

  test("a limit of a fallback gives the primary no rest", async () => {
    const { ask, asked } = chainOf(
      { steps: [failing(failure("model/server_error")), said("back")] },
      { steps: [failing(failure("model/quota"))] },
      { steps: [said("two")] },
    );
    expect([(await ask("t1")).texts, (await ask("t2")).texts]).toEqual([["two"], ["back"]]);
    expect(asked()).toEqual([["m0", "m0"], ["m1"], ["m2"]]);
  });

  test("goes on by itself beside others, and calls without a turn by themselves too", async () => {
    const error = failing(failure("model/server_error"));
    const { ask, asked } = chainOf(
      { steps: [error, said("t2"), error, said("none")] },
      { steps: [said("t1"), said("call"), said("t1 again")] },
    );
    const texts: string[] = [];
    for (const turn of ["t1", "t2", undefined, undefined, "t1"]) {
      texts.push(...(await ask(turn)).texts);
    }
    expect(texts).toEqual(["t1", "t2", "call", "none", "t1 again"]);
    expect(asked()).toEqual([
      ["m0", "m0", "m0", "m0"],
      ["m1", "m1", "m1"],
    ]);
  });

  test("moves on when its loop says so, as long as there is somebody", async () => {
    const { ask, transport, signal } = chainOf({ steps: [said("")] }, { steps: [said("one")] });
    await ask("t1");
    const why = failure("model/empty_answer");
    expect(await transport.moveOn?.("t1", why, signal)).toBe(true);
    expect(await ask("t1")).toMatchObject({ notices: [moved], texts: ["one"] });
    expect(await transport.moveOn?.("t1", why, signal)).toBe(false);
  });
});

describe("a content filter", () => {
  const filtered = said("I will now", "content_filter");

  test("is left once, and what it let through is void", async () => {
    const { ask } = chainOf({ steps: [filtered] }, { steps: [said("one")] });
    const { events, texts } = await ask("t1");
    expect(texts).toEqual(["one"]);
    expect(events.map(({ type }) => type)).toEqual([
      "item-start",
      "item-reset",
      "notice",
      "item-start",
      "item-end",
      "step-end",
    ]);
  });

  test("that ends a second answer ends the turn, as the wire told it", async () => {
    const { ask, asked } = chainOf({ steps: [filtered] }, { steps: [filtered] }, {});
    const { events } = await ask("t1");
    expect(events.at(-1)).toMatchObject({ type: "step-end", finishReason: "content_filter" });
    expect(asked()).toEqual([["m0"], ["m1"], []]);
  });

  test("of the only model is its loop's matter", async () => {
    const { ask } = chainOf({ steps: [filtered] });
    expect((await ask("t1")).events).toEqual(filtered);
  });
});

describe("isTakenOver()", () => {
  const request = modelRequest({ turnId: "t1" });

  test("takes limits and answers that are none at once, nothing else", async () => {
    const { chain, signal } = chainOf({}, {});
    const codes = [
      "model/rate_limited",
      "model/quota",
      "model/empty_answer",
      "stream/invalid",
      "model/server_error",
      "model/overloaded",
      "network/timeout",
      "stream/no_terminal_event",
    ] as const;
    const taken: boolean[] = [];
    for (const code of codes) taken.push(await chain.isTakenOver(failure(code), request, signal));
    expect(taken).toEqual([true, true, true, true, false, false, false, false]);
  });

  test("leaves a limit to another login of the provider", async () => {
    const { chain, signal, opened } = chainOf({}, {});
    const error = failure("model/rate_limited");
    noteOtherCredential(error);
    expect([await chain.isTakenOver(error, request, signal), opened]).toEqual([false, []]);
  });

  test("leaves everything to retries where nobody can be asked", async () => {
    const cannotOpen = failure("auth/missing");
    const { chain, signal } = chainOf({}, { cannotOpen });
    expect(await chain.isTakenOver(failure("model/quota"), request, signal)).toBe(false);
  });
});
