import { expect, test } from "bun:test";
import fc from "fast-check";
import { cleanText, createThinkSplitter, type Segment } from "../../src/transports/think_tags.ts";

/** Segments of a text that comes in these pieces, neighbours of one channel joined. */
function split(...pieces: readonly string[]): readonly string[] {
  const splitter = createThinkSplitter();
  const segments: readonly Segment[] = [
    ...pieces.flatMap((piece) => splitter.push(piece)),
    ...splitter.end(),
  ];
  const joined: { channel: string; text: string }[] = [];
  for (const { channel, text, endsPrefilled } of segments) {
    const last = joined.at(-1);
    if (endsPrefilled) joined.push({ channel: "prefilled", text: "" });
    else if (last?.channel === channel) last.text += text;
    else joined.push({ channel, text });
  }
  return joined.map(({ channel, text }) => `${channel}: ${text}`);
}

test("createThinkSplitter() passes text without tags", () => {
  expect(split("Hello\n\nworld\n")).toEqual(["text: Hello\n\nworld\n"]);
  expect(split()).toEqual([]);
  expect(split("")).toEqual([]);
  expect(split(" \n ")).toEqual(["text:  \n "]);
});

test.each(["think", "thinking", "reasoning", "thought", "REASONING_SCRATCHPAD", "THINK"])(
  "createThinkSplitter() takes reasoning out of <%s>",
  (name) => {
    expect(split(`<${name}>hm\nso</${name}>\n\nHello`)).toEqual([
      "reasoning: hm\nso",
      "text: \n\nHello",
    ]);
  },
);

test("createThinkSplitter() takes a block at the beginning of a later line", () => {
  expect(split("Hello\n  <think>hm</think>world")).toEqual([
    "text: Hello\n",
    "reasoning: hm",
    "text: world",
  ]);
});

test("createThinkSplitter() leaves tags in a sentence", () => {
  const text = "The tag <think>is</think> like `<think>`, </think> ends it";
  expect(split(text)).toEqual([`text: ${text}`]);
});

test("createThinkSplitter() leaves tags in code", () => {
  const text = "Look:\n```xml\n<think>hm</think>\n</think>\n```\nSo";
  expect(split(text)).toEqual([`text: ${text}`]);
  expect(split("```\nx\n```\n<think>hm</think>")).toEqual(["text: ```\nx\n```\n", "reasoning: hm"]);
});

test("createThinkSplitter() takes a block that is never closed as reasoning", () => {
  expect(split("<think>hm\nand so on </thi")).toEqual(["reasoning: hm\nand so on </thi"]);
});

test("createThinkSplitter() tells that text before a lone closing tag was reasoning", () => {
  expect(split("hm\n</think>\nHello")).toEqual(["text: hm\n", "prefilled: ", "text: \nHello"]);
});

test("createThinkSplitter() drops a closing tag that is left over", () => {
  expect(split("<think>hm</think>\n</think>Hello")).toEqual(["reasoning: hm", "text: Hello"]);
});

test("createThinkSplitter() ends a block only with its own tag", () => {
  expect(split("<think>a</thinking>b</think>c")).toEqual(["reasoning: a</thinking>b", "text: c"]);
});

test("createThinkSplitter() finds tags that are cut into pieces", () => {
  expect(split("<", "th", "ink", ">h", "m<", "/thin", "k", ">Hel", "lo")).toEqual([
    "reasoning: hm",
    "text: Hello",
  ]);
});

test("createThinkSplitter() shows at once what cannot become a tag any more", () => {
  const splitter = createThinkSplitter();
  expect(splitter.push("Hel")).toEqual([{ channel: "text", text: "Hel" }]);
  expect(splitter.push("lo <thi")).toEqual([{ channel: "text", text: "lo <thi" }]);
  expect(splitter.push("\n<thi")).toEqual([{ channel: "text", text: "\n" }]);
  expect(splitter.push("s")).toEqual([{ channel: "text", text: "<this" }]);
});

test("createThinkSplitter() holds back no more blanks than stand before a tag", () => {
  const splitter = createThinkSplitter();
  expect(splitter.push(" ".repeat(256))).toEqual([]);
  expect(splitter.push(" ")).toEqual([{ channel: "text", text: " ".repeat(257) }]);
});

test("createThinkSplitter() is not confused by letters that change their length", () => {
  expect(split("<think>İİİ</think>İ")).toEqual(["reasoning: İİİ", "text: İ"]);
});

test.each([
  ["Hermes and Qwen", '<tool_call>\n{"name":"f","arguments":{}}\n</tool_call>'],
  ["an older notation", '<function_call>{"name":"f"}</function_call>'],
  ["Qwen3 Coder", "<function=f>\n<parameter=path>a</parameter>\n</function>"],
  ["MiniMax", '<minimax:tool_call>\n<invoke name="f"></invoke>\n</minimax:tool_call>'],
  ["Kimi", "<|tool_calls_section_begin|>functions.f:0{}<|tool_calls_section_end|>"],
  ["DeepSeek", "<｜tool▁calls▁begin｜>f{}<｜tool▁calls▁end｜>"],
])("createThinkSplitter() takes out a call that %s wrote as text", (_name, call) => {
  expect(split(`Let me look.\n${call}\nDone`)).toEqual([
    "text: Let me look.\n",
    "leak: ",
    "text: \nDone",
  ]);
  expect(split(...Array.from(call))).toEqual(["leak: "]);
});

test("createThinkSplitter() drops a call that is never closed, to the end", () => {
  expect(split('Let me look.\n<tool_call>\n{"name":"f"}\nand so on')).toEqual([
    "text: Let me look.\n",
    "leak: ",
  ]);
  expect(split('[TOOL_CALLS][{"name":"f"}]\nx')).toEqual(["leak: "]);
});

test("createThinkSplitter() takes out what repeats the memory of the prompt", () => {
  expect(split("<memory-context>\nlikes tea\n</memory-context>\nHello")).toEqual(["text: \nHello"]);
  expect(split("Hello\n<memory-context>\nlikes tea")).toEqual(["text: Hello\n"]);
});

test("createThinkSplitter() leaves other tags where they are only spoken of", () => {
  const text =
    "Write `<tool_call>`, or <memory-context> in a line:\n```\n<tool_call>{}</tool_call>\n```\n";
  expect(split(text)).toEqual([`text: ${text}`]);
});

test("createThinkSplitter() drops a closing tag of a call that is left over", () => {
  expect(split("Done\n</tool_call>\n")).toEqual(["text: Done\n\n"]);
});

const tags = ["memory-context", "tool_call", "function=f", "thinking"] as const;
const noise = fc.constantFrom(..."a|b c|\n|<|</|>|`|```|İ|😀|<tool|_call>".split("|"));
const block = fc
  .record({ tag: fc.constantFrom(...tags), inside: fc.array(noise, { maxLength: 4 }) })
  .map(({ tag, inside }) => `\n<${tag}>${inside.join("")}</${tag.split("=")[0]}>`);

test("createThinkSplitter() gives the same segments however blocks of all kinds are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(block, noise), { maxLength: 10 }).map((parts) => parts.join("")),
      fc.array(fc.nat(), { maxLength: 12 }),
      (text, places) => {
        const bounds = [0, ...places.map((at) => at % (text.length + 1)), text.length].toSorted(
          (a, b) => a - b,
        );
        const pieces = bounds.slice(1).map((to, index) => text.slice(bounds[index], to));
        expect(split(...pieces)).toEqual(split(text));
      },
    ),
    { seed: 39, numRuns: 2000 },
  );
});

const piece = fc.constantFrom(
  ..."<|</|think|>|reason|ing|>\n|\n|```|a|İ| |`|<think>|</think>|<thought>|</thought>|b c|</".split(
    "|",
  ),
);

test("createThinkSplitter() gives the same text and reasoning for every cutting", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
      const whole = split(pieces.join(""));
      expect(split(...pieces)).toEqual(whole);
      expect(split(...Array.from(pieces.join("")))).toEqual(whole);
    }),
    { seed: 20260107, numRuns: 1000 },
  );
});

test.each([
  ["\n Hello <think> \n", { text: "\n Hello <think> \n", hasReasoning: false, hasLeak: false }],
  ["<think>a</think>\n\nb\n", { text: "b\n", hasReasoning: true, hasLeak: false }],
  ["a\n</think>\nb", { text: "b", hasReasoning: true, hasLeak: false }],
  ["a\n<tool_call>{}</tool_call>", { text: "a\n", hasReasoning: false, hasLeak: true }],
  ["<think>a", { text: "", hasReasoning: true, hasLeak: false }],
])("cleanText() of %j", (whole, expected) => {
  expect(cleanText(whole)).toEqual(expected);
});
