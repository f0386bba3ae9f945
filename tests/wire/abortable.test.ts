import { expect, test } from "bun:test";
import { HermesError } from "../../src/core/errors.ts";
import { abortable } from "../../src/wire/abortable.ts";

const interrupted = new HermesError("turn/interrupted", "Interrupted");

test("abortable() passes on what the work comes to", async () => {
  const { signal } = new AbortController();
  expect(await abortable(() => Promise.resolve(7), signal)).toBe(7);
  const failure = new Error("broken");
  expect(
    await abortable(() => Promise.reject(failure), signal).catch((error: unknown) => error),
  ).toBe(failure);
});

test("abortable() does not wait for work that ignores an abort", async () => {
  const user = new AbortController();
  const never = abortable(() => new Promise(() => {}), user.signal);
  user.abort();
  expect(await never.catch((error: unknown) => error)).toEqual(interrupted);
});

test("abortable() does not begin after an abort", async () => {
  let begun = 0;
  const work = (): Promise<number> => Promise.resolve(++begun);
  const outcome = abortable(work, AbortSignal.abort()).catch((error: unknown) => error);
  expect(await outcome).toEqual(interrupted);
  expect(begun).toBe(0);
});
