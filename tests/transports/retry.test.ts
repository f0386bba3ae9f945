import { expect, test } from "bun:test";
import fc from "fast-check";
import { HermesError, type ErrorCode, type HermesErrorOptions } from "../../src/core/errors.ts";
import type { ModelEvent } from "../../src/core/event.ts";
import type { ModelRequest, ModelTransport } from "../../src/core/model.ts";
import { withRetry } from "../../src/transports/retry.ts";
import { createFakeClock, createInstantClock } from "../fakes/clock.ts";
import { assistant, createScriptedTransport, step, toolCall } from "../fakes/model.ts";
import type { ScriptedStep } from "../fakes/model.ts";

const request: ModelRequest = {
  sessionId: "s1",
  model: "m1",
  instructions: "",
  items: [],
  tools: [],
  reasoningEffort: "medium",
};

function failure(code: ErrorCode, options: HermesErrorOptions = {}): HermesError {
  return new HermesError(code, "It failed", { retryable: true, ...options });
}

/** A step that yields its events and then throws. */
function failing(events: readonly ModelEvent[], error: unknown): ScriptedStep {
  return async function* () {
    yield* events;
    throw error;
  };
}

interface Run {
  readonly events: readonly ModelEvent[];
  readonly thrown: unknown;
  readonly slept: readonly number[];
  readonly attempts: number;
}

/** Runs one step; `random` is always 0.5, so that waits are three quarters of the full ones. */
async function run(
  steps: readonly ScriptedStep[],
  options: { readonly maxAttempts?: number; readonly random?: number } = {},
): Promise<Run> {
  const inner = createScriptedTransport(steps);
  const clock = createInstantClock();
  const { maxAttempts = 3, random = 0.5 } = options;
  const transport = withRetry(inner, { clock, random: () => random }, { maxAttempts });
  const events: ModelEvent[] = [];
  let thrown: unknown;
  try {
    for await (const event of transport.stream(request, new AbortController().signal)) {
      events.push(event);
    }
  } catch (error) {
    thrown = error;
  }
  return { events, thrown, slept: clock.slept, attempts: inner.requests.length };
}

const answer = assistant("a1", "done");

test("withRetry() passes a whole step on in order and asks once", async () => {
  const items = [assistant("a1", "one"), toolCall("c1", "todo")];
  const events = step(items, "tool_calls");
  const result = await run([events]);
  // Starts flow at once, ends come with the end of the step.
  const expected = [0, 2, 1, 3, 4].map((index) => events[index]!);
  expect(result).toEqual({ events: expected, thrown: undefined, slept: [], attempts: 1 });
});

test("withRetry() voids what a failed attempt showed and never reports what it completed", async () => {
  const lost = assistant("lost", "half");
  const error = failure("model/server_error");
  const shown: ModelEvent[] = [
    { type: "item-start", item: lost },
    { type: "item-delta", itemId: "lost", channel: "text", delta: "half" },
    { type: "item-end", item: lost },
  ];
  const result = await run([failing(shown, error), step([answer])]);
  expect(result).toEqual({
    events: [
      { type: "item-start", item: lost },
      { type: "item-delta", itemId: "lost", channel: "text", delta: "half" },
      { type: "item-reset", itemIds: ["lost"] },
      { type: "retry", attempt: 2, maxAttempts: 3, delayMs: 750, error },
      ...step([answer]),
    ],
    thrown: undefined,
    slept: [750],
    attempts: 2,
  });
});

test("withRetry() resets what was shown before a failure that no attempt heals", async () => {
  const error = new HermesError("model/bad_request", "No");
  const start: ModelEvent = { type: "item-start", item: answer };
  const result = await run([failing([start], error)]);
  expect(result).toEqual({
    events: [start, { type: "item-reset", itemIds: ["a1"] }],
    thrown: error,
    slept: [],
    attempts: 1,
  });
});

test("withRetry() gives up after the last attempt with its error", async () => {
  const errors = [1, 2, 3].map(() => failure("model/overloaded"));
  const result = await run(errors.map((error) => failing([], error)));
  expect(result).toEqual({
    events: [
      { type: "retry", attempt: 2, maxAttempts: 3, delayMs: 3750, error: errors[0]! },
      { type: "retry", attempt: 3, maxAttempts: 3, delayMs: 7500, error: errors[1]! },
    ],
    thrown: errors[2],
    slept: [3750, 7500],
    attempts: 3,
  });
});

test("withRetry() passes a programming error through unchanged", async () => {
  const bug = new TypeError("x is not a function");
  const result = await run([failing([], bug)]);
  expect(result).toEqual({ events: [], thrown: bug, slept: [], attempts: 1 });
});

test("withRetry() waits by the kind of failure, doubled each time up to a cap", async () => {
  const waits = async (
    code: ErrorCode,
    options?: HermesErrorOptions,
  ): Promise<readonly number[]> => {
    const steps = Array.from({ length: 8 }, () => failing([], failure(code, options)));
    const { events } = await run(steps, { maxAttempts: 8, random: 0.999_999 });
    return events.flatMap((event) => (event.type === "retry" ? [event.delayMs] : []));
  };
  expect({
    limited: await waits("model/rate_limited"),
    server: await waits("model/server_error"),
    unreachable: await waits("network/unreachable"),
    asked: (await waits("model/rate_limited", { retryAfterMs: 10_000 })).slice(0, 2),
    askedZero: (await waits("model/rate_limited", { retryAfterMs: 0 })).slice(0, 2),
    askedTooLong: (await waits("model/overloaded", { retryAfterMs: 3_600_000 })).slice(0, 2),
  }).toEqual({
    limited: [5000, 10_000, 20_000, 40_000, 80_000, 120_000, 120_000],
    server: [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000],
    unreachable: [500, 1000, 2000, 2000, 2000, 2000, 2000],
    asked: [11_000, 11_000],
    askedZero: [0, 0],
    askedTooLong: [120_000, 120_000],
  });
});

test("withRetry() says every 30 s of a long wait that it goes on", async () => {
  const error = failure("model/rate_limited", { retryAfterMs: 100_000 });
  const { events, slept } = await run([failing([], error), step([answer])], { random: 0 });
  const waiting = (seconds: number): ModelEvent => ({
    type: "notice",
    level: "info",
    text: `Waiting for the next attempt: ${seconds} s left`,
  });
  expect({ events, slept }).toEqual({
    events: [
      { type: "retry", attempt: 2, maxAttempts: 3, delayMs: 100_000, error },
      waiting(70),
      waiting(40),
      waiting(10),
      ...step([answer]),
    ],
    slept: [30_000, 30_000, 30_000, 10_000],
  });
});

test("withRetry() never says that nothing of a wait is left", async () => {
  const error = failure("model/rate_limited", { retryAfterMs: 30_400 });
  const { events, slept } = await run([failing([], error), step([answer])], { random: 0 });
  expect({ events, slept }).toEqual({
    events: [
      { type: "retry", attempt: 2, maxAttempts: 3, delayMs: 30_400, error },
      ...step([answer]),
    ],
    slept: [30_400],
  });
});

test("withRetry() leaves a failure at once to whoever takes it over, and waits for others", async () => {
  const limit = failure("model/rate_limited");
  const inner = createScriptedTransport([
    failing([], failure("model/server_error")),
    failing([{ type: "item-start", item: answer }], limit),
  ]);
  const clock = createInstantClock();
  const transport = withRetry(
    inner,
    { clock, random: () => 0.5 },
    { maxAttempts: 5, isTakenOver: async (error) => error === limit },
  );
  const events: string[] = [];
  const running = (async () => {
    for await (const event of transport.stream(request, new AbortController().signal)) {
      events.push(event.type);
    }
  })();
  expect(await running.catch((error: unknown) => error)).toBe(limit);
  expect({ events, slept: clock.slept }).toEqual({
    events: ["retry", "item-start", "item-reset"],
    slept: [750],
  });
});

test("withRetry() fails within 1.5 s where the host cannot be reached", async () => {
  const steps = [1, 2, 3].map(() => failing([], failure("network/unreachable")));
  const { slept } = await run(steps, { random: 0.999_999 });
  expect(slept.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(1500);
});

test("withRetry() takes a stream that ends without its last event for a failure", async () => {
  const start: ModelEvent = { type: "item-start", item: answer };
  const { events, attempts } = await run([[start], step([answer])]);
  expect({ types: events.map((event) => event.type), attempts }).toEqual({
    types: ["item-start", "item-reset", "retry", "item-start", "item-end", "step-end"],
    attempts: 2,
  });
});

test("withRetry() forwards resets of the transport itself and drops the items they void", async () => {
  const first = assistant("first", "x");
  const voided: ModelEvent = { type: "item-reset", itemIds: ["first"] };
  const { events } = await run([
    [
      { type: "item-start", item: first },
      { type: "item-end", item: first },
      voided,
      ...step([answer]),
    ],
  ]);
  expect(events).toEqual([{ type: "item-start", item: first }, voided, ...step([answer])]);
});

test("withRetry() ends a wait at once with the signal's reason", async () => {
  const inner = createScriptedTransport([failing([], failure("model/rate_limited"))]);
  const clock = createFakeClock();
  const transport = withRetry(inner, { clock, random: () => 0 }, { maxAttempts: 3 });
  const controller = new AbortController();
  const reason = new HermesError("turn/interrupted", "Interrupted");
  const events: string[] = [];
  const running = (async () => {
    for await (const event of transport.stream(request, controller.signal)) events.push(event.type);
  })();
  const caught = running.catch((error: unknown) => error);
  await clock.untilSleeping();
  controller.abort(reason);
  expect({ error: await caught, events, now: clock.now(), sleeping: clock.sleeping() }).toEqual({
    error: reason,
    events: ["retry"],
    now: 0,
    sleeping: 0,
  });
});

test("withRetry() neither resets nor retries after an abort in the middle of an answer", async () => {
  const reason = new HermesError("turn/deadline", "Too late");
  const controller = new AbortController();
  const inner: ModelTransport = {
    async *stream() {
      yield { type: "item-start", item: answer };
      controller.abort(reason);
      throw failure("network/unreachable");
    },
  };
  const transport = withRetry(
    inner,
    { clock: createInstantClock(), random: () => 0 },
    { maxAttempts: 3 },
  );
  const events: string[] = [];
  const running = (async () => {
    for await (const event of transport.stream(request, controller.signal)) events.push(event.type);
  })();
  expect(await running.catch((error: unknown) => error)).toBe(reason);
  expect(events).toEqual(["item-start"]);
});

test("withRetry() does not run a step again whose stream fails only while it is closed", async () => {
  let attempts = 0;
  const inner: ModelTransport = {
    async *stream() {
      attempts++;
      try {
        yield* step([answer]);
      } finally {
        // oxlint-disable-next-line no-unsafe-finally
        throw failure("network/unreachable");
      }
    },
  };
  const transport = withRetry(
    inner,
    { clock: createInstantClock(), random: () => 0 },
    { maxAttempts: 3 },
  );
  const running = (async () => {
    for await (const event of transport.stream(request, new AbortController().signal)) {
      if (event.type === "step-end") break;
    }
  })();
  await running.catch(() => undefined);
  expect(attempts).toBe(1);
});

test("withRetry() closes the transport's stream when the consumer leaves", async () => {
  let closed = 0;
  const inner: ModelTransport = {
    async *stream() {
      try {
        yield* step([answer]);
      } finally {
        closed++;
      }
    },
  };
  const transport = withRetry(
    inner,
    { clock: createInstantClock(), random: () => 0 },
    { maxAttempts: 3 },
  );
  for await (const event of transport.stream(request, new AbortController().signal)) {
    expect(event.type).toBe("item-start");
    break;
  }
  expect(closed).toBe(1);
});

test("withRetry() leaves every started item either ended once or voided, whatever fails where", async () => {
  const attempt = fc.record({
    items: fc.integer({ min: 0, max: 4 }),
    cutAt: fc.integer({ min: 0, max: 8 }),
    retryable: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 4 }), async (attempts) => {
      const steps = attempts.map((plan, number) => {
        const items = Array.from({ length: plan.items }, (_, index) =>
          assistant(`${number}-${index}`, "x"),
        );
        const events = step(items);
        return plan.cutAt >= events.length
          ? events
          : failing(events.slice(0, plan.cutAt), failure("model/server_error", plan));
      });
      const { events, thrown } = await run(steps, { maxAttempts: attempts.length });
      const open = new Set<string>();
      for (const event of events) {
        if (event.type === "item-start") open.add(event.item.id);
        if (event.type === "item-end") expect(open.delete(event.item.id)).toBe(true);
        if (event.type === "item-reset") {
          for (const id of event.itemIds) expect(open.delete(id)).toBe(true);
        }
      }
      const last = events.at(-1)?.type;
      expect({ open: open.size, whole: last === "step-end" }).toEqual({
        open: 0,
        whole: thrown === undefined,
      });
      // Nothing of a failed attempt is ever reported as complete.
      const endedIn = events.flatMap((event) =>
        event.type === "item-end" ? [event.item.id.split("-")[0]] : [],
      );
      expect(new Set(endedIn).size).toBeLessThanOrEqual(1);
    }),
    { seed: 7, numRuns: 500 },
  );
});
