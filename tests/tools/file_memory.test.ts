import { expect, test } from "bun:test";
import type { FileStat } from "../../src/core/ports.ts";
import { FileMemory, type Reading } from "../../src/tools/file_memory.ts";
import { settled } from "../fakes/clock.ts";

const stat: FileStat = { kind: "file", size: 3, mode: 0o644, modifiedAt: 5, owner: 0 };
const reading: Reading = {
  sessionId: "s",
  turnId: "t",
  path: "/a",
  firstLine: 1,
  lineCount: 500,
  stat,
};

test("isStale() is true of a file that somebody else changed or removed since the session saw it", () => {
  const memory = new FileMemory();
  expect(memory.isStale("s", "/a", stat)).toBeFalse();
  memory.note("s", "/a", stat);
  expect(memory.isStale("s", "/a", stat)).toBeFalse();
  expect(memory.isStale("s", "/a", { ...stat, size: 4 })).toBeTrue();
  expect(memory.isStale("s", "/a", { ...stat, modifiedAt: 6 })).toBeTrue();
  expect(memory.isStale("s", "/a", undefined)).toBeTrue();
  expect(memory.isStale("other", "/a", { ...stat, size: 4 })).toBeFalse();
  memory.note("s", "/a", undefined);
  expect(memory.isStale("s", "/a", { ...stat, size: 4 })).toBeFalse();
});

test("timesRead() counts the same lines of an unchanged file in one turn", () => {
  const memory = new FileMemory();
  expect(memory.timesRead(reading)).toBe(0);
  memory.countReading(reading);
  memory.countReading(reading);
  expect(memory.timesRead(reading)).toBe(2);
  const others: readonly Partial<Reading>[] = [
    { path: "/b" },
    { firstLine: 2 },
    { lineCount: 10 },
    { sessionId: "other" },
    { turnId: "next" },
    { stat: { ...stat, modifiedAt: 6 } },
  ];
  expect(others.map((other) => memory.timesRead({ ...reading, ...other }))).toEqual([
    0, 0, 0, 0, 0, 0,
  ]);
});

test("countReading() starts anew with the next turn, and after a change", () => {
  const memory = new FileMemory();
  memory.countReading(reading);
  const changed = { ...reading, stat: { ...stat, size: 9 } };
  memory.countReading(changed);
  expect([memory.timesRead(reading), memory.timesRead(changed)]).toEqual([0, 1]);
  memory.countReading({ ...changed, turnId: "next" });
  expect(memory.timesRead(changed)).toBe(0);
  expect(memory.timesRead({ ...changed, turnId: "next" })).toBe(1);
});

test("exclusively() runs writers of one path one after the other, and of others beside them", async () => {
  const memory = new FileMemory();
  const order: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const write = (name: string, ...paths: readonly string[]): Promise<string> => {
    const gate = Promise.withResolvers<void>();
    gates.set(name, gate);
    return memory.exclusively(paths, async () => {
      order.push(`${name} begins`);
      await gate.promise;
      order.push(`${name} ends`);
      return name;
    });
  };
  const all = [write("1", "/a"), write("2", "/b"), write("3", "/b", "/a", "/a"), write("4", "/b")];
  for (const name of ["2", "1", "3", "4"]) {
    await settled();
    gates.get(name)?.resolve();
  }
  expect(await Promise.all(all)).toEqual(["1", "2", "3", "4"]);
  expect(order).toEqual([
    "1 begins",
    "2 begins",
    "2 ends",
    "1 ends",
    "3 begins",
    "3 ends",
    "4 begins",
    "4 ends",
  ]);
});

test("exclusively() goes on after a writer that failed", async () => {
  const memory = new FileMemory();
  const failing = memory.exclusively(["/a"], () => Promise.reject(new Error("disk")));
  const next = memory.exclusively(["/a"], () => Promise.resolve("written"));
  expect(await failing.catch((error: Error) => error.message)).toBe("disk");
  expect(await next).toBe("written");
});

test("move() forgets what was read, and still knows what somebody else has changed", () => {
  const memory = new FileMemory();
  memory.note("s", "/a", stat);
  memory.note("s2", "/a", stat);
  memory.countReading(reading);
  memory.move("s", "child");
  const changed = { ...stat, size: 4 };
  expect([memory.timesRead(reading), memory.timesRead({ ...reading, sessionId: "child" })]).toEqual(
    [0, 0],
  );
  expect(["s", "child", "s2"].map((session) => memory.isStale(session, "/a", changed))).toEqual([
    false,
    true,
    true,
  ]);
});
