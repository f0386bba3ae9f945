import { expect, test } from "bun:test";
import fc from "fast-check";
import { callSignature, canonicalArguments } from "../../src/agent/call_signature.ts";

test("callSignature() is a hash that holds nothing of the arguments", async () => {
  expect(await callSignature("t", '{"key":"secret"}')).toMatch(/^[0-9a-f]{64}$/);
  expect(await callSignature("t", "{}")).not.toBe(await callSignature("u", "{}"));
  expect(await callSignature("t", '{"a":1,"b":2}')).toBe(
    await callSignature("t", '{ "b":2, "a":1 }'),
  );
});

test("canonicalArguments() is the same for the same value, and another for another", () => {
  expect(canonicalArguments("no json")).toBe("no json");
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  expect(canonicalArguments(deep)).toBe(deep);
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (object, other) => {
      const reversed = Object.fromEntries(Object.entries(object).toReversed());
      const text = canonicalArguments(JSON.stringify(object));
      expect(canonicalArguments(JSON.stringify(reversed, null, 2))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(object)));
      const isSame = Bun.deepEquals(JSON.parse(JSON.stringify(other)), JSON.parse(text));
      expect(canonicalArguments(JSON.stringify(other)) === text).toBe(isSame);
    }),
    { seed: 34 },
  );
});
