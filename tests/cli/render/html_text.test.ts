import { expect, test } from "bun:test";
import fc from "fast-check";
import { escapeHtml, markdownToHtml } from "../../../src/cli/render/html_text.ts";

test("escapeHtml() leaves nothing that begins a tag, ends an attribute or is a reference", () => {
  expect(escapeHtml(`<a b="c" d='e'>&amp;`)).toBe(
    "&#60;a b=&#34;c&#34; d=&#39;e&#39;&#62;&#38;amp;",
  );
});

test.each([
  ["plain", '<p dir="auto">plain</p>'],
  ["# Title #", '<h3 dir="auto">Title</h3>'],
  ["one\ntwo\n\nthree", '<p dir="auto">one\ntwo</p>\n<p dir="auto">three</p>'],
  ["- a\n- **b**", '<ul><li dir="auto">a</li><li dir="auto"><strong>b</strong></li></ul>'],
  ["1. a\n2) b", '<ol><li dir="auto">a</li><li dir="auto">b</li></ol>'],
  ["> q", '<blockquote dir="auto">q</blockquote>'],
  ["---", "<hr>"],
  ["| a | b |\n|---|---|", "<pre>| a | b |\n|---|---|</pre>"],
  [
    "```ts\nif (a < b) {\n```\nrest",
    '<pre><span class="lang">ts</span><code>if (a &#60; b) {</code></pre>\n<p dir="auto">rest</p>',
  ],
  ["````\n```\n````", "<pre><code>```</code></pre>"],
  ["```\nopen", "<pre><code>open</code></pre>"],
  ["a `<b>` *c* 2*3*4", '<p dir="auto">a <code>&#60;b&#62;</code> <em>c</em> 2*3*4</p>'],
  [
    "[x](https://example.com/?a=1&b=2)",
    '<p dir="auto"><a href="https://example.com/?a=1&#38;b=2" rel="noopener noreferrer nofollow">x</a></p>',
  ],
  [
    "see https://example.com/a.",
    '<p dir="auto">see <a href="https://example.com/a" rel="noopener noreferrer nofollow">https://example.com/a</a>.</p>',
  ],
  ["[x](javascript:alert`1`)", '<p dir="auto">[x](javascript:alert`1`)</p>'],
  ["[x](data:text/html,hi)", '<p dir="auto">[x](data:text/html,hi)</p>'],
  [
    "![x](http://a.b/c.png)",
    '<p dir="auto">!<a href="http://a.b/c.png" rel="noopener noreferrer nofollow">x</a></p>',
  ],
])("markdownToHtml() of %j", (markdown, expected) => {
  expect(markdownToHtml(markdown)).toBe(expected);
});

const hostile = fc
  .array(
    fc.constantFrom(
      ...[
        "<script>",
        "</pre>",
        '"',
        "'",
        "`",
        "```",
        "\n",
        "# ",
        "- ",
        "[a](",
        "javascript:x)",
        ")",
      ],
      ...[
        "**",
        "*",
        "https://a.b/",
        " onload=x ",
        "<img src=//a.b>",
        "&#60;",
        "|",
        "> ",
        "]",
        "é",
        "\u202e",
      ],
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(""));

test("markdownToHtml() makes no tags but its own, each closed, whatever it is given", () => {
  const own =
    /^(?:<\/?(?:h[3-6]|p|ul|ol|li|blockquote|pre|code|strong|em|a|span)(?: dir="auto"| class="lang"| href="https?:[^"<>]*" rel="noopener noreferrer nofollow")?>|<hr>|[^<>])*$/u;
  fc.assert(
    fc.property(hostile, (markdown) => {
      const html = markdownToHtml(markdown);
      expect(html).toMatch(own);
      const open: string[] = [];
      for (const [, slash, name = ""] of html.matchAll(/<(\/?)([a-z]+[3-6]?)/g)) {
        if (name === "hr") continue;
        if (slash === "") open.push(name);
        else expect(open.pop()).toBe(name);
      }
      expect(open).toEqual([]);
    }),
    { seed: 7, numRuns: 500 },
  );
});
