import { describe, expect, test } from "bun:test";
import {
  type AuxiliaryPlan,
  type AuxiliaryRoute,
  createAuxiliary,
} from "../../src/app/auxiliary.ts";
import { defined } from "../../src/core/defined.ts";
import { type ErrorCode, HermesError } from "../../src/core/errors.ts";
import { type ModelEvent, noUsage } from "../../src/core/event.ts";
import type { ModelRequest } from "../../src/core/model.ts";
import type { SideUsage } from "../../src/core/spending.ts";
import { createFakeClock, settled } from "../fakes/clock.ts";
import {
  assistant,
  createScriptedTransport,
  type ScriptedStep,
  type ScriptedTransport,
  step,
} from "../fakes/model.ts";
import { thrown } from "../fakes/thrown.ts";

const never = new AbortController().signal;
const request = { task: "title_generation", instructions: "Name it", text: "A talk" } as const;

function failing(code: ErrorCode): ScriptedStep {
  return async function* () {
    yield* [] as ModelEvent[];
    throw new HermesError(code, code);
  };
}

/** Says nothing until it is given up. */
const hanging: ScriptedStep = async function* (_, signal) {
  yield* [] as ModelEvent[];
  await new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("given up")), { once: true });
  });
};

const says = (text: string): ScriptedStep => step([assistant("a", text)]);

/** Small calls over places (`main`, or `main KEY` with a key of its own) that answer from scripts, in the order in which they are asked. */
function lab(
  places: Readonly<Record<string, readonly ScriptedStep[]>>,
  { isNamed = false, isVital = false }: Partial<Pick<AuxiliaryPlan, "isNamed" | "isVital">> = {},
) {
  const clock = createFakeClock();
  const rests = new Map<string, number>();
  const transports = new Map<string, ScriptedTransport>(
    Object.entries(places).map(([name, steps]) => [name, createScriptedTransport(steps)]),
  );
  const opened: string[] = [];
  const noted: string[] = [];
  const kept: SideUsage[] = [];
  const routes = [...transports].map(([name, transport]) => (): Promise<AuxiliaryRoute> => {
    opened.push(name);
    const [provider = "", key] = name.split(" ");
    const place = { provider, baseUrl: `http://${provider}/v1`, model: "m1" };
    return Promise.resolve({ ...place, transport, ...defined("key", key) });
  });
  const auxiliary = createAuxiliary({
    clock,
    rests,
    log: { write: (level, what, { code } = {}) => noted.push(`${level} ${what} ${String(code)}`) },
    keep: (side) => Promise.resolve(void kept.push(side)),
    plan: () => ({ routes, isNamed, isVital, timeoutMs: 30_000 }),
  });
  const asked = (): Readonly<Record<string, number>> =>
    Object.fromEntries([...transports].map(([name, { requests }]) => [name, requests.length]));
  const requestsOf = (name: string): readonly ModelRequest[] =>
    transports.get(name)?.requests ?? [];
  const firstRequest = (name: string): ModelRequest | undefined => requestsOf(name)[0];
  return { noted, kept, auxiliary, clock, rests, opened, asked, requestsOf, firstRequest };
}

describe("createAuxiliary()", () => {
  test("asks the first place, with a cache of the task's own and without a temperature", async () => {
    const { auxiliary, kept, opened, firstRequest } = lab({ main: [says(" Fine \n")], other: [] });
    expect([auxiliary.has?.("approval"), lab({}).auxiliary.has?.("approval")]).toEqual([
      true,
      false,
    ]);
    expect(await auxiliary.ask(request, never)).toBe("Fine");
    expect(opened).toEqual(["main"]);
    expect(firstRequest("main")).toEqual({
      sessionId: "auxiliary-title_generation",
      model: "m1",
      instructions: "Name it",
      items: [
        {
          type: "user-message",
          id: expect.any(String),
          parts: [{ type: "text", text: "A talk" }],
        },
      ],
      tools: [],
      reasoningEffort: "low",
    });
    const usage = { ...noUsage, inputTokens: 10, totalTokens: 10 };
    expect(auxiliary.used()).toEqual(usage);
    const calls = { count: 1, unpriced: 1 };
    const place = { provider: "main", model: "m1" };
    expect(kept).toEqual([{ kind: "title_generation", ...place, usage, calls }]);
  });

  test.each([
    ["model/quota", true, true],
    ["network/tls", true, true],
    ["model/rate_limited", true, false],
    ["auth/rejected", true, false],
    ["model/rate_limited", false, true],
    ["auth/missing", false, true],
    ["model/not_found", false, true],
    ["model/content_policy", false, false],
    ["model/context_overflow", false, false],
  ] as const)(
    "after %s (named: %p) the next place is asked: %p",
    async (code, isNamed, isAsked) => {
      const { auxiliary, asked } = lab(
        { first: [failing(code)], second: [says("B")] },
        { isNamed },
      );
      const answer = await auxiliary.ask(request, never).catch((error: HermesError) => error.code);
      expect([answer, asked()]).toEqual([
        isAsked ? "B" : code,
        { first: 1, second: isAsked ? 1 : 0 },
      ]);
    },
  );

  test.each([
    ["model/rate_limited", 1, true],
    ["model/not_found", 1, true],
    // Once more without what it may not take.
    ["model/bad_request", 2, true],
    ["model/content_policy", 1, true],
    ["model/context_overflow", 1, false],
  ] as const)(
    "after %s of what is vital, asked %i times, the next place is asked: %p",
    async (...given) => {
      const [code, first, isAsked] = given;
      const { auxiliary, asked } = lab(
        { first: [failing(code), failing(code)], second: [says("B")] },
        { isNamed: true, isVital: true },
      );
      const answer = await auxiliary.ask(request, never).catch((error: HermesError) => error.code);
      expect([answer, asked()]).toEqual([isAsked ? "B" : code, { first, second: isAsked ? 1 : 0 }]);
    },
  );

  test("tells the failure of the place that was meant where no other answers", async () => {
    const { auxiliary, noted } = lab({
      a: [failing("model/overloaded")],
      b: [failing("auth/missing")],
    });
    expect((await thrown(() => auxiliary.ask(request, never))).code).toBe("model/overloaded");
    expect(noted).toEqual([
      "warning auxiliary.failed model/overloaded",
      "warning auxiliary.failed auth/missing",
    ]);
  });

  test("tries once more after a failure that passes", async () => {
    const { auxiliary, clock, asked } = lab({
      main: [failing("network/unreachable"), says("There")],
    });
    const answer = auxiliary.ask(request, never);
    await clock.untilSleeping();
    await clock.advance(500);
    expect(await answer).toBe("There");
    expect(asked()).toEqual({ main: 2 });
  });

  test("leaves a place without credit alone for ten minutes", async () => {
    const { auxiliary, clock, asked } = lab({
      main: [failing("model/quota"), says("Paid")],
      other: [says("1"), says("2")],
    });
    expect(await auxiliary.ask(request, never)).toBe("1");
    await clock.advance(599_000);
    expect(await auxiliary.ask(request, never)).toBe("2");
    expect(asked()).toEqual({ main: 1, other: 2 });
    await clock.advance(1_000);
    expect(await auxiliary.ask(request, never)).toBe("Paid");
  });

  test("what one key owes at a place, another one does not", async () => {
    const { auxiliary, asked } = lab({
      "main SMALL_KEY": [failing("model/quota")],
      main: [says("1"), says("2")],
    });
    expect(await auxiliary.ask(request, never)).toBe("1");
    expect(await auxiliary.ask(request, never)).toBe("2");
    expect(asked()).toEqual({ "main SMALL_KEY": 1, main: 2 });
  });

  test("gives up after its time, over all of the stream, and asks the next place", async () => {
    const { auxiliary, clock, asked } = lab({ slow: [hanging], quick: [says("Q")] });
    const answer = auxiliary.ask(request, never);
    await clock.untilSleeping();
    await clock.advance(30_000);
    expect(await answer).toBe("Q");
    expect(asked()).toEqual({ slow: 1, quick: 1 });
  });

  test("ends at once with an abort, and asks nobody else", async () => {
    const { auxiliary, asked } = lab({ slow: [hanging], quick: [says("Q")] });
    const stop = new AbortController();
    const answer = thrown(() => auxiliary.ask(request, stop.signal));
    await settled();
    stop.abort(new HermesError("turn/interrupted", "Interrupted"));
    expect((await answer).code).toBe("turn/interrupted");
    expect(asked()).toEqual({ slow: 1, quick: 0 });
  });

  test("asks again with less where the server does not take an effort, a limit or a schema", async () => {
    const { auxiliary, requestsOf } = lab({ old: [failing("model/bad_request"), says("Plain")] });
    const more = { ...request, maxOutputTokens: 10, outputSchema: { type: "object" } };
    expect(await auxiliary.ask(more, never)).toBe("Plain");
    const asked = requestsOf("old").map((one) => [
      one.reasoningEffort,
      one.maxOutputTokens,
      one.outputSchema,
    ]);
    expect(asked).toEqual([
      ["low", 10, { type: "object" }],
      ["none", undefined, undefined],
    ]);
  });

  test("a request that is refused without them, too, is not sent a third time", async () => {
    const bad = failing("model/bad_request");
    const { auxiliary, asked } = lab({ old: [bad, bad, says("Never")] });
    expect((await thrown(() => auxiliary.ask(request, never))).code).toBe("model/bad_request");
    expect(asked()).toEqual({ old: 2 });
  });

  test.each([
    ["an answer that was cut", step([assistant("a", "Half")], "length"), "model/truncated"],
    ["an empty answer", step([]), "model/empty_answer"],
  ] as const)("fails with %s", async (_, scripted, code) => {
    const { auxiliary } = lab({ main: [scripted] });
    expect((await thrown(() => auxiliary.ask(request, never))).code).toBe(code);
  });

  test("says what to do where nobody can be asked", async () => {
    const error = await thrown(() => lab({}).auxiliary.ask(request, never));
    expect([error.code, error.hint]).toEqual([
      "config/invalid",
      "hermes config set auxiliary.title_generation.provider NAME",
    ]);
  });
});
