import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { applyHunks, type AppliedHunks } from "../../../src/tools/patching/apply_hunks.ts";
import { editsBetween, type LineEdit } from "../../../src/tools/patching/line_edit.ts";
import { joinLines, splitLines } from "../../../src/tools/patching/text_lines.ts";
import type { Hunk } from "../../../src/tools/patching/v4a.ts";

/** A hunk of lines with their signs; `@@ x` is an anchor, `$` the end of the file. */
function hunk(...lines: readonly string[]): Hunk {
  const kinds = { " ": "keep", "-": "drop", "+": "add" } as const;
  return {
    anchors: lines.filter((line) => line.startsWith("@@ ")).map((line) => line.slice(3)),
    edits: lines.flatMap((line): readonly LineEdit[] => {
      const sign = line[0] ?? " ";
      if (sign !== " " && sign !== "-" && sign !== "+") return [];
      return [{ kind: kinds[sign], text: line.slice(1) }];
    }),
    endsFile: lines.includes("$"),
  };
}

function text(after: string): AppliedHunks {
  return { kind: "text", text: after };
}

const file = "class A:\n  def f(self):\n    return 1\n\nclass B:\n  def f(self):\n    return 1\n";

describe("applyHunks()", () => {
  test("replaces, removes and adds lines", () => {
    expect(applyHunks("a\nb\nc\n", [hunk(" a", "-b", "+B", " c")])).toEqual(text("a\nB\nc\n"));
    expect(applyHunks("a\nb\nc\n", [hunk("-b")])).toEqual(text("a\nc\n"));
    expect(applyHunks("a\nb\nc\n", [hunk("+0", " a")])).toEqual(text("0\na\nb\nc\n"));
    expect(applyHunks("a\n", [hunk("-a")])).toEqual(text(""));
    expect(applyHunks("", [hunk("+a", "+b")])).toEqual(text("a\nb\n"));
  });

  test("applies several hunks in their order, and those that come too late", () => {
    const lines = "a\nb\nc\nd\ne\n";
    expect(applyHunks(lines, [hunk("-b", "+B"), hunk("-d", "+D", "+E")])).toEqual(
      text("a\nB\nc\nD\nE\ne\n"),
    );
    expect(applyHunks(lines, [hunk("-d", "+D"), hunk("-b", "+B")])).toEqual(
      text("a\nB\nc\nD\ne\n"),
    );
    // The second one is looked for behind the first.
    expect(applyHunks("x\ny\nx\n", [hunk(" x", "-y", "+Y"), hunk("-x", "+X")])).toEqual(
      text("x\nY\nX\n"),
    );
  });

  test("finds its place by anchors, nested ones too", () => {
    const change = ["-    return 1", "+    return 2"];
    const second = file.replace(/return 1\n$/, "return 2\n");
    const first = file.replace("return 1", "return 2");
    expect(applyHunks(file, [hunk("@@ class B:", ...change)])).toEqual(text(second));
    expect(applyHunks(file, [hunk("@@ class B:", "@@ def f(self):", ...change)])).toEqual(
      text(second),
    );
    expect(applyHunks(file, [hunk("@@ class A", ...change)])).toEqual(text(first));
    expect(applyHunks(file, [hunk("@@ B:", ...change)])).toEqual(text(second));
    // Some repeat the anchor as context.
    expect(
      applyHunks(file, [hunk("@@ class B:", " class B:", "-  def f(self):", "+  def g(self):")]),
    ).toEqual(text(file.replace(/f(?=\(self\):\n.*\n$)/, "g")));
    expect(applyHunks(file, [hunk("@@ class B:", "+  x = 1")])).toEqual(
      text(file.replace("class B:\n", "class B:\n  x = 1\n")),
    );
  });

  test("prefers the line that is the anchor to one that has it in it", () => {
    expect(applyHunks("foobar\nx\nfoo\nx\n", [hunk("@@ foo", "-x", "+y")])).toEqual(
      text("foobar\nx\nfoo\ny\n"),
    );
  });

  test("refuses a place that is not the only one, but takes the end of the file", () => {
    expect(applyHunks(file, [hunk("-    return 1", "+    return 2")])).toEqual({
      kind: "failed",
      problem: "hunk 1 of 1: it fits in 2 places: add lines of context, or an @@ line before it",
      wanted: "    return 1",
    });
    expect(applyHunks(file, [hunk("-    return 1", "+    return 2", "$")])).toEqual(
      text(file.replace(/return 1\n$/, "return 2\n")),
    );
    expect(applyHunks("a\nb\n", [hunk("-a", "+A", "$")])).toEqual(text("A\nb\n"));
  });

  test("says which hunk does not fit", () => {
    expect(applyHunks(file, [hunk("@@ class A:", "+x"), hunk(" nothing", "-like it")])).toEqual({
      kind: "failed",
      problem: "hunk 2 of 2: its context and removed lines were not found",
      wanted: "nothing\nlike it",
    });
    expect(applyHunks(file, [hunk("@@ class C:", "-    return 1")])).toEqual({
      kind: "failed",
      problem: "hunk 1 of 1: there is no line as after @@: class C:",
      wanted: "class C:\n    return 1",
    });
    expect(applyHunks(file, [hunk("@@ class B:", " class A:", "+x")])).toEqual({
      kind: "failed",
      problem: "hunk 1 of 1: its context and removed lines were not found",
      wanted: "class B:\nclass A:",
    });
    expect(applyHunks("", [hunk("-a")])).toMatchObject({ kind: "failed" });
  });

  test("forgives context that is remembered badly, and leaves it as the file has it", () => {
    expect(applyHunks("\ta  \n\tb\n\tc\n", [hunk("   a", "-  b", "+  B", "   c")])).toEqual(
      text("\ta  \n\tB\n\tc\n"),
    );
    expect(applyHunks("say “x”\nb\n", [hunk(' say "x"', "-b", "+B")])).toEqual(
      text("say “x”\nB\n"),
    );
    expect(applyHunks("a\nb\n", [hunk(" ", " a", "-b", "+B", " ", " ")])).toEqual(text("a\nB\n"));
    expect(
      applyHunks("f {\n  1\n  2\n  3\n}\n", [
        hunk(" f {", "   1", "   zwei", "-  3", "+  4", " }"),
      ]),
    ).toEqual(text("f {\n  1\n  2\n  4\n}\n"));
  });

  test("deletes and adds blank lines", () => {
    expect(applyHunks("a\n\n\nb\n", [hunk(" a", " ", "-", " b")])).toEqual(text("a\n\nb\n"));
    expect(applyHunks("a\n\nb\n", [hunk("-")])).toEqual(text("a\nb\n"));
    expect(applyHunks("a\nb\n", [hunk(" a", "+", " b")])).toEqual(text("a\n\nb\n"));
  });

  test("keeps a file without a line break at its end so, and the line ends of one with both kinds", () => {
    expect(applyHunks("a\nb", [hunk("-b", "+B")])).toEqual(text("a\nB"));
    expect(applyHunks("a\nb", [hunk(" b", "+c")])).toEqual(text("a\nb\nc"));
    expect(applyHunks("a\nb", [hunk("+c")])).toEqual(text("a\nb\nc"));
    expect(applyHunks("a\r\nb\nc\r\n", [hunk(" a", "+x", " b"), hunk("-c", "+C")])).toEqual(
      text("a\r\nx\r\nb\nC\r\n"),
    );
  });

  test("turns any text into any other with one hunk over all lines", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "", "  c", "d"), { minLength: 1 });
    fc.assert(
      fc.property(lines, lines, fc.boolean(), (before, after, endsInBreak) => {
        fc.pre(endsInBreak || before.at(-1) !== "");
        fc.pre(endsInBreak || after.at(-1) !== "");
        const edits = editsBetween(before, after);
        const one: Hunk = { anchors: [], edits, endsFile: false };
        expect(applyHunks(joinLines({ lines: before, endsInBreak }), [one])).toEqual(
          text(joinLines({ lines: after, endsInBreak })),
        );
      }),
      { seed: 101, numRuns: 500 },
    );
  });
});

test("splitLines() and joinLines() give every text back", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "\r") }), (whole) => {
      expect(joinLines(splitLines(whole))).toBe(whole);
    }),
    { seed: 102 },
  );
});

test("editsBetween() gives both sides back, also of texts that have nothing in common", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c", ""));
  const sideOf = (edits: readonly LineEdit[], without: LineEdit["kind"]): readonly string[] =>
    edits.filter(({ kind }) => kind !== without).map((edit) => edit.text);
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const edits = editsBetween(before, after);
      expect([sideOf(edits, "add"), sideOf(edits, "drop")]).toEqual([before, after]);
    }),
    { seed: 103 },
  );
  const before = Array.from({ length: 2_000 }, (_, index) => `a${index}`);
  const after = Array.from({ length: 2_000 }, (_, index) => `b${index}`);
  const edits = editsBetween(before, after);
  expect([sideOf(edits, "add"), sideOf(edits, "drop")]).toEqual([before, after]);
});
