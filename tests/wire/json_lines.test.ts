import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readLines } from "../../src/wire/json_lines.ts";
import { thrown } from "../fakes/thrown.ts";

async function linesOf(chunks: readonly Uint8Array[], maxBytes = 1_000): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(streamOf(chunks), maxBytes)) lines.push(line);
  return lines;
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("readLines()", () => {
  test("ends a line at a line feed only", async () => {
    expect(await linesOf([bytes('{"a":"x\u2028y"}\r\n\n\n"b"\n"last"')])).toEqual([
      '{"a":"x\u2028y"}',
      '"b"',
      '"last"',
    ]);
  });

  test("finds the same lines however the bytes are cut", async () => {
    const text = fc.string({ unit: "grapheme" }).map((line) => line.replaceAll("\n", " "));
    await fc.assert(
      fc.asyncProperty(fc.array(text), fc.array(fc.nat(40)), async (lines, cuts) => {
        const whole = bytes(lines.map((line) => `${line}\n`).join(""));
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(whole.subarray(at, at + cut));
          at += cut;
        }
        chunks.push(whole.subarray(at));
        const wanted = lines.map((line) => line.trim()).filter((line) => line !== "");
        expect(await linesOf(chunks, 100_000)).toEqual(wanted);
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  test.each([
    ["in one piece", ["123456\n"]],
    ["in pieces", ["123", "456", "\n"]],
    ["that never ends", ["123", "456"]],
  ])("gives up at a line that is too long %s", async (_name, pieces) => {
    const { code } = await thrown(() => linesOf(pieces.map(bytes), 5));
    expect(code).toBe("stream/invalid");
  });

  test.each([
    ["in one piece", ["one\n123456\ntwo\n"]],
    ["in pieces", ["one\n123", "456", "789", "0\ntwo", "\n"]],
    ["cut at its end", ["one\n123456", "\n", "two\n"]],
    ["at the end", ["one\ntwo\n123", "456", "789"]],
  ])("leaves out a line that is too long %s, where it is told to", async (_name, pieces) => {
    const lines: string[] = [];
    let told = 0;
    const stream = streamOf(pieces.map(bytes));
    for await (const line of readLines(stream, 5, () => void told++)) lines.push(line);
    expect([lines, told]).toEqual([["one", "two"], 1]);
  });
});
