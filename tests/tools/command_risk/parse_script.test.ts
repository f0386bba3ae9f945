import { describe, expect, test } from "bun:test";
import { expandWords } from "../../../src/tools/command_risk/expand_word.ts";
import { parseScript } from "../../../src/tools/command_risk/parse_script.ts";
import {
  literalText,
  type Script,
  simpleCommandsOf,
} from "../../../src/tools/command_risk/syntax.ts";

function fieldsOf(text: string, variables: Readonly<Record<string, readonly string[]>> = {}) {
  const { script } = parseScript(text);
  return [...simpleCommandsOf(script)].map((command) =>
    expandWords(command.words, new Map(Object.entries(variables))).map((field) => field.text),
  );
}

describe("words", () => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ["a b\tc", ["a", "b", "c"]],
    ["'a b' \"c d\" e\\ f", ["a b", "c d", "e f"]],
    ["a'b'\"c\"d", ["abcd"]],
    ["'' \"\"", ["", ""]],
    ['"\\$x \\" \\\\ \\a"', ['$x " \\ \\a']],
    ["$'a\\tb\\x41\\101\\u00e9'", ["a\tbAAé"]],
    ["a\\\nb", ["ab"]],
    ["{a,b}c x{1..3}y {a} {a,{b,c}}", ["ac", "bc", "x1y", "x2y", "x3y", "{a}", "a", "b", "c"]],
    ["'{a,b}' \\{a,b}", ["{a,b}", "{a,b}"]],
    ['$V "$V" ${V}x', ["1", "2", "1 2", "1", "2x"]],
    ["${V:-d} ${W:-d} ${W-e f}", ["1", "2", "d", "e", "f"]],
    ["$W a$W ${V%x} $((1))", ["\uFFFC", "a\uFFFC", "\uFFFC", "\uFFFC"]],
    ['$(echo a b) "$(echo a b)" $(echo) x', ["a", "b", "a b", "x"]],
    ["a#b # c", ["a#b"]],
  ];
  for (const [text, expected] of rows) {
    test(`expandWords() reads ${JSON.stringify(text)}`, () => {
      expect(fieldsOf(text, { V: ["1 2"] })[0]).toEqual([...expected]);
    });
  }
});

/** The script's shape: programs by pipeline, with what ends each. */
function shapeOf({ pipelines }: Script): readonly string[] {
  return pipelines.map(({ commands, operator }) => {
    const names = commands.map((command) => {
      if (command.kind === "group" || command.kind === "function") {
        return `${command.kind}(${shapeOf(command.script).join(" ")})`;
      }
      return command.words.map((word) => literalText(word) ?? "?").join(" ");
    });
    return names.join(" | ") + operator;
  });
}

describe("structure", () => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ["a && b || c; d & e", ["a&&", "b||", "c;", "d&", "e;"]],
    ["a | b |\n c\nd", ["a | b | c;", "d;"]],
    ["(a; b) | { c; d; } > x", ["group(a; b;) | group(c; d;);"]],
    ["f() { a; }; g() (b)", ["function(a;);", "function(b;);"]],
    ["if a; then b; else c; fi | d", ["a;", "b;", "c;", " | d;"]],
    ["case x in a|b) c;; (d) e;; esac; f", ["x;", "c;", "e;", ";", "f;"]],
    ["for x in a b; do c; done", ["a b;", "c;", ";"]],
    ["a <<E | b\ntext\nE\nc", ["a | b;", "c;"]],
    ["a <<-E\n\ttext\n\tE\nc", ["a;", "c;"]],
    ["$(case x in a) b;; esac) c", ["? c;"]],
    ["a >x 2>&1 <y b", ["a b;"]],
    ["time ! a", ["a;"]],
  ];
  for (const [text, expected] of rows) {
    test(`parseScript() reads ${JSON.stringify(text)}`, () => {
      const { script, isTooDeep } = parseScript(text);
      expect({ shape: shapeOf(script), isTooDeep }).toEqual({ shape: expected, isTooDeep: false });
    });
  }
});

test("parseScript() keeps a heredoc's text with its command", () => {
  const { script } = parseScript("a <<'X' >out\nline $(no)\nX\n");
  expect(script.pipelines).toEqual([
    {
      operator: ";",
      commands: [
        {
          kind: "simple",
          assignments: [],
          words: [{ parts: [{ kind: "text", text: "a", isQuoted: false }] }],
          redirections: [
            {
              operator: "<<",
              target: { parts: [{ kind: "text", text: "line $(no)\n", isQuoted: true }] },
            },
            { operator: ">", target: { parts: [{ kind: "text", text: "out", isQuoted: false }] } },
          ],
        },
      ],
    },
  ]);
});
