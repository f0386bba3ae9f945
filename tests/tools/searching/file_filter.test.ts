import { describe, expect, test } from "bun:test";
import { SearchFailure } from "../../../src/tools/searching/engine.ts";
import { createFileFilter, nameGlobs } from "../../../src/tools/searching/file_filter.ts";

const files = [
  "a.ts",
  "a.test.ts",
  "b.js",
  "src/c.ts",
  "src/d.tsx",
  "src/x/e.ts",
  ".hidden.ts",
  ".git/f.ts",
  "src/.cache/g.ts",
];

function wanted(glob: string | undefined): readonly string[] {
  const isWanted = createFileFilter("/root", glob);
  return files.filter((name) => isWanted(`/root/${name}`));
}

describe("createFileFilter()", () => {
  const cases: readonly (readonly [glob: string | undefined, names: readonly string[]])[] = [
    [undefined, ["a.ts", "a.test.ts", "b.js", "src/c.ts", "src/d.tsx", "src/x/e.ts"]],
    ["*", ["a.ts", "a.test.ts", "b.js", "src/c.ts", "src/d.tsx", "src/x/e.ts"]],
    ["*.ts", ["a.ts", "a.test.ts", "src/c.ts", "src/x/e.ts"]],
    ["*.{ts,tsx}", ["a.ts", "a.test.ts", "src/c.ts", "src/d.tsx", "src/x/e.ts"]],
    ["{a,src/*}.ts", ["a.ts", "src/c.ts"]],
    ["{src/{c,d},b}.{ts,js,tsx}", ["b.js", "src/c.ts", "src/d.tsx"]],
    ["!*.test.ts", ["a.ts", "b.js", "src/c.ts", "src/d.tsx", "src/x/e.ts"]],
    ["src/**/*.ts", ["src/c.ts", "src/x/e.ts"]],
    ["./src/*.ts", ["src/c.ts"]],
    ["/*.ts", ["a.ts", "a.test.ts"]],
    [".*", []],
    ["*.{ts", []],
    ["none", []],
  ];
  test.each(cases)("lets %j pass what fits and is not hidden", (glob, names) => {
    expect(wanted(glob)).toEqual(names);
  });

  test("lets the root itself pass, and looks for hidden names only below it", () => {
    expect(createFileFilter("/x/.env.d/a", "*.ts")("/x/.env.d/a")).toBeTrue();
    expect(createFileFilter("/x/.github", "*.yml")("/x/.github/ci.yml")).toBeTrue();
  });

  test("refuses a malformed glob, and one that stands for very many", () => {
    expect(() => wanted("[a")).toThrow(new SearchFailure("the glob cannot be read: [a"));
    expect(() => wanted("{a,b}".repeat(30))).toThrow("more than 64 alternatives");
  });
});

test("nameGlobs() gives patterns for the names that a glob wants, where they tell", () => {
  const globs = ["*.ts", "src/**/*.{ts,tsx}", "{a,b}/c", "src/**", "!*.ts", "[ab].ts", undefined];
  expect(globs.map(nameGlobs)).toEqual([
    ["*.ts"],
    ["*.ts", "*.tsx"],
    ["c", "c"],
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
