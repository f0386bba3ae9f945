import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parsePatch } from "../../../src/tools/patching/v4a.ts";

function patch(...lines: readonly string[]): string {
  return ["*** Begin Patch", ...lines, "*** End Patch", ""].join("\n");
}

const keep = (text: string) => ({ kind: "keep", text }) as const;
const drop = (text: string) => ({ kind: "drop", text }) as const;
const add = (text: string) => ({ kind: "add", text }) as const;

describe("parsePatch()", () => {
  test("reads every kind of operation in its order", () => {
    expect(
      parsePatch(
        patch(
          "*** Add File: new/a.txt",
          "+one",
          "+",
          "+ +two",
          "*** Delete File: old.txt",
          "",
          "*** Update File: src/b.ts",
          "*** Move to: src/c.ts",
          "@@ class A",
          "@@   def f():",
          " before",
          "-gone",
          "+come",
          "",
          " after",
          "@@",
          "-last",
          "*** End of File",
        ),
      ),
    ).toEqual({
      kind: "operations",
      operations: [
        { kind: "add", path: "new/a.txt", text: "one\n\n +two\n" },
        { kind: "delete", path: "old.txt" },
        {
          kind: "update",
          path: "src/b.ts",
          moveTo: "src/c.ts",
          hunks: [
            {
              anchors: ["class A", "def f():"],
              edits: [keep("before"), drop("gone"), add("come"), keep(""), keep("after")],
              endsFile: false,
            },
            { anchors: [], edits: [drop("last")], endsFile: true },
          ],
        },
      ],
    });
  });

  test("forgives what models add: text around, carriage returns, line numbers, a missing @@", () => {
    const hunk = (anchors: readonly string[]) => ({
      kind: "operations" as const,
      operations: [
        {
          kind: "update" as const,
          path: "a",
          hunks: [{ anchors, edits: [drop("x"), add("y")], endsFile: false }],
        },
      ],
    });
    const written: readonly (readonly [patch: string, anchors: readonly string[]])[] = [
      [patch("*** Update File: a", "-x", "+y"), []],
      [patch("*** Update File:a  ", "@@", "-x", "+y", "", ""), []],
      [patch("*** Update File: a", "@@ -1,2 +1,2 @@", "-x", "+y"), []],
      [patch("*** Update File: a", "@@ -1 +1,2 @@ def f():", "-x", "+y"), ["def f():"]],
      [patch("*** Update File: a", "@@ def f(): @@", "-x", "+y"), ["def f():"]],
      [patch("*** Update File: a", "@@", "@@ f", "-x", "+y"), ["f"]],
      [patch("*** Update File: a", "-x", "+y").replaceAll("\n", "\r\n"), []],
      [`Here it is:\n\`\`\`\n  ${patch("*** Update File: a", "-x", "+y")}\`\`\`\nDone.`, []],
    ];
    for (const [text, anchors] of written) expect(parsePatch(text)).toEqual(hunk(anchors));
  });

  test("takes the end of the patch for content where it stands behind a sign", () => {
    expect(parsePatch(patch("*** Add File: a", "+*** End Patch", "+x"))).toEqual({
      kind: "operations",
      operations: [{ kind: "add", path: "a", text: "*** End Patch\nx\n" }],
    });
    expect(parsePatch(patch("*** Update File: a", " *** End Patch", "-x"))).toMatchObject({
      operations: [{ hunks: [{ edits: [keep("*** End Patch"), drop("x")] }] }],
    });
  });

  test("adds an empty file", () => {
    expect(parsePatch(patch("*** Add File: a"))).toEqual({
      kind: "operations",
      operations: [{ kind: "add", path: "a", text: "" }],
    });
  });

  const wrong: readonly (readonly [patch: string, problem: string])[] = [
    ["", 'the patch must begin with "*** Begin Patch"'],
    ["*** Update File: a\n-x", 'the patch must begin with "*** Begin Patch"'],
    ["*** Begin Patch\n*** Delete File: a\n", 'the patch must end with "*** End Patch"'],
    [patch(), "the patch changes nothing"],
    [patch("", ""), "the patch changes nothing"],
    [patch("--- a/x", "+++ b/x"), "line 2 is no file header: --- a/x"],
    [patch("*** Rename File: a"), "line 2 is no file header: *** Rename File: a"],
    [patch("*** Add File:"), "a file header has no path"],
    [patch("*** Add File: ../a", "+x"), '".." is not allowed in a path: ../a'],
    [patch("*** Delete File: a/../../b"), '".." is not allowed in a path: a/../../b'],
    [
      patch("*** Update File: a", "*** Move to: ../b", "@@", "-x"),
      '".." is not allowed in a path: ../b',
    ],
    [patch("*** Update File: a", "*** Move to: ", "-x"), "a file header has no path"],
    [patch("*** Add File: a\0", "+x"), "a path has a NUL character in it"],
    [patch("*** Add File: a", "x"), 'a: every line of a new file begins with "+": x'],
    [patch("*** Delete File: a", "-x"), "a: a deleted file has no lines"],
    [patch("*** Update File: a"), "a: the update has no hunk"],
    [patch("*** Update File: a", "@@ x"), "a: the update has no hunk"],
    [
      patch("*** Update File: a", "x = 1"),
      'a: a line of a hunk begins with " ", "+" or "-": x = 1',
    ],
  ];
  test.each(wrong)("says what is wrong with %j", (text, problem) => {
    expect(parsePatch(text)).toEqual({ kind: "invalid", problem });
  });

  test("gives operations or a problem for any text", () => {
    const line = fc.constantFrom(
      "*** Begin Patch",
      "*** End Patch",
      "*** Update File: a",
      "*** Add File: b",
      "*** Delete File: c",
      "*** Move to: d",
      "*** End of File",
      "@@",
      "@@ x",
      " x",
      "-x",
      "+x",
      "",
      "x",
      "***",
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const parsed = parsePatch(["*** Begin Patch", ...lines].join("\n"));
        if (parsed.kind === "invalid") expect(parsed.problem).not.toBe("");
        else expect(parsed.operations.length).toBeGreaterThan(0);
      }),
      { seed: 91, numRuns: 500 },
    );
  });
});
