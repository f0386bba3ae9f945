/**
 * Turns the bytes of a terminal into plain text, piece by piece: malformed UTF-8 becomes U+FFFD, control sequences
 * (ECMA-48) and control characters other than tab and line ends are dropped, `\r\n` becomes `\n`.
 */
export class PlainTextDecoder {
  readonly #decoder = new TextDecoder();
  /** The beginning of a sequence whose end has not come yet. */
  #open = "";

  /** The text of the next bytes, as far as it is complete. */
  push(bytes: Uint8Array): string {
    return this.#clean(this.#decoder.decode(bytes, { stream: true }), true);
  }

  /** What was held back at the end. */
  end(): string {
    return this.#clean(this.#decoder.decode(), false);
  }

  #clean(decoded: string, canGoOn: boolean): string {
    let text = this.#open + decoded;
    this.#open = "";
    if (!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(text)) return text;
    if (canGoOn) {
      // Sequences are short: what is longer than this never ends.
      const open = openSequence.exec(text.slice(-maxSequenceChars))?.[0] ?? "";
      this.#open = open;
      text = text.slice(0, text.length - open.length);
    }
    return text
      .replace(sequences, "")
      .replace(/\r\n/g, "\n")
      .replace(/[^\n\x08]\x08/g, "")
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "");
  }
}

const maxSequenceChars = 4_096;

/** CSI, the strings (OSC, DCS, SOS, PM, APC) up to BEL or ST, and the two- and three-character escapes. */
const sequences =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-Z\\^-~]/g;

/** One of them without its end, or a `\r` that may be half of a line end, at the end of a text. */
const openSequence = /(?:\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\x9c]*\x1b?|[ -/]*)|\r)$/;
