import { expect, test } from "bun:test";
import { type ProgressNote, progressOf } from "../../src/mcp/progress.ts";
import { createFakeClock } from "../fakes/clock.ts";

function setUp() {
  const clock = createFakeClock();
  const notes: ProgressNote[] = [];
  const redact = (text: string): string => text.replaceAll("secret", "***");
  const onOutput = progressOf({ clock, redact }, (note) => void notes.push(note));
  return { clock, notes, onOutput };
}

test("progressOf() tells whole lines only, masked, so that no half of a secret is told", () => {
  const { notes, onOutput } = setUp();
  onOutput("the sec");
  onOutput("ret is out");
  expect(notes).toEqual([]);
  onOutput("\nnext");
  expect(notes).toEqual([{ progress: 22, message: "the *** is out" }]);
});

test("progressOf() tells at most every 100 ms, and counts all", async () => {
  const { clock, notes, onOutput } = setUp();
  for (let index = 0; index < 1_000; index++) onOutput("line\n");
  await clock.advance(100);
  onOutput(`${"x".repeat(500)}\n\n`);
  expect(notes).toEqual([
    { progress: 5, message: "line" },
    { progress: 5_502, message: "x".repeat(200) },
  ]);
});
