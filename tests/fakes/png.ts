import { inflateSync } from "node:zlib";

/** Samples of a pixel by the colour type of the header, for the types that browsers write: RGB and RGBA. */
const samplesOf: Readonly<Record<number, number>> = { 2: 3, 6: 4 };

/**
 * The share of pixels in another colour than the most frequent one, from 0 to 1: 0 is a blank picture. Reads PNG with
 * 8 bits a sample, RGB or RGBA, not interlaced (https://www.w3.org/TR/png-3/).
 */
export function inkShare(png: Uint8Array): number {
  const { width, height, samples, data } = unpack(Buffer.from(png));
  const counts = new Map<string, number>();
  for (let start = 0; start < data.length; start += samples) {
    const color = data.toString("latin1", start, start + samples);
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  return 1 - Math.max(...counts.values()) / (width * height);
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  /** Row after row, without the filters. */
  readonly data: Buffer;
}

function unpack(png: Buffer): Pixels {
  const chunks = [...chunksOf(png)];
  const header = chunks.find(({ type }) => type === "IHDR")?.data;
  if (!header) throw new TypeError("No PNG");
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const samples = samplesOf[header.readUInt8(9)];
  if (samples === undefined || header.readUInt8(8) !== 8 || header.readUInt8(12) !== 0) {
    throw new TypeError("A PNG of another kind");
  }
  const packed = chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data);
  const rows = inflateSync(Buffer.concat(packed));
  return { width, height, samples, data: unfilter(rows, width * samples, samples) };
}

function* chunksOf(png: Buffer): Generator<{ readonly type: string; readonly data: Buffer }> {
  let start = 8;
  while (start + 12 <= png.length) {
    const length = png.readUInt32BE(start);
    const type = png.toString("latin1", start + 4, start + 8);
    yield { type, data: png.subarray(start + 8, start + 8 + length) };
    start += 12 + length;
  }
}

/** Each row begins with the number of its filter (section 9.2 of the standard). */
function unfilter(rows: Buffer, stride: number, samples: number): Buffer {
  const out = Buffer.alloc((rows.length / (stride + 1)) * stride);
  for (let at = 0; at < out.length; at++) {
    const [row, column] = [Math.floor(at / stride), at % stride];
    const left = column < samples ? 0 : (out[at - samples] ?? 0);
    const above = out[at - stride] ?? 0;
    const corner = column < samples ? 0 : (out[at - stride - samples] ?? 0);
    const filter = rows[row * (stride + 1)] ?? 0;
    const raw = rows[row * (stride + 1) + 1 + column] ?? 0;
    out[at] = raw + predicted(filter, left, above, corner);
  }
  return out;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return Math.floor((left + above) / 2);
    case 4:
      return paeth(left, above, corner);
    default:
      return 0;
  }
}

/** Section 9.4: whichever of the three lies nearest to left + above - corner. */
function paeth(left: number, above: number, corner: number): number {
  const [toLeft, toAbove, toCorner] = [
    Math.abs(above - corner),
    Math.abs(left - corner),
    Math.abs(left + above - 2 * corner),
  ];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
