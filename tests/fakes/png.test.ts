import { expect, test } from "bun:test";
import { deflateSync } from "node:zlib";
import { inkShare } from "./png.ts";

/** A PNG of 2 pixels a row, RGB, from its filtered rows. */
function png(...rows: readonly (readonly number[])[]): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(2, 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Uint8Array.from(rows.flat()))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** The checksum is left empty: nobody reads it here. */
function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
}

test.each([
  ["no filter", [0, 7, 8, 9, 7, 8, 9]],
  ["Sub", [1, 7, 8, 9, 0, 0, 0]],
  ["Up", [2, 0, 0, 0, 0, 0, 0]],
  ["Average", [3, 4, 4, 5, 0, 0, 0]],
  ["Paeth", [4, 0, 0, 0, 0, 0, 0]],
])("one colour is blank, with the filter %s", (_, row) => {
  expect(inkShare(png([0, 7, 8, 9, 7, 8, 9], row))).toBe(0);
});

test("inkShare() is the share of what differs", () => {
  expect(inkShare(png([0, 7, 8, 9, 7, 8, 9], [2, 0, 0, 0, 0, 0, 1]))).toBe(0.25);
  expect(() => inkShare(Uint8Array.of(1, 2, 3))).toThrow("No PNG");
});
