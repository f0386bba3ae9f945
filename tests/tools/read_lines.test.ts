import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type LineWindow, readLines, type ReadLines } from "../../src/tools/read_lines.ts";
import { thrown } from "../fakes/thrown.ts";

const all: LineWindow = { firstLine: 1, maxLines: 2_000, maxLineChars: 2_000, maxChars: 80_000 };
const never = new AbortController().signal;

async function* chunksOf(text: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let start = 0; start < bytes.length; start += size) yield bytes.slice(start, start + size);
}

function read(text: string | Uint8Array, window: Partial<LineWindow> = {}): Promise<ReadLines> {
  return readLines(chunksOf(text), { ...all, ...window }, never);
}

function lines(shown: readonly string[], totalLines: number | undefined, cutLines = 0): ReadLines {
  return { kind: "text", lines: shown, totalLines, cutLines };
}

describe("readLines()", () => {
  const cases: readonly (readonly [text: string, shown: readonly string[]])[] = [
    ["", []],
    ["\n", [""]],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\nb", ["a", "b"]],
    ["a\n\nb\n\n", ["a", "", "b", ""]],
    ["a\r\nb\r\n", ["a", "b"]],
    ["a\rb", ["a\rb"]],
    ["a\r\r\n", ["a\r"]],
    ["\ufeffa\nb", ["a", "b"]],
    ["ünï\n💾\n", ["ünï", "💾"]],
  ];
  test.each(cases)("reads %j as %j", async (text, shown) => {
    expect(await read(text)).toEqual(lines(shown, shown.length));
  });

  test("gives a window and counts all lines", async () => {
    expect(await read("1\n2\n3\n4\n5", { firstLine: 2, maxLines: 2 })).toEqual(
      lines(["2", "3"], 5),
    );
    expect(await read("1\n2\n3", { firstLine: 3, maxLines: 9 })).toEqual(lines(["3"], 3));
    expect(await read("1\n2\n3", { firstLine: 4 })).toEqual(lines([], 3));
    expect(await read("", { firstLine: 4 })).toEqual(lines([], 0));
  });

  test("gives what a split of the whole text gives, however it is cut", async () => {
    const text = fc.array(fc.constantFrom("a", "bc", "\n", "\r\n", "é", "💾", "\r"));
    const window = fc.record({
      firstLine: fc.integer({ min: 1, max: 6 }),
      maxLines: fc.integer({ min: 1, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(text, window, fc.integer({ min: 1, max: 9 }), async (parts, range, size) => {
        const whole = parts.join("");
        const split = whole.split("\n");
        if (split.at(-1) === "") split.pop();
        const wanted = split
          .slice(range.firstLine - 1, range.firstLine - 1 + range.maxLines)
          .map((line) => line.replace(/\r$/, ""));
        const found = await readLines(chunksOf(whole, size), { ...all, ...range }, never);
        expect(found).toEqual(lines(wanted, split.length));
      }),
      { seed: 51, numRuns: 300 },
    );
  });

  test("cuts long lines, of which it holds no more than that", async () => {
    const window = { maxLineChars: 4 };
    expect(await read("1234\n12345\n1234\r\n1234\r5\n", window)).toEqual(
      lines(["1234", "1234… [line cut]", "1234", "1234… [line cut]"], 4, 2),
    );
    expect(await read("123💾5", window)).toEqual(lines(["123\ufffd… [line cut]"], 1, 1));
  });

  test("ends the window when it is full, as its lines are written in JSON", async () => {
    const window = { maxChars: 12 };
    expect(await read("1234\n5678\n9\n", window)).toEqual(lines(["1234", "5678"], 3));
    expect(await read('"""\n5678\n9\n', window)).toEqual(lines(['"""'], 3));
    expect(await read("a line that is longer than the window\n2\n", window)).toEqual(
      lines(["a line that is longer than the window"], 2),
    );
  });

  test("knows binary data by a NUL character at the beginning, but not UTF-16", async () => {
    expect(await read("ab\0c\n")).toEqual({ kind: "binary" });
    expect(await read(`${"x\n".repeat(4_095)}\0`)).toEqual({ kind: "binary" });
    expect(await read(`${"x\n".repeat(4_096)}\0`, { maxLines: 1 })).toEqual(lines(["x"], 4_097));
    const utf16 = new Uint8Array([0xff, 0xfe, 0x61, 0, 0x0a, 0, 0x62, 0]);
    expect(await readLines(chunksOf(utf16, 8), all, never)).toEqual(lines(["a", "b"], 2));
  });

  test("counts no further than 64 MB behind its window", async () => {
    let chunks = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      const chunk = new TextEncoder().encode("x".repeat(1024 * 1024 - 1) + "\n");
      for (; chunks < 1_000; chunks++) yield chunk;
    };
    const found = await readLines(endless(), { ...all, maxLines: 2, maxLineChars: 3 }, never);
    expect(found).toEqual(lines(["xxx… [line cut]", "xxx… [line cut]"], undefined, 2));
    expect(chunks).toBe(64);
  });

  test("stops as soon as the signal aborts", async () => {
    const abort = new AbortController();
    let chunks = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        if (++chunks === 3) abort.abort();
        yield new Uint8Array([0x61]);
      }
    };
    expect(await thrown(() => readLines(endless(), all, abort.signal))).toMatchObject({
      code: "turn/interrupted",
    });
    expect(chunks).toBe(3);
  });
});
