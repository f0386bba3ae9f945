import { joinBytes } from "../core/bytes.ts";
import { HermesError } from "../core/errors.ts";

const lineFeed = 0x0a;

/**
 * The lines of a byte stream as text, without their ends. Only a line feed ends a line (U+2028 is text), and a line is
 * decoded when it is whole, so that no character is torn. Empty lines are left out; what stands behind the last line
 * feed is a line too. A line of more than `maxBytes` is told to `onTooLong`: where that returns, the line is left out.
 * @throws {HermesError} `stream/invalid` for such a line, where `onTooLong` is absent
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  onTooLong = (): void => {
    throw tooLong(maxBytes);
  },
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let pieces: Uint8Array[] = [];
  let held = 0;
  /** Whether what comes up to the next line feed belongs to a line that is left out. */
  let isSkipping = false;
  const takeLine = (end: Uint8Array): string => {
    const line =
      pieces.length === 0 ? decoder.decode(end) : decoder.decode(joinBytes([...pieces, end]));
    pieces = [];
    held = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      const from = start;
      start = end + 1;
      if (isSkipping) {
        isSkipping = false;
        continue;
      }
      if (held + end - from > maxBytes) {
        [pieces, held] = [[], 0];
        onTooLong();
        continue;
      }
      const line = takeLine(chunk.subarray(from, end)).trim();
      if (line !== "") yield line;
    }
    if (start === chunk.length || isSkipping) continue;
    // The stream may use its buffer again.
    pieces.push(chunk.slice(start));
    held += chunk.length - start;
    if (held > maxBytes) {
      [pieces, held, isSkipping] = [[], 0, true];
      onTooLong();
    }
  }
  const rest = takeLine(new Uint8Array()).trim();
  if (rest !== "") yield rest;
}

function tooLong(maxBytes: number): HermesError {
  const megabytes = Math.round(maxBytes / 1_048_576);
  return new HermesError("stream/invalid", `A line of more than ${megabytes} MB was sent`);
}
