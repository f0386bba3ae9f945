import type { Clock } from "../core/ports.ts";

/** What a program writes, for one reader, with a look at whether the reader waits for more. */
export class WatchedOutput implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterable<Uint8Array>;
  #count = 0;
  #isWaiting = false;
  #hasEnded = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      this.#isWaiting = true;
      for await (const chunk of this.#chunks) {
        this.#count++;
        this.#isWaiting = false;
        yield chunk;
        this.#isWaiting = true;
      }
    } finally {
      this.#hasEnded = true;
    }
  }

  /**
   * Resolves when the output has ended, or when the reader has waited for `ms` and nothing came: a reader that is slow has
   * not seen all of it, however long that takes.
   */
  async untilDrained(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    while (!this.#hasEnded) {
      const seen = this.#count;
      await clock.sleep(ms, signal);
      if (this.#isWaiting && this.#count === seen) return;
    }
  }
}
