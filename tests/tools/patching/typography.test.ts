import { expect, test } from "bun:test";
import fc from "fast-check";
import { keepTypography, plainTypography } from "../../../src/tools/patching/typography.ts";

test("plainTypography() keeps the length of any text", () => {
  expect(plainTypography("“a” ‘b’ – — −\u00a0\u3000…é💾")).toBe("\"a\" 'b' - - -  …é💾");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const plain = plainTypography(text);
      expect(plain.length).toBe(text.length);
      expect(plainTypography(plain)).toBe(plain);
    }),
    { seed: 81 },
  );
});

const cases: readonly (readonly [found: string, said: string, meant: string, kept: string])[] = [
  ["“a” – b", '"a" - b', '"a" - c', "“a” – c"],
  ["“a” – b", '"a" - b', 'x "a" - b', "x “a” – b"],
  ["“a” – b", '"a" - b', '"z" - b', "“z” – b"],
  ["“a”", '"a"', '"a"', "“a”"],
  ["same", "same", "other", "other"],
  ["“a”…", '"a"...', '"b"...', '“b"...'],
  ["“”", '""', "", ""],
  ["", '"a"', '"b"', '"b"'],
];
test.each(cases)(
  "keepTypography() of %j, said as %j and meant as %j, is %j",
  (found, said, meant, kept) => {
    expect(keepTypography(found, said, meant)).toBe(kept);
  },
);

test("keepTypography() gives what is meant but for its typography", () => {
  const text = fc.string({ unit: fc.constantFrom("a", '"', "-", "“", "–", " ") });
  fc.assert(
    fc.property(text, text, (found, meant) => {
      const kept = keepTypography(found, plainTypography(found), meant);
      expect(plainTypography(kept)).toBe(plainTypography(meant));
    }),
    { seed: 82, numRuns: 300 },
  );
});
