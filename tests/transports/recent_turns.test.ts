import { expect, test } from "bun:test";
import { RecentTurns } from "../../src/transports/recent_turns.ts";

test("RecentTurns keeps one value for each turn, and none for calls without one", () => {
  let made = 0;
  const turns = new RecentTurns(() => ++made);
  expect([turns.of("a"), turns.of("b"), turns.of("a"), turns.of(undefined)]).toEqual([1, 2, 1, 3]);
  expect(turns.of(undefined)).toBe(4);
});

test("RecentTurns keeps a turn while its sub-agents ask", () => {
  const turns = new RecentTurns(() => ({}));
  const parent = turns.of("parent");
  for (let child = 0; child < 72; child++) turns.of(`${child}`);
  expect(turns.of("parent")).toBe(parent);
});

test("RecentTurns forgets turns that have not asked for long, and keeps those that ask", () => {
  let made = 0;
  const turns = new RecentTurns(() => ++made);
  const first = turns.of("first");
  const second = turns.of("second");
  for (let turn = 0; turn < 1_000; turn++) {
    turns.of(`${turn}`);
    expect(turns.of("first")).toBe(first);
  }
  expect(turns.of("second")).not.toBe(second);
});
