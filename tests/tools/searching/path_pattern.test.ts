import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parsePathPattern } from "../../../src/tools/searching/path_pattern.ts";

const cases: readonly (readonly [
  pattern: string,
  fits: readonly string[],
  others: readonly string[],
])[] = [
  ["a.txt", ["a.txt", "x/a.txt", "x/y/a.txt"], ["aXtxt", "a.txt/x", "ba.txt"]],
  ["/a.txt", ["a.txt"], ["x/a.txt"]],
  ["x/a.txt", ["x/a.txt"], ["y/x/a.txt", "a.txt"]],
  ["*.ts", ["a.ts", ".ts", "x/y/b.ts"], ["a.tsx", "ts", "a.ts/b"]],
  ["*", ["a", "x/y"], []],
  ["?", ["a", "é", "💾", "x/b"], ["", "ab"]],
  ["a*b*c", ["abc", "aXbYc", "abbcc"], ["ab", "acb", "aXb/Yc"]],
  ["src/*.ts", ["src/a.ts"], ["src/x/a.ts", "a.ts"]],
  ["src/**/*.ts", ["src/a.ts", "src/x/a.ts", "src/x/y/a.ts"], ["x/src/a.ts", "src.ts"]],
  ["**/test", ["test", "x/test", "x/y/test"], ["test/x", "tests"]],
  ["src/**", ["src/a", "src/x/y"], ["src", "x/src/a"]],
  ["**", ["a", "x/y"], []],
  ["a/**/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a", "b"]],
  ["a**b", ["ab", "aXb"], ["a/b"]],
  ["[abc].txt", ["a.txt", "c.txt"], ["d.txt", "[abc].txt"]],
  ["[a-c][0-9]", ["b7"], ["d7", "bb"]],
  ["[!a]", ["b", "!"], ["a"]],
  ["[^a]", ["b"], ["a"]],
  ["[]a]", ["]", "a"], ["b"]],
  ["[a-]", ["a", "-"], ["b"]],
  ["[\\]]", ["]"], ["\\"]],
  ["\\*", ["*"], ["a", "\\*"]],
  ["\\!a", ["!a"], ["a"]],
  ["{a,b}", ["{a,b}"], ["a", "b"]],
  ["a b", ["a b"], ["ab"]],
];

describe("parsePathPattern()", () => {
  test.each(cases)("reads %j", (pattern, fits, others) => {
    const parsed = parsePathPattern(pattern);
    expect(fits.filter((path) => !parsed?.matches(path))).toEqual([]);
    expect(others.filter((path) => parsed?.matches(path))).toEqual([]);
  });

  test("takes no malformed pattern", () => {
    expect(["[", "[a", "x/[!", "a\\"].map(parsePathPattern)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("fits as a regular expression of the same meaning does", () => {
    const piece = fc.constantFrom("a", "b", "*", "?", "[ab]", "[!a]", "/", "**/");
    const path = fc
      .array(fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 3 }), {
        minLength: 1,
        maxLength: 4,
      })
      .map((names) => names.join("/"));
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), path, (pieces, name) => {
        const pattern = pieces.join("").replace(/\/{2,}/g, "/");
        fc.pre(!pattern.endsWith("/") && !/\*\*/.test(pattern.replace(/(^|\/)\*\*\//g, "$1")));
        const isAnchored = pattern.includes("/");
        const source = pattern
          .replace(/^\//, "")
          .replaceAll("**/", "\0")
          .replaceAll("*", "[^/]*")
          .replaceAll("?", "[^/]")
          .replaceAll("[!a]", "[^a/]")
          .replaceAll("\0", "(?:[^/]+/)*");
        const expression = new RegExp(`^${isAnchored ? "" : "(?:.*/)?"}${source}$`);
        expect(parsePathPattern(pattern)?.matches(name)).toBe(expression.test(name));
      }),
      { seed: 111, numRuns: 2_000 },
    );
  });

  test("takes little time with many stars", () => {
    const pattern = parsePathPattern(`${"*a".repeat(50)}b`);
    expect(pattern?.matches("a".repeat(255))).toBeFalse();
    const deep = parsePathPattern(`${"**/a/".repeat(50)}b`);
    expect(deep?.matches("a/".repeat(1_000) + "c")).toBeFalse();
  });
});
