import { expect, test } from "bun:test";
import fc from "fast-check";
import { clip, oneLine, plainPieces, plainText } from "../../../src/cli/render/plain.ts";

test.each([
  ["plain\ttext\nstays", "plain\ttext\nstays"],
  ["\x1b[31mred\x1b[0m", "red"],
  ["\x1b]0;title\x07after", "after"],
  ["\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\", "link"],
  ["\x1bPq#0\x1b\\sixel", "sixel"],
  ["\x1b(Bascii", "ascii"],
  ["\x1bcreset", "reset"],
  ["a\r\nb\rc", "a\nbc"],
  ["bell\x07 back\x08 nul\0 del\x7f c1\x9b2J", "bell back nul del c12J"],
  ["cut \x1b[3", "cut 3"],
  ["\x1b]0;never ended", "0;never ended"],
  ["\u{1F642} 猫 é", "\u{1F642} 猫 é"],
])("plainText(%j)", (text, expected) => {
  expect(plainText(text)).toBe(expected);
});

test("plainText() leaves no control character but line breaks and tabs", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      expect(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(plainText(text))).toBe(false);
      expect(plainText(plainText(text))).toBe(plainText(text));
    }),
    { seed: 20_260_102 },
  );
});

test("plainPieces() removes sequences that are cut between pieces, wherever they are cut", () => {
  const text = "a\x1b[1;31mb\x1b]0;title\x07c\x1b]8;;x\x1b\\d\x1b(Be";
  fc.assert(
    fc.property(fc.array(fc.nat({ max: text.length }), { maxLength: 8 }), (cuts) => {
      const plain = plainPieces();
      const ends = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      const pieces = ends.slice(1).map((end, index) => plain(text.slice(ends[index], end)));
      expect(pieces.join("")).toBe("abcde");
    }),
    { seed: 20_260_102 },
  );
});

test("plainPieces() does not hold back text for long", () => {
  const plain = plainPieces();
  expect(plain("\x1b]")).toBe("");
  expect(plain("x".repeat(300))).toBe("x".repeat(300));
});

test("oneLine() collapses blanks, clip() cuts between characters", () => {
  expect(oneLine(" a\n\n b\tc ")).toBe("a b c");
  expect([clip("abc", 3), clip("abcd", 3), clip("\u{1F642}\u{1F642}\u{1F642}", 2)]).toEqual([
    "abc",
    "ab…",
    "\u{1F642}…",
  ]);
});
