import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { textWidth } from "../../../src/cli/interactive/text_width.ts";
import { WordWrap } from "../../../src/cli/render/word_wrap.ts";

function wrap(text: string, columns: number, pieces: readonly number[] = []): readonly string[] {
  const wrapping = new WordWrap(columns);
  let wrapped = "";
  let rest = text;
  for (const size of pieces) {
    wrapped += wrapping.wrap(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return (wrapped + wrapping.wrap(rest) + wrapping.flush()).split("\n");
}

describe("WordWrap", () => {
  test.each([
    ["one two three", 9, ["one two", "three"]],
    ["one two three", 8, ["one two", "three"]],
    ["one two three", 7, ["one", "two", "three"]],
    ["one  two", 20, ["one  two"]],
    ["    indented text", 14, ["    indented", "    text"]],
    ["• a bullet", 8, ["• a", "  bullet"]],
    ["  • a bullet", 11, ["  • a", "    bullet"]],
    ["│ quoted text", 10, ["│ quoted", "│ text"]],
    ["unbreakable", 5, ["unbreakable"]],
    ["an unbreakable", 8, ["an", "unbreakable"]],
    ["日本語の文", 7, ["日本語", "の文"]],
    ["\x1b[1mone two\x1b[22m three", 9, ["\x1b[1mone two\x1b[22m", "three"]],
    ["one\n\ntwo", 5, ["one", "", "two"]],
    ["", 5, [""]],
  ])("%j in %d columns", (text, columns, lines) => {
    expect(wrap(text, columns)).toEqual(lines);
  });

  test("keeps code as it is between wrapped lines", () => {
    const wrapping = new WordWrap(8);
    expect(
      wrapping.wrap("one two three\n") +
        wrapping.keep("a long line of code\n") +
        wrapping.wrap("four five") +
        wrapping.flush(),
    ).toBe("one two\nthree\na long line of code\nfour\nfive");
  });

  const word = fc.constantFrom("a", "bc", "def", "wordy", "日本", "é", "• ", "1. ", "│ ");
  const text = fc
    .array(fc.tuple(word, fc.constantFrom(" ", "  ", "\n", " ", " ")), { maxLength: 40 })
    .map((pairs) => pairs.flat().join(""));

  test("loses and adds no word, and keeps every line in its width", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 12, max: 30 }), (source, columns) => {
        const lines = wrap(source, columns);
        const words = (value: string) => value.replace(/│/g, " ").match(/\S/g) ?? [];
        expect(words(lines.join("\n"))).toEqual(words(source));
        for (const line of lines) expect(textWidth(line.trimEnd())).toBeLessThan(columns);
      }),
      { seed: 17, numRuns: 1_000 },
    );
  });

  test("does not depend on how the text is cut into pieces", () => {
    fc.assert(
      fc.property(
        text,
        fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 40 }),
        (source, sizes) => {
          expect(wrap(source, 14, sizes)).toEqual(wrap(source, 14));
        },
      ),
      { seed: 18, numRuns: 1_000 },
    );
  });
});
