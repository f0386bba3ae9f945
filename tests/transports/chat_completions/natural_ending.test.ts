import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  endsNaturally,
  looksCut,
} from "../../../src/transports/chat_completions/natural_ending.ts";

const sentence = "I changed the file and ran the tests";

test.each<[string, string]>([
  ["a full stop", "."],
  ["an exclamation mark", "!"],
  ["a question mark", "?"],
  ["a colon", ":"],
  ["a bracket", ")"],
  ["a quotation mark", '."'],
  ["a curly quotation mark", ".”"],
  ["an ellipsis", "…"],
  ["a Chinese full stop", "。"],
  ["a Japanese bracket", "」"],
  ["a danda", "।"],
  ["code in the line", " `npm test`"],
  ["a code fence", ":\n```ts\nlet a = 1\n```"],
  ["a table", ":\n\n| a | b |\n|---|---|\n| 1 | 2 |"],
  ["bold text", ": **all of them pass.**"],
  ["blank lines", ".\n\n  \n"],
  ["a check mark", " ✅"],
  ["a heavy check mark with a variation selector", " ✔️"],
  ["a high voltage sign", " ⚡"],
  ["a high voltage sign with a variation selector", " ⚡️"],
  ["a star of the symbols and arrows", " ⭐"],
  ["a sun of the miscellaneous symbols", " ☀"],
  ["a dingbat", " ✨"],
  ["a thumb with a skin tone", " 👍🏽"],
  ["a family of joined people", " 👨‍👩‍👧‍👦"],
  ["a joined flag", " 🏳️‍🌈"],
  ["a flag of two letters", " 🇩🇪"],
  ["a flag of tags", " 🏴󠁧󠁢󠁥󠁮󠁧󠁿"],
  ["a keycap", " 1️⃣"],
  ["a joiner that is left over", " 🎉\u{200D}"],
])("looksCut() lets %s end a text", (_name, ending) => {
  expect(looksCut(sentence + ending)).toBe(false);
});

test.each<[string, string]>([
  ["a word", ""],
  ["a comma", ","],
  ["a dash", " -"],
  ["a digit", " in 12"],
  ["half a call", ' {"path": "a'],
  ["an opening bracket", " ("],
  ["bold text that is a word", " **twice**"],
  ["a variation selector behind a letter", "\u{FE0F}"],
  ["a currency sign", " 5 €"],
  ["a mathematical sign", " ∑"],
])("looksCut() takes %s for a cut", (_name, ending) => {
  expect(looksCut(sentence + ending)).toBe(true);
});

test("looksCut() judges no text that is short, and none without a blank", () => {
  expect([
    looksCut("Done"),
    looksCut("all of it is do"),
    looksCut("https://example.com/a/b/c"),
  ]).toEqual([false, false, false]);
  // Twenty code points are enough, whatever their number of units.
  expect([
    looksCut(`${"😀".repeat(9)} ${"a".repeat(9)}`),
    looksCut(`${"😀".repeat(9)} ${"a".repeat(10)}`),
  ]).toEqual([false, true]);
});

const mark = fc.constantFrom(".", "!", "?", "。", "✅", "⚡", "👍🏽", "👨‍👩‍👧", "🇫🇷", "⭐️", "😀");
const part = fc.constantFrom("\u{FE0F}", "\u{200D}", "\u{1F3FD}", " ", "\n", "*", "**");

test("endsNaturally() sees the last mark through whatever says nothing of its own", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      mark,
      fc.array(fc.constantFrom("\u{FE0F}", "\u{200D}", "\u{1F3FD}"), { maxLength: 3 }),
      fc.array(fc.constantFrom(" ", "\n"), { maxLength: 3 }),
      (text, last, parts, blanks) => {
        expect(endsNaturally(text + last + parts.join("") + blanks.join(""))).toBe(true);
      },
    ),
    { seed: 37, numRuns: 1000 },
  );
});

test("endsNaturally() sees the last letter through the same", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("a", "é", "漢", ",", "7", "("),
      fc.array(part, { maxLength: 4 }),
      (text, last, parts) => {
        expect(endsNaturally(text + last + parts.join(""))).toBe(false);
      },
    ),
    { seed: 38, numRuns: 1000 },
  );
});
