import { expect, test } from "bun:test";
import fc from "fast-check";
import { canonicalCallId, createCallIds, fallbackCallId } from "../../src/transports/call_ids.ts";
import { toolCall } from "../fakes/model.ts";

test("canonicalCallId() keeps an id that every endpoint takes", () => {
  for (const id of ["call_1", "a", "A-z_09", "x".repeat(64)]) expect(canonicalCallId(id)).toBe(id);
});

test("canonicalCallId() derives an id from any other one", () => {
  // printf 'functions.read:0' | sha256sum
  expect(canonicalCallId("functions.read:0")).toBe("call_c216cab2de2e56d547b4e6340edfc11a");
  const odd = ["", "x".repeat(65), "a b", "a|b", "é", "😀", "\ud800"];
  const ids = odd.map(canonicalCallId);
  expect(new Set(ids).size).toBe(odd.length);
  for (const id of ids) expect(id).toMatch(/^call_[0-9a-f]{32}$/);
});

test("canonicalCallId() is stable under itself", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (id) => {
      const once = canonicalCallId(id);
      expect(once).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect(canonicalCallId(once)).toBe(once);
    }),
    { seed: 20260103 },
  );
});

test("fallbackCallId() is the digest of name, arguments and place", () => {
  // printf 'read_file:{}:0' | sha256sum
  expect(fallbackCallId("read_file", "{}", 0)).toBe("call_d24f0efbdf6f");
  expect(fallbackCallId("read_file", "{}", 1)).not.toBe(fallbackCallId("read_file", "{}", 0));
});

test("createCallIds() makes ids unique in the conversation and in the answer", () => {
  const uniqueCallId = createCallIds([toolCall("call_0", "a"), toolCall("call_0_2", "a")]);
  expect(["call_0", "call_0", "call_1", "call_1"].map(uniqueCallId)).toEqual([
    "call_0_3",
    "call_0_4",
    "call_1",
    "call_1_2",
  ]);
});

test("createCallIds() stays within 64 characters", () => {
  const long = "x".repeat(64);
  const uniqueCallId = createCallIds([toolCall(long, "a")]);
  expect([uniqueCallId(long), uniqueCallId(long)]).toEqual([
    `${"x".repeat(62)}_2`,
    `${"x".repeat(62)}_3`,
  ]);
});
