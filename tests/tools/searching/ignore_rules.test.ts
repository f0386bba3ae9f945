import { expect, test } from "bun:test";
import { isIgnored, parseIgnoreRules } from "../../../src/tools/searching/ignore_rules.ts";

const outer = parseIgnoreRules(
  "/repo",
  [
    "# comment",
    "",
    "*.log",
    "!keep.log",
    "build/",
    "/only-here",
    "docs/*.tmp  ",
    "trailing\\ ",
    "\\#hash",
    "[open",
    "crlf\r",
  ].join("\n"),
);
const inner = parseIgnoreRules("/repo/sub", "!special.log\nbuild\n!build/\n*.txt\n");

const cases: readonly (readonly [path: string, isDirectory: boolean, isIgnored: boolean])[] = [
  ["/repo/a.ts", false, false],
  ["/repo/a.log", false, true],
  ["/repo/x/y/a.log", false, true],
  ["/repo/keep.log", false, false],
  ["/repo/build", true, true],
  ["/repo/build", false, false],
  ["/repo/x/build", true, true],
  ["/repo/only-here", false, true],
  ["/repo/x/only-here", false, false],
  ["/repo/docs/a.tmp", false, true],
  ["/repo/docs/x/a.tmp", false, false],
  ["/repo/trailing ", false, true],
  ["/repo/trailing", false, false],
  ["/repo/#hash", false, true],
  ["/repo/[open", false, false],
  ["/repo/crlf", false, true],
  ["/repo/sub/special.log", false, false],
  ["/repo/sub/other.log", false, true],
  ["/repo/sub/a.txt", false, true],
  ["/repo/sub/build", true, false],
  ["/repo/sub/build", false, true],
];

test.each(cases)("isIgnored() of %s (a directory: %j) is %j", (path, isDirectory, expected) => {
  const rules = path.startsWith("/repo/sub/") ? [outer, inner] : [outer];
  expect(isIgnored(path, isDirectory, rules)).toBe(expected);
});
