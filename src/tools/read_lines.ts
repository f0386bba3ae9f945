import { throwIfAborted } from "../core/errors.ts";
import { decodeText } from "./decode_text.ts";

export interface LineWindow {
  /** 1 is the first line. */
  readonly firstLine: number;
  readonly maxLines: number;
  /** Characters of a line that are kept. */
  readonly maxLineChars: number;
  /** Characters of the window at most, as its lines are written in JSON. */
  readonly maxChars: number;
}

export type ReadLines =
  | { readonly kind: "binary" }
  | {
      readonly kind: "text";
      readonly lines: readonly string[];
      /** Undefined when the text is too long to be counted to its end. */
      readonly totalLines: number | undefined;
      /** Lines that were shortened. */
      readonly cutLines: number;
    };

/** Bytes that are read at most only to count the lines behind the window. */
const maxCountedBytes = 64 * 1024 * 1024;
/** Characters at the beginning that tell text from binary data. */
const probedChars = 8 * 1024;
/** What stands behind the beginning of a line that was cut. */
const cutMark = "… [line cut]";

/** Reads a window of lines without holding more of the text than that. */
export async function readLines(
  chunks: AsyncIterable<Uint8Array>,
  window: LineWindow,
  signal: AbortSignal,
): Promise<ReadLines> {
  const collector = new LineCollector(window);
  let bytes = 0;
  let chars = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of chunks) {
      throwIfAborted(signal);
      bytes += chunk.length;
      yield chunk;
    }
  };
  for await (const text of decodeText(counted())) {
    if (text.slice(0, Math.max(0, probedChars - chars)).includes("\0")) return { kind: "binary" };
    chars += text.length;
    collector.push(text);
    if (collector.isPastWindow && bytes > maxCountedBytes) return collector.result(undefined);
  }
  collector.end();
  return collector.result(collector.count);
}

/** Cuts text that comes in pieces into lines and keeps those of the window. */
class LineCollector {
  count = 0;
  readonly #window: LineWindow;
  readonly #lines: string[] = [];
  #cutLines = 0;
  #isFull = false;
  /** The beginning of the line that has not ended yet; never more of it than is kept. */
  #open = "";
  #openLength = 0;
  #chars = 0;

  constructor(window: LineWindow) {
    this.#window = window;
  }

  get isPastWindow(): boolean {
    return this.#isFull || this.count >= this.#window.firstLine - 1 + this.#window.maxLines;
  }

  push(text: string): void {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#extend(text.slice(start, end));
      this.#close();
      start = end + 1;
    }
    this.#extend(text.slice(start));
  }

  /** A last line without a line break counts; nothing after the last line break is no line. */
  end(): void {
    if (this.#openLength > 0) this.#close();
  }

  result(totalLines: number | undefined): ReadLines {
    return { kind: "text", lines: this.#lines, totalLines, cutLines: this.#cutLines };
  }

  #extend(piece: string): void {
    this.#openLength += piece.length;
    // One more for a carriage return, and one that tells that there was more.
    const room = this.#window.maxLineChars + 2 - this.#open.length;
    if (room > 0) this.#open += piece.slice(0, room);
  }

  #close(): void {
    this.count++;
    const line = this.#open.replace(/\r$/, "");
    const isCut = line.length > this.#window.maxLineChars;
    this.#open = "";
    this.#openLength = 0;
    const { firstLine, maxLines, maxLineChars, maxChars } = this.#window;
    if (this.#isFull || this.count < firstLine || this.count >= firstLine + maxLines) return;
    const shown = isCut ? `${line.slice(0, maxLineChars).toWellFormed()}${cutMark}` : line;
    this.#chars += JSON.stringify(shown).length;
    if (this.#chars > maxChars && this.#lines.length > 0) {
      this.#isFull = true;
      return;
    }
    if (isCut) this.#cutLines++;
    this.#lines.push(shown);
  }
}
