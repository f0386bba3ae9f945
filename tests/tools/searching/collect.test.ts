import { describe, expect, test } from "bun:test";
import { abortError } from "../../../src/core/errors.ts";
import { collect } from "../../../src/tools/searching/collect.ts";
import { createFakeClock } from "../../fakes/clock.ts";
import { thrown } from "../../fakes/thrown.ts";

const never = new AbortController().signal;

async function* numbers(count: number): AsyncGenerator<number> {
  for (let index = 0; index < count; index++) yield index;
}

/** One hit, then nothing until the signal aborts. */
async function* stuck(signal: AbortSignal): AsyncGenerator<string> {
  yield "hit";
  await new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", resolve);
  });
  throw abortError(signal);
}

describe("collect()", () => {
  test("hands on every hit with its index", async () => {
    const clock = createFakeClock();
    const taken: (readonly [number, number])[] = [];
    const collected = await collect(
      { clock, signal: never },
      () => numbers(3),
      (hit, index) => {
        taken.push([hit, index]);
      },
    );
    expect(collected).toEqual({ total: 3, limitReason: undefined });
    expect(taken).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(clock.sleeping()).toBe(0);
  });

  test("ends after 10,000 hits", async () => {
    let taken = 0;
    const collected = await collect(
      { clock: createFakeClock(), signal: never },
      () => numbers(10_001),
      () => void taken++,
    );
    expect([collected, taken]).toEqual([
      { total: 10_000, limitReason: "there are more than 10000 hits" },
      10_000,
    ]);
    const all = await collect(
      { clock: createFakeClock(), signal: never },
      () => numbers(10_000),
      () => undefined,
    );
    expect(all).toEqual({ total: 10_000, limitReason: undefined });
  });

  test("ends a search that takes too long, whether or not it finds anything", async () => {
    const clock = createFakeClock();
    const collecting = collect({ clock, signal: never }, stuck, () => undefined);
    await clock.untilSleeping();
    await clock.advance(30_000);
    expect(await collecting).toEqual({
      total: 1,
      limitReason: "the search was ended after 30 s",
    });
  });

  test("fails as the turn is interrupted, and as the search fails", async () => {
    const clock = createFakeClock();
    const abort = new AbortController();
    const collecting = collect({ clock, signal: abort.signal }, stuck, () => undefined);
    abort.abort();
    expect(await thrown(() => collecting)).toMatchObject({ code: "turn/interrupted" });
    const bug = new TypeError("bug");
    const failing = collect(
      { clock, signal: never },
      async function* () {
        yield await Promise.reject<number>(bug);
      },
      () => undefined,
    );
    expect(await failing.catch((error: unknown) => error)).toBe(bug);
    expect(clock.sleeping()).toBe(0);
  });
});
