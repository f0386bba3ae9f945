import { joinBytes } from "../../core/bytes.ts";
import { PlainTextDecoder } from "./plain_text.ts";

/**
 * The beginning and the end of what a program prints, as plain text. Memory and work stay bounded however much it is:
 * only what is kept gets decoded.
 */
export class KeptOutput {
  readonly #headBytes: number;
  readonly #tailBytes: number;
  readonly #head: Uint8Array[] = [];
  #heldHead = 0;
  #tail: Uint8Array[] = [];
  #heldTail = 0;
  #totalBytes = 0;

  /** A quarter of the bytes that are kept are of the beginning. */
  constructor(maxBytes: number) {
    this.#headBytes = Math.floor(maxBytes / 4);
    this.#tailBytes = maxBytes - this.#headBytes;
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  push(bytes: Uint8Array): void {
    this.#totalBytes += bytes.length;
    const room = Math.min(this.#headBytes - this.#heldHead, bytes.length);
    if (room > 0) {
      this.#head.push(bytes.slice(0, room));
      this.#heldHead += room;
    }
    if (room === bytes.length) return;
    this.#tail.push(bytes.slice(room));
    this.#heldTail += bytes.length - room;
    // Twice the limit, so that joining is rare.
    if (this.#heldTail > 2 * this.#tailBytes) this.#trimTail();
  }

  /**
   * What was kept, with a line in place of what was not. Cut between lines, where there are any: half a secret would not
   * be known as one.
   */
  text(): string {
    this.#trimTail();
    const left = this.#totalBytes - this.#heldHead - this.#heldTail;
    if (left === 0) return decoded([...this.#head, ...this.#tail]);
    const head = decoded(this.#head);
    const tail = decoded(this.#tail);
    const end = head.lastIndexOf("\n");
    const whole = end === -1 ? `${head}\n` : head.slice(0, end + 1);
    const rest = tail.slice(tail.indexOf("\n") + 1);
    return `${whole}[... about ${left} bytes left out ...]\n${rest}`;
  }

  #trimTail(): void {
    if (this.#heldTail <= this.#tailBytes) return;
    const kept = joinBytes(this.#tail).slice(-this.#tailBytes);
    this.#tail = [kept];
    this.#heldTail = kept.length;
  }
}

function decoded(pieces: readonly Uint8Array[]): string {
  const decoder = new PlainTextDecoder();
  return decoder.push(joinBytes(pieces)) + decoder.end();
}
