import { expect, test } from "bun:test";
import fc from "fast-check";
import { groupCalls, maxParallelCalls } from "../../src/agent/parallel_gate.ts";
import type { ToolAccess } from "../../src/core/tool.ts";

const read = (...paths: string[]): ToolAccess => ({ mode: "read", paths });
const write = (...paths: string[]): ToolAccess => ({ mode: "write", paths });
const exclusive: ToolAccess = { mode: "exclusive" };

function sizes(...accesses: readonly ToolAccess[]): readonly number[] {
  return groupCalls(accesses.map((access) => ({ access }))).map((group) => group.length);
}

test.each([
  ["two reads of one file", [read("/a"), read("/a")], [2]],
  ["writes of different files", [write("/a"), write("/b")], [2]],
  ["a read and a write of one file", [read("/a"), write("/a")], [1, 1]],
  ["a write below a read directory", [read("/a"), write("/a/b")], [1, 1]],
  ["a name that only begins alike", [write("/a"), write("/ab")], [2]],
  ["the root against everything", [write("/"), read("/x")], [1, 1]],
  ["a call that runs alone", [read("/a"), exclusive, read("/b"), read("/c")], [1, 1, 2]],
  ["one of several paths", [write("/a", "/b"), read("/c"), read("/b")], [2, 1]],
])("groupCalls() splits %s", (_name, accesses, expected) => {
  expect(sizes(...accesses)).toEqual(expected);
});

test("groupCalls() keeps the order and never joins more than eight", () => {
  const access = fc.constantFrom(read("/a"), write("/a"), write("/b"), exclusive, {
    mode: "shared" as const,
  });
  fc.assert(
    fc.property(fc.array(access, { maxLength: 40 }), (accesses) => {
      const calls = accesses.map((one) => ({ access: one }));
      const groups = groupCalls(calls);
      expect(groups.flat()).toEqual(calls);
      expect(groups.every((group) => group.length <= maxParallelCalls)).toBe(true);
    }),
    { seed: 13 },
  );
});
