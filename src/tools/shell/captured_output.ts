import { OutputCopy, type OutputCopyDeps } from "./output_copy.ts";
import { PlainTextDecoder } from "./plain_text.ts";

export interface CapturedOutputOptions {
  /** Characters that are kept: the first 40 % and the last 60 %. */
  readonly maxChars: number;
  /** The file for the whole output; its directory is created for the user alone. */
  readonly path: string;
}

/**
 * What a command prints: its beginning and end as plain text, and the whole of it in a file once it does not fit.
 * Memory stays bounded however much is printed.
 */
export class CapturedOutput {
  readonly #decoder = new PlainTextDecoder();
  readonly #copy: OutputCopy;
  readonly #headChars: number;
  readonly #tailChars: number;
  #head = "";
  #tail: string[] = [];
  #heldTailChars = 0;
  #totalChars = 0;
  #totalBytes = 0;

  constructor(deps: OutputCopyDeps, options: CapturedOutputOptions) {
    this.#copy = new OutputCopy(deps, options.path);
    this.#headChars = Math.floor(options.maxChars * 0.4);
    this.#tailChars = options.maxChars - this.#headChars;
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Takes the next bytes; the text that they show. Wait for `settle` before the next ones. */
  push(bytes: Uint8Array): string {
    this.#totalBytes += bytes.length;
    this.#copy.push(bytes);
    const text = this.#decoder.push(bytes);
    this.#keep(text);
    return text;
  }

  /** Writes what has gathered for the file, if there is enough of it. */
  async settle(): Promise<void> {
    if (this.#copy.isFull) await this.#copy.flush();
  }

  /** The text for the model, with a marker where something was left out. */
  async end(): Promise<string> {
    this.#keep(this.#decoder.end());
    const tail = this.#tail.join("");
    if (!this.#isTruncated) {
      await this.#copy.discard();
      return this.#head + tail;
    }
    await this.#copy.flush();
    const shownTail = tail.slice(-this.#tailChars);
    const omitted = this.#totalChars - this.#head.length - shownTail.length;
    return `${this.#head.toWellFormed()}\n\n${this.#marker(omitted)}\n\n${shownTail.toWellFormed()}`;
  }

  get #isTruncated(): boolean {
    return this.#totalChars > this.#headChars + this.#tailChars;
  }

  #keep(text: string): void {
    this.#totalChars += text.length;
    const room = this.#headChars - this.#head.length;
    if (room > 0) this.#head += text.slice(0, room);
    const rest = room > 0 ? text.slice(room) : text;
    if (rest === "") return;
    this.#tail.push(rest);
    this.#heldTailChars += rest.length;
    if (this.#heldTailChars < 4 * this.#tailChars) return;
    const tail = this.#tail.join("").slice(-this.#tailChars);
    this.#tail = [tail];
    this.#heldTailChars = tail.length;
  }

  #marker(omitted: number): string {
    const { problem, path } = this.#copy;
    const whole =
      problem === undefined
        ? `The whole output (${this.#totalBytes} bytes) is in ${path}: use read_file with offset and limit, or search_files`
        : `The whole output (${this.#totalBytes} bytes) could not be saved: ${problem}`;
    return `[... ${omitted} characters left out. ${whole} ...]`;
  }
}
