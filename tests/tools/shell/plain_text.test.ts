import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PlainTextDecoder } from "../../../src/tools/shell/plain_text.ts";

function decode(...chunks: readonly (string | Uint8Array)[]): string {
  const decoder = new PlainTextDecoder();
  const texts = chunks.map((chunk) =>
    decoder.push(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk),
  );
  return texts.join("") + decoder.end();
}

describe("PlainTextDecoder", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["plain\ttext\n", "plain\ttext\n"],
    ["\u001b[1;31mred\u001b[0m", "red"],
    ["\u001b[2K\u001b[1A\rdone", "\rdone"],
    ["\u001b]0;title\u0007after", "after"],
    ["\u001b]8;;https://example.com\u001b\\link\u001b]8;;\u001b\\", "link"],
    ["\u001bPdata\u001b\\x", "x"],
    ["\u001b(Bx\u001b=y\u001bMz", "xyz"],
    ["a\r\nb\rc", "a\nb\rc"],
    ["b\bbo\bol\bld\bd", "bold"],
    ["bell\u0007 nul\0 c1\u009b", "bell nul c1"],
    ["unfinished \u001b[31", "unfinished [31"],
    ["日本 ✓ 😀", "日本 ✓ 😀"],
  ];
  for (const [input, expected] of rows) {
    test(`push() shows ${JSON.stringify(input)} as ${JSON.stringify(expected)}`, () => {
      expect(decode(input)).toBe(expected);
    });
  }

  test("push() replaces malformed UTF-8", () => {
    expect(decode(new Uint8Array([0x61, 0xff, 0x62, 0xe2, 0x82]))).toBe("a\ufffdb\ufffd");
  });

  test("push() gives the same text however the bytes are cut", () => {
    const text = "x\u001b[1mé😀\u001b]0;t\u001b\\y\r\n\u001b]8;;u\u0007z\u001b(B\r\rend\u001b[0m";
    const bytes = new TextEncoder().encode(text);
    const whole = decode(bytes);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.slice(places[index], end));
        expect(decode(...chunks)).toBe(whole);
      }),
      { seed: 20_260_103, numRuns: 500 },
    );
  });

  test("push() does not hold back a sequence that never ends", () => {
    const decoder = new PlainTextDecoder();
    const shown = decoder.push(new TextEncoder().encode(`\u001b]${"x".repeat(100_000)}`));
    expect(shown.length).toBeGreaterThan(90_000);
  });
});
