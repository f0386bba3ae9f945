import { HermesError } from "../core/errors.ts";

const lineFeed = 0x0a;

/**
 * The lines of a byte stream as text, without their ends. Only a line feed ends a line (U+2028 is text), and a line is
 * decoded when it is whole, so that no character is torn. Empty lines are left out; what stands behind the last line
 * feed is a line too.
 * @throws {HermesError} `stream/invalid` for a line of more than `maxBytes`
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let pieces: Uint8Array[] = [];
  let held = 0;
  const takeLine = (end: Uint8Array): string => {
    const line = pieces.length === 0 ? decoder.decode(end) : decoder.decode(joined(pieces, end));
    pieces = [];
    held = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      if (held + end - start > maxBytes) throw tooLong(maxBytes);
      const line = takeLine(chunk.subarray(start, end)).trim();
      start = end + 1;
      if (line !== "") yield line;
    }
    if (start === chunk.length) continue;
    // The stream may use its buffer again.
    pieces.push(chunk.slice(start));
    held += chunk.length - start;
    if (held > maxBytes) throw tooLong(maxBytes);
  }
  const rest = takeLine(new Uint8Array()).trim();
  if (rest !== "") yield rest;
}

function joined(pieces: readonly Uint8Array[], end: Uint8Array): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, end.length));
  let at = 0;
  for (const piece of [...pieces, end]) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function tooLong(maxBytes: number): HermesError {
  const megabytes = Math.round(maxBytes / 1_048_576);
  return new HermesError("stream/invalid", `A line of more than ${megabytes} MB was sent`);
}
