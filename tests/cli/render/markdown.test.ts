import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createMarkdownStream } from "../../../src/cli/render/markdown.ts";
import type { Style } from "../../../src/cli/render/style.ts";

/** Shows what is painted how: `b<text>`. */
const style: Style = {
  dim: (text) => `d<${text}>`,
  bold: (text) => `b<${text}>`,
  red: (text) => `r<${text}>`,
  green: (text) => `g<${text}>`,
  yellow: (text) => `y<${text}>`,
};

function render(text: string, pieces: readonly number[] = [text.length]): string {
  const stream = createMarkdownStream(style, { isPlain: false });
  let shown = "";
  let rest = text;
  for (const size of pieces) {
    shown += stream.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return shown + stream.push(rest) + stream.end();
}

describe("createMarkdownStream()", () => {
  test.each([
    ["# Title\n", "b<Title>\n"],
    ["plain text\n", "plain text\n"],
    ["a **bold** word", "a b<bold> word"],
    ["**bold** to the *end*", "b<bold> to the b<end>"],
    ["an *italic* and _another_ one", "an b<italic> and b<another> one"],
    ["`code` and ``a ` b``", "g<code> and g<a ` b>"],
    ["see [docs](https://x.y/z).", "see docs d<(https://x.y/z)>."],
    ["- one\n  * two\n", "• one\n  • two\n"],
    ["1. first\n", "1. first\n"],
    ["> said **so**\n", "d<│ >d<said >d<b<so>>\n"],
    ["```ts\nlet **a** = `1`;\n```\nafter", "d<ts>\ng<let **a** = `1`;>\nafter"],
    ["```\nnever closed", "g<never closed>"],
    ["| a | **b** |\n|---|---|\n", "| a | **b** |\n|---|---|\n"],
    ["---\n", "---\n"],
    ["2 * 3 * 4 and snake_case_name and *.ts", "2 * 3 * 4 and snake_case_name and *.ts"],
    ["a pre_fix_ stays", "a pre_fix_ stays"],
    ["**never closed\nnext", "**never closed\nnext"],
    [String.raw`\*literal\*`, "*literal*"],
    ["", ""],
  ])("renders %j", (text, shown) => {
    expect(render(text)).toBe(shown);
  });

  test("shows plain words at once and holds back what may become markup", () => {
    const stream = createMarkdownStream(style, { isPlain: false });
    expect(stream.push("Hello wor")).toBe("Hello wor");
    expect(stream.push("ld **bo")).toBe("ld ");
    expect(stream.push("ld** x")).toBe("b<bold> x");
    expect(stream.push(" `")).toBe(" ");
    expect(stream.end()).toBe("`");
  });

  test("gives up on a span that does not end", () => {
    const stream = createMarkdownStream(style, { isPlain: false });
    expect(stream.push(`x **${"y ".repeat(300)}`)).toStartWith("x **y y");
  });

  test("does not depend on how the text is cut into pieces", () => {
    const piece = fc.constantFrom(
      "# ",
      "- ",
      "> ",
      "**",
      "*",
      "_",
      "`",
      "```\n",
      "[a](b)",
      "\n",
      "word",
      " ",
      "| ",
      "\\",
    );
    // Neighbours that are painted alike look like one.
    const joined = (text: string) =>
      text.replace(/([a-z])<([^<>]*)>(?=\1<)/g, "$1<$2>").replace(/>([bdg])</g, ">$1<");
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 24 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 60 }),
        (parts, sizes) => {
          const text = parts.join("");
          const strip = (shown: string) => joined(shown).replace(/[bdg]<|>/g, "");
          expect(strip(render(text, sizes))).toBe(strip(render(text)));
        },
      ),
      { seed: 31, numRuns: 1_000 },
    );
  });

  test("loses no word of any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const words = (shown: string) => shown.match(/[a-z0-9]{2,}/gi) ?? [];
        const plain = createMarkdownStream(
          { ...style, dim: (t) => t, bold: (t) => t, green: (t) => t },
          { isPlain: false },
        );
        expect(words(plain.push(text) + plain.end())).toEqual(words(text));
      }),
      { seed: 32, numRuns: 1_000 },
    );
  });

  test("breaks prose between words, and leaves code and tables as they are", () => {
    const none = (text: string): string => text;
    const plain = { dim: none, bold: none, red: none, green: none, yellow: none };
    const stream = createMarkdownStream(plain, { isPlain: false, columns: 21 });
    const text = [
      "The quick **brown fox** jumps over the lazy dog",
      "- a list item that is long",
      "> a quote that is long too",
      "12. an item with a number",
      "```",
      "a line of code that is too long for it",
      "```",
      "| a table that | is too long for it |",
      "",
    ].join("\n");
    expect((stream.push(text) + stream.end()).split("\n")).toEqual([
      "The quick brown fox",
      "jumps over the lazy",
      "dog",
      "• a list item that",
      "  is long",
      "│ a quote that is",
      "│ long too",
      "12. an item with a",
      "    number",
      "a line of code that is too long for it",
      "| a table that | is too long for it |",
      "",
    ]);
  });

  test("takes escape sequences of the text away, also where they are cut in two", () => {
    const stream = createMarkdownStream(style, { isPlain: false });
    expect(stream.push("a\x1b[3") + stream.push("1mb\n") + stream.end()).toBe("ab\n");
  });

  test("leaves Markdown alone where nothing is painted", () => {
    const stream = createMarkdownStream(style, { isPlain: true });
    expect(stream.push("# a **b**\n") + stream.end()).toBe("# a **b**\n");
  });
});
