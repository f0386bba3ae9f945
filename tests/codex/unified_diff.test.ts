import { expect, test } from "bun:test";
import { unifiedDiff } from "../../src/codex/unified_diff.ts";

test("unifiedDiff() shows the whole text of files that come and go, and the hunks of others", () => {
  expect(
    unifiedDiff([
      { path: "new", kind: "add", diff: "one\n\ntwo" },
      { path: "empty", kind: "add", diff: "" },
      { path: "old", kind: "delete", diff: "gone\n" },
      { path: "changed", kind: "update", diff: "@@ -1 +1 @@\n-a\n+b\n" },
      { path: "unknown", kind: "delete" },
    ]),
  ).toBe(
    [
      "--- /dev/null",
      "+++ new",
      "@@ -0,0 +1,3 @@",
      "+one",
      "+",
      "+two",
      "\\ No newline at end of file",
      "--- /dev/null",
      "+++ empty",
      "--- old",
      "+++ /dev/null",
      "@@ -1 +0,0 @@",
      "-gone",
      "--- changed",
      "+++ changed",
      "@@ -1 +1 @@",
      "-a",
      "+b",
      "--- unknown",
      "+++ /dev/null",
    ].join("\n"),
  );
});

test("unifiedDiff() is absent when no change tells what it changes", () => {
  expect(unifiedDiff([{ path: "a", kind: "update" }])).toBeUndefined();
  expect(unifiedDiff([])).toBeUndefined();
});
