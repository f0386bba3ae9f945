import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Drawing } from "../../../src/cli/interactive/drawing.ts";
import { Screen } from "../../../src/cli/interactive/screen.ts";
import { createFakeTerminal } from "../../fakes/terminal.ts";
import { playOnScreen } from "../../fakes/vt.ts";

function open(columns = 40) {
  const terminal = createFakeTerminal({ columns });
  const screen = new Screen(terminal);
  return { terminal, screen, seen: () => playOnScreen(terminal.screen(), columns) };
}

const prompt: Drawing = { rows: ["> abc", "  def"], cursor: { row: 0, column: 3 } };

describe("Screen", () => {
  test("shows the live region below what was said, with the cursor in it", async () => {
    const { screen, seen } = open();
    await screen.setView(() => prompt);
    await screen.say("one\ntwo");
    expect(seen()).toEqual({
      lines: ["one", "two", "> abc", "  def"],
      row: 2,
      column: 3,
      isCursorShown: true,
    });
  });

  test("takes the region away when there is none any more", async () => {
    const { screen, seen } = open();
    await screen.setView(() => ({ rows: ["working"] }));
    expect(seen().isCursorShown).toBe(false);
    await screen.setView(() => undefined);
    await screen.say("done");
    expect(seen()).toEqual({ lines: ["done", ""], row: 1, column: 0, isCursorShown: true });
  });

  test("an answer flows without the region until its line is whole", async () => {
    const { screen, seen } = open();
    await screen.setView(() => prompt);
    await screen.answer("Hel");
    await screen.answer("lo");
    expect(seen().lines).toEqual(["Hello"]);
    await screen.answer("\n");
    expect(seen().lines).toEqual(["Hello", "> abc", "  def"]);
    await screen.answer("Good");
    await screen.say("note");
    expect(seen().lines).toEqual(["Hello", "Good", "note", "> abc", "  def"]);
    await screen.answer("bye");
    await screen.freshLine();
    expect(seen().lines.slice(3)).toEqual(["bye", "> abc", "  def"]);
  });

  test("clears everything but the region", async () => {
    const { screen, seen } = open();
    await screen.setView(() => prompt);
    await screen.say("one");
    await screen.clear();
    expect(seen()).toEqual({ lines: ["> abc", "  def"], row: 0, column: 3, isCursorShown: true });
  });

  test("writes answers to stdout, and all else where it is seen", async () => {
    const { screen, terminal } = open();
    await screen.say("note");
    await screen.answer("answer\n");
    expect([terminal.stdout.text(), terminal.stderr.text()]).toEqual(["answer\r\n", "note\r\n"]);
    const stderr = { ...terminal.stderr, isTty: false };
    await new Screen({ stdout: terminal.stdout, stderr }).say("seen");
    expect(terminal.stdout.text()).toBe("answer\r\nseen\r\n");
  });

  test("finds its region again after the window became narrower", async () => {
    const { screen, terminal } = open(40);
    const rows = ["x".repeat(30), "y".repeat(30)];
    await screen.setView(() => ({ rows, cursor: { row: 1, column: 25 } }));
    terminal.resize(20);
    const before = terminal.screen().length;
    await screen.setView(() => undefined);
    // Two lines for the first row, and the cursor is in the second line of the second one.
    expect(terminal.screen().slice(before)).toStartWith("\x1b[3A\r\x1b[J");
  });

  test("what is typed stands below an open line, which goes on where it was", async () => {
    const { screen, seen } = open();
    let typed = ["> hel"];
    await screen.setView(() => ({ rows: ["working", ...typed], below: typed }));
    await screen.answer("\x1b[1mOne");
    expect(seen()).toEqual({ lines: ["One", "> hel"], row: 0, column: 3, isCursorShown: true });
    typed = ["> hello"];
    await screen.refresh();
    await screen.answer(" line\x1b[22m");
    expect(seen()).toEqual({
      lines: ["One line", "> hello"],
      row: 0,
      column: 8,
      isCursorShown: true,
    });
    typed = [];
    await screen.refresh();
    expect(seen().lines).toEqual(["One line"]);
    typed = ["> again"];
    await screen.refresh();
    await screen.freshLine();
    expect(seen().lines).toEqual(["One line", "working", "> again"]);
    await screen.answer("Two");
    await screen.say("note");
    expect(seen().lines).toEqual(["One line", "Two", "note", "working", "> again"]);
  });

  test.each([
    ["letters", "a"],
    ["wide characters", "猫"],
    ["both", "a猫"],
  ])(
    "an answer of %s keeps every character at 60 columns, on a screen of few rows",
    async (_, text) => {
      const terminal = createFakeTerminal({ columns: 60 });
      const screen = new Screen(terminal);
      await screen.setView(() => ({ rows: ["> typed"], below: ["> typed", "> and more"] }));
      const answer = text.repeat(150).slice(0, 150);
      let shownInside = 0;
      for (const char of answer) {
        await screen.answer(char);
        const { lines } = playOnScreen(terminal.screen(), 60, 6);
        const isShown = lines.at(-1) === "> and more";
        if (isShown) shownInside += 1;
        const printed = lines.slice(0, isShown ? -2 : undefined).join("");
        expect(answer.startsWith(printed)).toBe(true);
      }
      expect(playOnScreen(terminal.screen(), 60, 6).lines.join("")).toStartWith(answer);
      // Not in the one moment in which a line is full.
      expect(shownInside).toBeGreaterThan(answer.length * 0.9);
    },
  );

  test("nothing is drawn below a line whose place in the window is not known", async () => {
    const { screen, seen, terminal } = open(20);
    await screen.setView(() => ({ rows: [], below: ["> typed"] }));
    await screen.answer("x".repeat(17));
    expect(seen().lines.at(-1)).toBe("> typed");
    await screen.answer("\u{1f469}\u200d\u{1f4bb}");
    // One cell more than is thought, and the line would be full.
    expect(seen().lines.join("")).not.toContain("typed");
    await screen.answer("\nnext");
    expect(seen().lines.slice(-2)).toEqual(["next", "> typed"]);
    terminal.resize(30);
    await screen.refresh();
    expect(terminal.screen()).toEndWith("\x1b8\x1b[J");
  });

  test("whatever is drawn and printed in turn, printed lines stay and the region is the last", async () => {
    const line = fc.stringMatching(/^[a-z]{1,12}$/);
    const drawing = fc
      .record({ rows: fc.array(line, { maxLength: 4 }), at: fc.nat(3), column: fc.nat(12) })
      .map(({ rows, at, column }): Drawing => {
        const row = Math.min(at, rows.length - 1);
        const width = rows[row]?.length ?? 0;
        return rows.length === 0 || at === 0
          ? { rows, below: rows }
          : { rows, cursor: { row, column: Math.min(column, width) } };
      });
    const step = fc.oneof(
      line.map((text) => ({ say: text })),
      line.map((text) => ({ answer: text })),
      fc.constant({ answer: "\n" }),
      drawing.map((view) => ({ view })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { screen, seen } = open();
        const printed = [""];
        let view: Drawing = { rows: [] };
        for (const action of steps) {
          if ("view" in action) {
            view = action.view;
            await screen.setView(() => action.view);
          } else if ("say" in action) {
            if (printed.at(-1) !== "") printed.push("");
            printed.splice(-1, 1, action.say, "");
            await screen.say(action.say);
          } else {
            const [first = "", ...more] = action.answer.split("\n");
            printed.splice(-1, 1, `${printed.at(-1)}${first}`, ...more);
            await screen.answer(action.answer);
          }
        }
        const last = printed.at(-1) ?? "";
        const isFull = last.length > 0 && last.length % 40 === 0;
        const below = isFull ? [] : (view.below ?? []);
        const shown = last === "" && view.rows.length > 0 ? view.rows : [last, ...below];
        expect(seen().lines.flatMap((text) => text.match(/.{1,40}/g) ?? [""])).toEqual(
          [...printed.slice(0, -1), ...shown].flatMap((text) => text.match(/.{1,40}/g) ?? [""]),
        );
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
