import type { Readable } from "node:stream";

/**
 * Pulls the bytes of a stream. Reading pauses while nobody asks: what arrives meanwhile stays in the pipe, beyond the
 * stream's own small buffer. Attached at once, because a stream of a child that has ended is drained into nothing
 * when nobody has attached yet.
 */
export class ChunkReader {
  readonly #stream: Readable;
  #failure: Error | undefined;
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on("readable", this.#onReadable);
    stream.once("end", this.#onOver);
    stream.once("close", this.#onOver);
    stream.on("error", this.#onError);
  }

  /**
   * The chunks up to the end or to `close`; leaves the stream open when the iteration ends early. Throws what the
   * stream failed with, or the reason of `signal`.
   */
  async *chunks(signal?: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const onAbort = (): void => this.#wake();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      while (true) {
        signal?.throwIfAborted();
        const chunk: unknown = this.#isOver ? null : this.#stream.read();
        if (chunk instanceof Uint8Array) {
          yield chunk;
          continue;
        }
        if (this.#failure) throw this.#failure;
        if (this.#isOver) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Lets go of the stream without closing it; no more chunks. */
  detach(): void {
    this.#stream.off("readable", this.#onReadable);
    this.#stream.off("end", this.#onOver);
    this.#stream.off("close", this.#onOver);
    this.#stream.off("error", this.#onError);
    this.#onOver();
  }

  /** Closes the stream; no more chunks. */
  close(): void {
    this.#onOver();
    this.#stream.destroy();
  }

  readonly #onReadable = (): void => this.#wake();

  readonly #onOver = (): void => {
    this.#isOver = true;
    this.#wake();
  };

  readonly #onError = (error: Error): void => {
    this.#failure ??= error;
    this.#onOver();
  };
}
