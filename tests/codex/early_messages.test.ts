import { expect, test } from "bun:test";
import { EarlyMessages } from "../../src/codex/early_messages.ts";
import type { Json } from "../../src/core/json.ts";
import { thrown } from "../fakes/thrown.ts";

/** A megabyte of JSON with its quotes. */
const megabyte = "x".repeat(1_048_576 - 2);

function told(params: Json) {
  return { method: "warning", params };
}

test("EarlyMessages gives back what it holds, in order and once", () => {
  const early = new EarlyMessages();
  for (const params of [1, 2, 3, 4]) early.add(told(params));
  early.keep(({ params }) => params !== 2);
  expect(early.take()).toEqual([told(1), told(3), told(4)]);
  expect(early.take()).toEqual([]);
});

test("EarlyMessages holds 64 MB and no more, and lets go of them", async () => {
  const early = new EarlyMessages();
  for (let count = 0; count < 64; count++) early.add(told(megabyte));
  expect((await thrown(() => early.add(told(1)))).code).toBe("stream/invalid");
  expect(early.take()).toEqual([]);
});

test("EarlyMessages has room again for what is dropped", async () => {
  const early = new EarlyMessages();
  for (let count = 0; count < 64; count++) early.add(told(megabyte));
  early.keep(() => false);
  for (let count = 0; count < 10_000; count++) early.add(told(count));
  expect((await thrown(() => early.add(told(0)))).message).toBe(
    "codex said more than 10000 things or 64 MB before it named the turn",
  );
});
