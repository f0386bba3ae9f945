import { expect, test } from "bun:test";
import fc from "fast-check";
import { decodeText } from "../../src/tools/decode_text.ts";

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.slice(start, start + size);
}

async function decode(bytes: Uint8Array, size: number): Promise<string> {
  return (await Array.fromAsync(decodeText(inChunks(bytes, size)))).join("");
}

function utf16(text: string, isLittleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(2 + text.length * 2);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xfeff, isLittleEndian);
  for (let index = 0; index < text.length; index++) {
    view.setUint16(2 + index * 2, text.charCodeAt(index), isLittleEndian);
  }
  return bytes;
}

test("decodeText() gives the same text however the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "grapheme" }),
      fc.integer({ min: 2, max: 9 }),
      async (raw, size) => {
        const text = raw.replace(/^\ufeff/, "").toWellFormed();
        const utf8 = new TextEncoder().encode(text);
        expect(await decode(utf8, size)).toBe(text);
        expect(await decode(new Uint8Array([0xef, 0xbb, 0xbf, ...utf8]), size)).toBe(text);
        expect(await decode(utf16(text, true), size)).toBe(text);
        expect(await decode(utf16(text, false), size)).toBe(text);
      },
    ),
    { seed: 41 },
  );
});

test("decodeText() replaces malformed bytes and keeps what binary data shows by", async () => {
  expect(await decode(new Uint8Array([0x61, 0xff, 0x62, 0xe2, 0x82]), 64)).toBe("a\ufffdb\ufffd");
  expect(await decode(new Uint8Array([0x61, 0, 0x62]), 64)).toBe("a\0b");
  expect(await decode(new Uint8Array(), 64)).toBe("");
});
