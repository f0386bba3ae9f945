import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { cells, fitWidth, textWidth, wrapWidth } from "../../../src/cli/interactive/text_width.ts";

describe("textWidth()", () => {
  test.each([
    ["", 0],
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["日本語", 6],
    ["한국", 4],
    ["한국", 4],
    ["ｱ", 1],
    ["Ａ", 2],
    ["👍", 2],
    ["👍🏽", 2],
    ["👨‍👩‍👧", 2],
    ["🇫🇷", 2],
    ["❤️", 2],
    ["❤", 1],
    ["1️⃣", 2],
    ["✓→│", 3],
    ["\u200b", 0],
  ])("%s takes %d cells", (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  test("agrees with the widths of Bun for assigned characters that are no marks", () => {
    const differing: string[] = [];
    for (let code = 0x20; code < 0x2fa20; code++) {
      const text = String.fromCodePoint(code);
      // Marks by themselves, formats, halves of flags and conjoining letters have no width that is agreed on.
      if (/[\p{C}\p{M}\p{Regional_Indicator}\p{Zl}\p{Zp}\u1160-\u11ff\ud7b0-\ud7ff]/u.test(text)) {
        continue;
      }
      const width = Bun.stringWidth(text);
      // Bun gives some Indic letters none.
      if (width > 0 && textWidth(text) !== width) differing.push(code.toString(16));
    }
    expect(differing).toEqual([]);
  });
});

describe("cells()", () => {
  test("lose nothing and have at most two cells each", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const found = cells(text);
        expect(found.map((cell) => cell.text).join("")).toBe(text);
        expect(found.every((cell) => cell.width >= 0 && cell.width <= 2)).toBe(true);
      }),
      { seed: 3 },
    );
  });
});

describe("fitWidth()", () => {
  test.each([
    ["abc", 3, "abc"],
    ["abcd", 3, "ab…"],
    ["日本語", 6, "日本語"],
    ["日本語", 5, "日本…"],
    ["日本語", 4, "日…"],
    ["abc", 1, "…"],
    ["abc", 0, ""],
    ["", 0, ""],
  ])("%s in %d cells is %s", (text, width, expected) => {
    expect(fitWidth(text, width)).toBe(expected);
  });
});

describe("wrapWidth()", () => {
  test.each([
    ["", 5, [""]],
    ["one two", 7, ["one two"]],
    ["one two", 6, ["one", "two"]],
    ["one two", 3, ["one", "two"]],
    ["one two three", 8, ["one two", "three"]],
    ["abcdefgh ij", 3, ["abc", "def", "gh", "ij"]],
    ["日本語", 4, ["日本", "語"]],
  ] as const)("of %j at %d", (text, width, lines) => {
    expect(wrapWidth(text, width)).toEqual([...lines]);
  });

  test("loses nothing but blanks, and fits", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.integer({ min: 2, max: 20 }),
        (text, width) => {
          const lines = wrapWidth(text, width);
          expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
          expect(lines.filter((line) => textWidth(line) > width)).toEqual([]);
        },
      ),
      { seed: 20, numRuns: 300 },
    );
  });
});
