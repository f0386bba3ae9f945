import { describe, expect, test } from "bun:test";
import { LiveOutput } from "../../../src/tools/shell/live_output.ts";
import { createFakeClock } from "../../fakes/clock.ts";

function createLive() {
  const clock = createFakeClock();
  const shown: string[] = [];
  const live = new LiveOutput({
    clock,
    redact: (text) => text.replaceAll("secret", "***"),
    show: (delta) => void shown.push(delta),
  });
  return { clock, shown, live };
}

describe("LiveOutput", () => {
  test("push() gathers what comes within one pause", async () => {
    const { clock, shown, live } = createLive();
    live.push("a\n");
    live.push("b\n");
    expect(shown).toEqual([]);
    await clock.advance(50);
    live.push("c\n");
    await clock.advance(50);
    await live.end();
    expect(shown).toEqual(["a\nb\n", "c\n"]);
  });

  test("push() holds an unfinished line back, so that a secret is masked whole", async () => {
    const { clock, shown, live } = createLive();
    live.push("a\nsec");
    await clock.advance(50);
    live.push("ret\n");
    await clock.advance(50);
    live.push("rest");
    await live.end();
    expect(shown).toEqual(["a\n", "***\n", "rest"]);
  });

  test("push() shows of a flood only the last lines of each pause", async () => {
    const { clock, shown, live } = createLive();
    const line = `${"x".repeat(99)}\n`;
    for (let count = 0; count < 1_000; count++) live.push(line);
    await clock.advance(50);
    await live.end();
    const [first = ""] = shown;
    expect(shown.length).toBe(1);
    expect(first).toMatch(/^\[\.\.\. \d+ characters not shown \.\.\.\]\nx/);
    expect(first.length).toBeLessThan(4_100);
    expect(first.endsWith(line)).toBe(true);
  });

  test("end() leaves nobody asleep", async () => {
    const { clock, live } = createLive();
    live.push("a\n");
    await live.end();
    expect(clock.sleeping()).toBe(0);
  });
});
