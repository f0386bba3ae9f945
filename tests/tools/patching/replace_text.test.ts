import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { replaceText, type ReplacedText } from "../../../src/tools/patching/replace_text.ts";

function replace(file: string, oldText: string, newText: string, replaceAll = false): ReplacedText {
  return replaceText(file, { oldText, newText, replaceAll });
}

function text(after: string): ReplacedText {
  return { kind: "text", text: after };
}

const missing: ReplacedText = { kind: "missing" };

describe("replaceText()", () => {
  test("replaces exactly what is said, wherever it begins", () => {
    expect(replace("a b c", "b", "x")).toEqual(text("a x c"));
    expect(replace("one\ntwo\nthree\n", "o\nth", "O\nTH")).toEqual(text("one\ntwO\nTHree\n"));
    expect(replace("a\n", "a\n", "")).toEqual(text(""));
    expect(replace("a\nb\nc\n", "b\n", "")).toEqual(text("a\nc\n"));
    expect(replace("a\nb", "b", "c\nd")).toEqual(text("a\nc\nd"));
    expect(replace("x = 1", "1", "$& $1 $$")).toEqual(text("x = $& $1 $$"));
    expect(replace("💾é", "é", "💾")).toEqual(text("💾💾"));
  });

  test("wants it to be unique unless all are meant", () => {
    expect(replace("a b a", "a", "x")).toEqual({ kind: "ambiguous", count: 2 });
    expect(replace("a b a", "a", "x", true)).toEqual(text("x b x"));
    expect(replace("aaa", "aa", "b", true)).toEqual(text("ba"));
    expect(replace("  a\n\ta\n", "a \n", "b\n")).toEqual({ kind: "ambiguous", count: 2 });
    expect(replace("  a\n\ta\n", "a \n", "b\n", true)).toEqual(text("  b\n\tb\n"));
  });

  test("finds nothing in an empty file, and nothing that is not there", () => {
    expect(replace("", "a", "b")).toEqual(missing);
    expect(replace("abc\n", "abd\n", "x")).toEqual(missing);
    expect(replace("abc\n", "\n\n", "x")).toEqual(missing);
    expect(replace("foobar\n", "foo\n", "x\n")).toEqual(missing);
  });

  test("forgives white space at the end of lines", () => {
    expect(replace("a  \nb\t\nc\n", "a\nb\n", "a\nB\n")).toEqual(text("a  \nB\nc\n"));
    expect(replace("a\nb\nc\n", "a  \nb  \n", "a\nB\n")).toEqual(text("a\nB\nc\n"));
  });

  test("forgives another indentation, and gives new lines that of the file", () => {
    const file = "class A:\n\tdef f(self):\n\t\treturn 1\n\n\tdef g(self):\n\t\treturn 2\n";
    expect(
      replace(
        file,
        "def g(self):\n    return 2",
        "def g(self):\n    if x:\n        return 3\n    return 2",
      ),
    ).toEqual(
      text(
        "class A:\n\tdef f(self):\n\t\treturn 1\n\n\tdef g(self):\n\t\tif x:\n\t\t\treturn 3\n\t\treturn 2\n",
      ),
    );
  });

  test("forgives runs of white space inside of lines", () => {
    expect(
      replace("let  x   = 1;\nlet y;\n", "let x = 1;\nlet  y;", "let x = 2;\nlet  y;"),
    ).toEqual(text("let x = 2;\nlet y;\n"));
  });

  test("forgives what quotes, dashes, blanks and dots look like, and keeps those of the file", () => {
    expect(
      replace(
        "say “hi” – it’s me…\nnext\n",
        'say "hi" - it\'s me...\nnext',
        'say "hi" - it\'s you...\nnext',
      ),
    ).toEqual(text("say “hi” – it’s you...\nnext\n"));
    expect(replace("x = “a” – b\n", 'x = "a" - b', 'x = "a" - c')).toEqual(text("x = “a” – c\n"));
    expect(replace("- “quoted” text here\n", '"quoted" text', '"quoted" words')).toEqual(
      text("- “quoted” words here\n"),
    );
    expect(replace("a\u00a0b\n", "a b", "a c")).toEqual(text("a\u00a0c\n"));
  });

  test("forgives blank lines around the text, and leaves those of the file", () => {
    expect(replace("a\nb\nc\n", "\n\nb\n\n", "\n\nB\n\n")).toEqual(text("a\nB\nc\n"));
    expect(replace("a\n\nb\n", "b\n\n", "x\n")).toEqual(text("a\n\nx\n"));
  });

  test("forgives a text that was escaped once too often", () => {
    expect(replace('print("a")\nx\n', 'print(\\"a\\")\\nx', 'print(\\"b\\")\\nx')).toEqual(
      text('print("b")\nx\n'),
    );
    expect(replace("\tif x:\n\t\ty\n", "\\tif x:\\n\\t\\ty", "\\tif x:\\n\\t\\tz")).toEqual(
      text("\tif x:\n\t\tz\n"),
    );
    // What is there as it stands is no mistake.
    expect(replace('print("a\\n")\n', '"a\\n"', '"b\\n"')).toEqual(text('print("b\\n")\n'));
  });

  test("forgives white space in a part of a line, and around it", () => {
    expect(replace("  x = foo( a,  b );\n", "foo( a, b )", "bar(a)")).toEqual(
      text("  x = bar(a);\n"),
    );
    expect(replace("f(a,\n      b); g()\n", "f(a,\n  b);", "f(b,\n  a);")).toEqual(
      text("f(b,\n      a); g()\n"),
    );
    expect(replace("x=[1];\n", " [1] ", " [2] ")).toEqual(text("x=[2];\n"));
    expect(replace("x=[1];\n", "\n[1]", "\n[2]")).toEqual(missing);
    expect(replace("x=[1];\n", "[1]\n", "[2]\n")).toEqual(missing);
    expect(replace("y;\n  x = 1; z\n", "\nx  =  1;", "\nx = 2;")).toEqual(text("y;\n  x = 2; z\n"));
  });

  test("forgives some wrong lines in a block whose edges are right, and leaves them as the file has them", () => {
    const file = "start {\n  one\n  two\n  three\n}\nend\n";
    expect(
      replace(file, "start {\n  one\n  2\n  three\n}", "start {\n  one\n  2\n  drei\n}"),
    ).toEqual(text("start {\n  one\n  two\n  drei\n}\nend\n"));
    expect(replace(file, "start {\n  1\n  2\n  three\n}", "x")).toEqual(missing);
    expect(replace(file + file, "start {\n  one\n  2\n  three\n}", "x", true)).toEqual({
      kind: "ambiguous",
      count: 2,
    });
  });

  test("takes the strictest way that finds anything", () => {
    expect(replace("a b\na  b\n", "a b\n", "x\n")).toEqual(text("x\na  b\n"));
    expect(replace("  a\na \n", "a\n", "x\n")).toEqual({ kind: "text", text: "  x\na \n" });
    expect(replace('“a”\n"a"\n', '"a"', "x")).toEqual(text("“a”\nx\n"));
  });

  test("keeps the line ends of a file that has both kinds", () => {
    expect(replace("a\r\nb\r\nc\nd\n", "b\nc", "B\nnew\nc")).toEqual(
      text("a\r\nB\r\nnew\r\nc\nd\n"),
    );
    expect(replace("a\r\nfoo(x)\r\nd\n", "foo(x)", "bar(\n  x)")).toEqual(
      text("a\r\nbar(\r\n  x)\r\nd\n"),
    );
    expect(replace("a\r\nfoo(x)\r\nd\n", "d", "e\nf")).toEqual(text("a\r\nfoo(x)\r\ne\nf\n"));
  });

  test("keeps a file without a line break at its end so", () => {
    expect(replace("a\nb", "b\n", "c\n")).toEqual(text("a\nc"));
    expect(replace("a\n  b", "b \n", "c\nd\n")).toEqual(text("a\n  c\n  d"));
  });

  test("does with a unique text what String.replace does", () => {
    const line = fc.string({ unit: fc.constantFrom("a", "b", " ", "\t", "“", '"', "\\", "n") });
    fc.assert(
      fc.property(fc.array(line), line, fc.array(line), line, (before, old, after, fresh) => {
        const oldText = `<${old}>`;
        const file = [...before, oldText, ...after].join("\n");
        fc.pre(file.split(oldText).length === 2);
        expect(replace(file, oldText, fresh)).toEqual(text(file.replace(oldText, () => fresh)));
      }),
      { seed: 71, numRuns: 500 },
    );
  });

  test("finds a block again however it is indented, and changes only what it is told to", () => {
    const word = fc.constantFrom("alpha", "beta(", "}", "x = 1", "", "y += 2; ");
    const block = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), word), {
      minLength: 1,
      maxLength: 6,
    });
    const units = fc.constantFrom(["\t", "  "], ["  ", "\t"], ["    ", "  "], ["  ", "    "]);
    fc.assert(
      fc.property(block, units, fc.integer({ min: 0, max: 2 }), (lines, [ours, theirs], base) => {
        const indented = (
          unit: string,
          depth: number,
          all: readonly (readonly [number, string])[],
        ): string =>
          [[0, "begin"] as const, ...all, [0, "finish"] as const]
            .map(([level, line]) =>
              line === "" ? "" : unit.repeat(depth + level) + line.trimEnd(),
            )
            .join("\n");
        const file = `head\n${indented(ours, base, lines)}\ntail\n`;
        const added = [...lines, [1, "added"] as const];
        const found = replace(file, indented(theirs, 0, lines), indented(theirs, 0, added));
        // Two depths tell how wide one of them is.
        fc.pre(lines.some(([level, line]) => level > 0 && line !== ""));
        expect(found).toEqual(text(`head\n${indented(ours, base, added)}\ntail\n`));
      }),
      { seed: 72, numRuns: 500 },
    );
  });

  test("is quick with texts that do not fit", () => {
    const file = `${"a ".repeat(50_000)}\n`.repeat(2);
    expect(replace(file, "a ".repeat(40_000) + "b", "x")).toEqual(missing);
    const lines = "same line\n".repeat(50_000);
    expect(replace(lines, `${"same line\n".repeat(200)}other line\n`, "x")).toEqual(missing);
  });
});
