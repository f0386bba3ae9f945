import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  charsOf,
  cleanEntry,
  formatEntries,
  hasSeparator,
  isRoundTrip,
  parseEntries,
  usageOf,
} from "../../../src/tools/memory/entries.ts";

const seed = 20_260;

/** Texts of what could be mistaken for the format, and of anything. */
const someText = fc.oneof(
  fc
    .array(
      fc.constantFrom("§", "§ ", " §", "a", "\n", "\r\n", "\r", " ", "\ufeff", "\u2028", "é", "𝒳"),
    )
    .map((parts) => parts.join("")),
  fc.string({ unit: "binary" }),
);

const someEntry = someText.map(cleanEntry).filter((entry) => entry !== "" && !hasSeparator(entry));

describe("a memory file", () => {
  test("has its entries between lines with §", () => {
    expect(parseEntries("one\n§\ntwo\nlines\n§\nthree § in a line\n")).toEqual([
      "one",
      "two\nlines",
      "three § in a line",
    ]);
    expect(parseEntries("")).toEqual([]);
    expect(parseEntries("\ufeff\n§\n§\n \n")).toEqual([]);
    expect(parseEntries("\ufeffone\r\n§\r\ntwo\r\n")).toEqual(["one", "two"]);
  });

  test("gives back the entries that were written", () => {
    fc.assert(
      fc.property(fc.array(someEntry), (entries) => {
        const text = formatEntries(entries);
        expect(parseEntries(text)).toEqual(entries);
        expect(isRoundTrip(text)).toBe(true);
      }),
      { seed, numRuns: 500 },
    );
  });

  test("is written once and for all, whatever was read", () => {
    fc.assert(
      fc.property(someText, (text) => {
        const once = formatEntries(parseEntries(text));
        expect(formatEntries(parseEntries(once))).toBe(once);
        // The entries hold all that is not white space or a separator.
        const bare = (whole: string): string => whole.replace(/[\s§\ufeff]/g, "");
        expect(bare(once)).toBe(bare(text));
      }),
      { seed, numRuns: 500 },
    );
  });

  test.each([
    ["one\n§\ntwo", true],
    ["\none\n§\ntwo\n\n", true],
    ["\ufeffone\r\n§\r\ntwo\r\n", true],
    ["one\n\ntwo", true],
    ["", true],
    ["one\n§\n§\ntwo", false],
    ["one\n\n§\ntwo", false],
    ["one\n § \ntwo", false],
    ["§\none", false],
    ["one\n§", false],
  ])("%j could be written back as it is: %p", (text, isSame) => {
    expect(isRoundTrip(text)).toBe(isSame);
  });
});

test("cleanEntry() makes text well-formed, with plain line breaks and no ends of white space", () => {
  expect(cleanEntry(" \r\na\r\nb\rc \n\ud800 ")).toBe("a\nb\nc \n\ufffd");
});

test("charsOf() counts code points", () => {
  expect(charsOf("aé𝒳👍")).toBe(4);
});

test("usageOf() counts the separators", () => {
  expect(usageOf(["a".repeat(600), "b".repeat(297)], 2_200)).toBe("40% — 900/2,200 chars");
  expect(usageOf([], 1_375)).toBe("0% — 0/1,375 chars");
  expect(usageOf(["a".repeat(1_234_567)], 1_000)).toBe("123456% — 1,234,567/1,000 chars");
});
