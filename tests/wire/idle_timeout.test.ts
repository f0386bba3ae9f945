import { expect, test } from "bun:test";
import { HermesError } from "../../src/core/errors.ts";
import { type IdleLimits, withIdleTimeout } from "../../src/wire/idle_timeout.ts";
import { createFakeClock, type FakeClock, settled } from "../fakes/clock.ts";

interface Source {
  open(signal: AbortSignal): AsyncIterable<string>;
  push(item: string): void;
  end(): void;
  fail(error: unknown): void;
  signal(): AbortSignal | undefined;
  isClosed(): boolean;
}

/** A source that the test feeds; `heeds`: whether it ends when its signal aborts. */
function createSource(heeds = true): Source {
  /** Each gives the next item, or undefined for the end. */
  const steps: (() => string | undefined)[] = [];
  let wake = (): void => {};
  let given: AbortSignal | undefined;
  let isClosed = false;

  function add(step: () => string | undefined): void {
    steps.push(step);
    wake();
  }

  async function nextStep(signal: AbortSignal): Promise<string | undefined> {
    if (steps.length === 0) {
      await new Promise<void>((resolve, reject) => {
        wake = resolve;
        if (!heeds) return;
        signal.addEventListener("abort", () => reject(new Error("The source was aborted")));
      });
    }
    return steps.shift()?.();
  }

  return {
    signal: () => given,
    isClosed: () => isClosed,
    push: (item) => add(() => item),
    end: () => add(() => undefined),
    fail: (error) =>
      add(() => {
        throw error;
      }),
    async *open(signal) {
      given = signal;
      try {
        for (;;) {
          const item = await nextStep(signal);
          if (item === undefined) return;
          yield item;
        }
      } finally {
        isClosed = true;
      }
    },
  };
}

interface Watched {
  readonly seen: readonly string[];
  /** What the iteration threw; undefined when it ended. */
  readonly outcome: Promise<unknown>;
}

function watch(
  clock: FakeClock,
  source: Source,
  options: { readonly limits: IdleLimits; readonly signal?: AbortSignal },
): Watched {
  const { limits, signal = new AbortController().signal } = options;
  const seen: string[] = [];
  const run = async (): Promise<unknown> => {
    const open = (request: AbortSignal): AsyncIterable<string> => source.open(request);
    for await (const item of withIdleTimeout(clock, open, {
      source: "https://a.test",
      limits,
      signal,
    })) {
      seen.push(item);
    }
    return undefined;
  };
  return { seen, outcome: run().catch((error: unknown) => error) };
}

function timeout(message: string): HermesError {
  return new HermesError("network/timeout", message, { retryable: true, hint: "try again later" });
}

const limits: IdleLimits = { firstMs: 100, betweenMs: () => 10, overallMs: 1000 };

test("withIdleTimeout() passes items on and ends with its source", async () => {
  const clock = createFakeClock();
  const source = createSource();
  const { seen, outcome } = watch(clock, source, { limits });
  source.push("a");
  source.push("b");
  source.end();
  expect(await outcome).toBeUndefined();
  expect(seen).toEqual(["a", "b"]);
  expect(clock.sleeping()).toBe(0);
  expect(source.isClosed()).toBe(true);
});

test("withIdleTimeout() gives up on a source without a first item, and aborts its request", async () => {
  const clock = createFakeClock();
  const source = createSource();
  const { seen, outcome } = watch(clock, source, { limits });
  await clock.advance(99);
  expect(source.signal()?.aborted).toBe(false);
  await clock.advance(1);
  expect(await outcome).toEqual(timeout("No answer within 100 ms: https://a.test"));
  expect(seen).toEqual([]);
  expect(source.signal()?.aborted).toBe(true);
});

test("withIdleTimeout() gives up on a source that falls silent", async () => {
  const clock = createFakeClock();
  const source = createSource();
  const { seen, outcome } = watch(clock, source, { limits });
  await clock.advance(99);
  source.push("a");
  await clock.advance(9);
  source.push("b");
  await clock.advance(9);
  expect(seen).toEqual(["a", "b"]);
  await clock.advance(1);
  expect(await outcome).toEqual(
    timeout("Nothing more for 10 ms in the middle of an answer: https://a.test"),
  );
});

test("withIdleTimeout() gives up when everything together takes too long", async () => {
  const clock = createFakeClock();
  const source = createSource();
  const { seen, outcome } = watch(clock, source, { limits });
  for (let count = 0; count < 124; count++) {
    source.push("x");
    await clock.advance(8);
  }
  source.push("x");
  await clock.advance(8);
  expect(await outcome).toEqual(timeout("Answer not complete within 1 s: https://a.test"));
  expect(seen).toHaveLength(125);
});

test("withIdleTimeout() waits without limits where there are none", async () => {
  const clock = createFakeClock();
  const source = createSource();
  const { seen, outcome } = watch(clock, source, { limits: {} });
  await clock.advance(1e9);
  source.push("a");
  await clock.advance(1e9);
  source.end();
  expect(await outcome).toBeUndefined();
  expect(seen).toEqual(["a"]);
  expect(clock.slept).toEqual([]);
});

test("withIdleTimeout() asks for the limit anew at each wait", async () => {
  const clock = createFakeClock();
  const source = createSource();
  let betweenMs = 50_000;
  const { outcome } = watch(clock, source, { limits: { betweenMs: () => betweenMs } });
  source.push("a");
  await clock.advance(40_000);
  betweenMs = 2500;
  source.push("b");
  await clock.advance(2499);
  expect(source.signal()?.aborted).toBe(false);
  await clock.advance(1);
  expect(await outcome).toEqual(
    timeout("Nothing more for 2.5 s in the middle of an answer: https://a.test"),
  );
});

test("withIdleTimeout() does not count the consumer's time as silence", async () => {
  const clock = createFakeClock();
  const source = createSource();
  source.push("a");
  source.push("b");
  source.end();
  const seen: string[] = [];
  const open = (signal: AbortSignal): AsyncIterable<string> => source.open(signal);
  const { signal } = new AbortController();
  for await (const item of withIdleTimeout(clock, open, { source: "s", limits, signal })) {
    await clock.advance(400);
    seen.push(item);
  }
  expect(seen).toEqual(["a", "b"]);
});

test("withIdleTimeout() throws the abort of its caller as what it is, not as a timeout", async () => {
  const clock = createFakeClock();
  const source = createSource();
  const user = new AbortController();
  const { outcome } = watch(clock, source, { limits, signal: user.signal });
  source.push("a");
  await settled();
  user.abort();
  expect(await outcome).toEqual(new HermesError("turn/interrupted", "Interrupted"));
  expect(source.signal()?.aborted).toBe(true);
  expect(clock.sleeping()).toBe(0);
});

test("withIdleTimeout() throws the typed reason of an abort", async () => {
  const reason = new HermesError("turn/deadline", "The deadline has passed");
  const user = new AbortController();
  const source = createSource();
  const { outcome } = watch(createFakeClock(), source, { limits, signal: user.signal });
  await settled();
  user.abort(reason);
  expect(await outcome).toBe(reason);
});

test("withIdleTimeout() does not open its source for a signal that has aborted", async () => {
  const source = createSource();
  const { outcome } = watch(createFakeClock(), source, { limits, signal: AbortSignal.abort() });
  expect(await outcome).toEqual(new HermesError("turn/interrupted", "Interrupted"));
  expect(source.signal()).toBeUndefined();
});

test("withIdleTimeout() is not held by a source that ignores its signal", async () => {
  const clock = createFakeClock();
  const deaf = createSource(false);
  const user = new AbortController();
  const aborted = watch(clock, deaf, { limits, signal: user.signal });
  await settled();
  user.abort();
  expect(await aborted.outcome).toEqual(new HermesError("turn/interrupted", "Interrupted"));

  const silent = watch(clock, createSource(false), { limits });
  await clock.advance(100);
  expect(await silent.outcome).toEqual(timeout("No answer within 100 ms: https://a.test"));
});

test("withIdleTimeout() throws what its source throws", async () => {
  const source = createSource();
  const failure = new TypeError("broken");
  const { seen, outcome } = watch(createFakeClock(), source, { limits });
  source.push("a");
  source.fail(failure);
  expect(await outcome).toBe(failure);
  expect(seen).toEqual(["a"]);
});

test("withIdleTimeout() closes its source when the consumer leaves", async () => {
  const clock = createFakeClock();
  const source = createSource();
  source.push("a");
  const open = (signal: AbortSignal): AsyncIterable<string> => source.open(signal);
  const { signal } = new AbortController();
  for await (const item of withIdleTimeout(clock, open, { source: "s", limits, signal })) {
    expect(item).toBe("a");
    break;
  }
  expect(source.isClosed()).toBe(true);
  expect(source.signal()?.aborted).toBe(true);
  expect(clock.sleeping()).toBe(0);
});

test("withIdleTimeout() sleeps once for many items", async () => {
  const clock = createFakeClock();
  const source = createSource();
  const { outcome } = watch(clock, source, { limits: { firstMs: 1000, betweenMs: () => 1000 } });
  for (let count = 0; count < 1000; count++) source.push("x");
  source.end();
  expect(await outcome).toBeUndefined();
  expect(clock.slept).toEqual([1000]);
});
