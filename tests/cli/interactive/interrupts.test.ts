import { expect, test } from "bun:test";
import { Interrupts } from "../../../src/cli/interactive/interrupts.ts";

/** Interrupts at a time that the test sets, in milliseconds. */
function openInterrupts() {
  let now = 0;
  const interrupts = new Interrupts({
    clock: { monotonic: () => now },
    talk: { onInterrupt: () => ({ [Symbol.dispose]: () => undefined }) },
  });
  return {
    interrupts,
    at: (ms: number) => {
      now = ms;
    },
  };
}

test.each([
  [2_000, true],
  [2_001, false],
])("a Ctrl-C %d ms after another one is the second: %p", (ms, expected) => {
  const { interrupts, at } = openInterrupts();
  expect(interrupts.isSecond()).toBe(false);
  at(ms);
  expect(interrupts.isSecond()).toBe(expected);
});

test("a Ctrl-C after a message is a first one, however fast that was sent", () => {
  const { interrupts } = openInterrupts();
  expect(interrupts.isSecond()).toBe(false);
  interrupts.forget();
  expect([interrupts.isSecond(), interrupts.isSecond()]).toEqual([false, true]);
});

test("Ctrl-C ends what runs, and is waited for", async () => {
  const { interrupts } = openInterrupts();
  const ended: string[] = [];
  const work = interrupts.run(async (signal) => {
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve());
    });
    ended.push("work");
  });
  await interrupts.stop();
  ended.push("stop");
  await work;
  expect(ended).toEqual(["work", "stop"]);
});
