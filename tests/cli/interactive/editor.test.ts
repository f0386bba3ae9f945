import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { editKey } from "../../../src/cli/interactive/editor.ts";
import {
  createEditor,
  writtenText,
  type EditorEffect,
  type EditorState,
} from "../../../src/cli/interactive/editor_state.ts";
import { KeyParser, type Key } from "../../../src/cli/interactive/keys.ts";

/** Keys by what the keyboard sends. */
const codes: Readonly<Record<string, string>> = {
  enter: "\r",
  "alt-enter": "\x1b\r",
  left: "\x1b[D",
  right: "\x1b[C",
  up: "\x1b[A",
  down: "\x1b[B",
  home: "\x1b[H",
  end: "\x1b[F",
  delete: "\x1b[3~",
  backspace: "\x7f",
  tab: "\t",
  "alt-b": "\x1bb",
  "alt-f": "\x1bf",
  "alt-d": "\x1bd",
  "alt-backspace": "\x1b\x7f",
  "ctrl-left": "\x1b[1;5D",
  "ctrl-right": "\x1b[1;5C",
};

function keysOf(script: string): readonly Key[] {
  const input = script.replace(/<([^>]+)>/g, (whole, name: string) => {
    if (name.startsWith("paste:")) return `\x1b[200~${name.slice(6)}\x1b[201~`;
    const letter = /^ctrl-([a-z])$/.exec(name)?.[1];
    return codes[name] ?? (letter ? String.fromCharCode(letter.charCodeAt(0) - 96) : whole);
  });
  const parser = new KeyParser();
  return [...parser.feed(input), ...parser.flush()];
}

interface Played {
  readonly state: EditorState;
  readonly effects: readonly EditorEffect[];
}

function play(script: string, start = createEditor()): Played {
  let state = start;
  const effects: EditorEffect[] = [];
  for (const key of keysOf(script)) {
    const step = editKey(state, key);
    state = step.state;
    if (step.effect) effects.push(step.effect);
  }
  return { state, effects };
}

/** The text with the cursor as `|`. */
function shown({ text, cursor }: EditorState): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

describe("editKey()", () => {
  test.each([
    ["ab<left>c", "ac|b"],
    ["ab<left><left><left>c", "c|ab"],
    ["a👍🏽é<left><left>x", "ax|👍🏽é"],
    ["a👨‍👩‍👧<backspace>", "a|"],
    ["abc<home><delete>", "|bc"],
    ["one two<ctrl-a>x<ctrl-e>y", "xone twoy|"],
    ["one<alt-enter>two<home>x<up><end>y", "oney|\nxtwo"],
    ["one<ctrl-j>two", "one\ntwo|"],
    ["one\\<enter>two", "one\ntwo|"],
    ["one\\\\\\<enter>two", "one\\\\\ntwo|"],
    ["one, two.<alt-b>x", "one, x|two."],
    ["one, two.<ctrl-left><ctrl-left>x", "x|one, two."],
    ["one, two<ctrl-a><alt-f>x<ctrl-right>y", "onex, twoy|"],
    ["one two-three<ctrl-w>x", "one x|"],
    ["one two-three<alt-backspace>x", "one two-x|"],
    ["one two<ctrl-a><alt-d>x", "x| two"],
    ["one two<ctrl-u>x", "x|"],
    ["one two<ctrl-a><ctrl-k>x", "x|"],
    ["one<ctrl-j>two<up><ctrl-k>x", "onex|two"],
    ["one two three<ctrl-w><ctrl-w>x<ctrl-y>", "one xtwo three|"],
    ["one two<ctrl-a><alt-d><alt-d>x<ctrl-y>", "xone two|"],
    ["one two<ctrl-w>x<ctrl-w><ctrl-y>", "one x|"],
    ["ab<ctrl-d>", "ab|"],
    ["ab<ctrl-a><ctrl-d>", "|b"],
    ["ab<ctrl-c>", "|"],
    ["<paste:one\r\ntwo>", "one\ntwo|"],
    ["one<ctrl-j>lines<ctrl-j>x<up><up>!", "o!|ne\nlines\nx"],
    ["日本<left>x", "日x|本"],
  ])("%s leaves %s", (script, expected) => {
    expect(shown(play(script).state)).toBe(expected);
  });

  test.each([
    ["one<enter>", [{ type: "submit", text: "one" }]],
    ["one<ctrl-j>two<enter>", [{ type: "submit", text: "one\ntwo" }]],
    ["  <enter><enter>", []],
    ["<ctrl-d>", [{ type: "end-of-input" }]],
    ["<ctrl-c>", [{ type: "interrupt" }]],
    ["a<tab>", [{ type: "complete" }]],
    ["a<ctrl-l>", [{ type: "clear-screen" }]],
    ["<up>", [{ type: "bell" }]],
  ])("%s asks for %j", (script, effects) => {
    expect(play(script).effects).toEqual(effects as EditorEffect[]);
  });

  test("a long paste is held aside, moves as one character and is sent whole", () => {
    const paste = Array.from({ length: 120 }, (_, line) => `line ${line}`).join("\n");
    const { state } = play(`see <paste:${paste}> now<ctrl-a><alt-f><right><right>!`);
    expect(Array.from(state.text).length).toBe("see x! now".length);
    expect(writtenText(state)).toBe(`see ${paste}! now`);
    const { effects } = play("<enter>", state);
    expect(effects).toEqual([{ type: "submit", text: `see ${paste}! now` }]);
    expect(writtenText(play("<backspace><backspace>", state).state)).toBe("see  now");
  });

  test("a paste that was cut and sent can still be put back", () => {
    const paste = "x".repeat(2_000);
    const { state } = play(`<paste:${paste}><ctrl-u>go<enter><ctrl-y>`);
    expect(writtenText(state)).toBe(paste);
  });
});

describe("the history", () => {
  const history = ["first", "second\nline", "third"];

  test.each([
    ["<up>", "third|"],
    ["<up><up>", "second\nline|"],
    ["<up><up><up><up>", "first|"],
    ["<up><up><up><up><up>", "first|"],
    ["draft<left><up><down>", "draf|t"],
    ["draft<up><up><down><down>", "draft|"],
    ["<up>x<up>", "third|"],
    ["<up>x<up><down>", "thirdx|"],
  ])("%s shows %s", (script, expected) => {
    expect(shown(play(script, createEditor(history)).state)).toBe(expected);
  });

  test.each([
    ["<ctrl-r>i", "th|ird"],
    ["<ctrl-r>ir<ctrl-r>", "f|irst"],
    ["<ctrl-r>IR<ctrl-r><ctrl-r>", "f|irst"],
    ["<ctrl-r>ir<ctrl-r><backspace>", "th|ird"],
    ["draft<ctrl-r>ir\x1b", "draft|"],
    ["draft<ctrl-r>ir<ctrl-c>", "draft|"],
    ["draft<ctrl-r>zz", "draft|"],
    ["<ctrl-r>sec<enter>!", "second\nline!|"],
    ["<ctrl-r>sec<end>!", "second!|\nline"],
    ["<ctrl-r>li", "second\n|line"],
  ])("searching with %s shows %s", (script, expected) => {
    expect(shown(play(script, createEditor(history)).state)).toBe(expected);
  });

  test("a search that found something sends nothing before it was seen in the line", () => {
    const { effects } = play("<ctrl-r>first<enter>", createEditor(history));
    expect(effects).toEqual([]);
  });
});

describe("invariants", () => {
  const key: fc.Arbitrary<Key> = fc.oneof(
    fc.constantFrom<Key[]>(
      ...[
        "enter",
        "alt-enter",
        "left",
        "right",
        "up",
        "down",
        "home",
        "end",
        "backspace",
        "delete",
        "alt-b",
        "alt-f",
        "alt-d",
        "alt-backspace",
        "escape",
        "tab",
        "page-up",
        ...Array.from("abcdefghjklnpruwy", (letter) => `ctrl-${letter}`),
      ].map((name): Key => ({ type: "key", name })),
    ),
    fc
      .constantFrom("a", " ", "é", "\u0301", "👍", "日", "\\", "\u{100000}")
      .map((text): Key => ({ type: "text", text })),
    fc
      .constantFrom("p\nq", "x".repeat(1_500), "\u{100001}\n".repeat(20))
      .map((text): Key => ({ type: "paste", text })),
  );

  test("the cursor stays in the text, and the marks of pastes stay ours", () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
        let state = createEditor(["one", "two\nlines"]);
        for (const pressed of keys) {
          const before = state;
          const step = editKey(state, pressed);
          state = step.state;
          const { text, cursor } = state;
          expect(cursor >= 0 && cursor <= text.length).toBe(true);
          expect(text.isWellFormed()).toBe(true);
          expect(text.slice(0, cursor).isWellFormed()).toBe(true);
          for (const mark of text.match(/[\u{100000}-\u{10fffd}]/gu) ?? []) {
            expect((mark.codePointAt(0) ?? 0) - 0x100000).toBeLessThan(state.pastes.length);
          }
          if (step.effect?.type === "submit") {
            expect(step.effect.text).toBe(writtenText(before));
            expect(step.effect.text).not.toMatch(/[\u{100000}-\u{10fffd}]/u);
          }
        }
      }),
      { seed: 11, numRuns: 1_000 },
    );
  });

  test("what is typed arrives, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
        const clean = Array.from(text).filter((char) => char >= " " && char !== "\x7f");
        const { state } = play(clean.join(""));
        expect(state.text).toBe(clean.join(""));
      }),
      { seed: 11 },
    );
  });
});
