/**
 * A queue between producers that push and one consumer that iterates, unbounded: producers must be bounded by
 * something else, or wait for `room`. Values pushed after the end are dropped.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #values: T[] = [];
  /** Values that the consumer has fetched and not yet seen. */
  #inHand = 0;
  #wake: (() => void) | undefined;
  #waiting: readonly { readonly below: number; readonly resume: () => void }[] = [];
  #ended = false;

  /** Values that the consumer has not seen yet. */
  get size(): number {
    return this.#values.length + this.#inHand;
  }

  push(value: T): void {
    if (this.#ended) return;
    this.#values.push(value);
    this.#wake?.();
  }

  /** No more values; the consumer still sees those that were pushed. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
    this.#resume();
  }

  /** Resolves when fewer than `below` values wait, or the queue has ended. */
  async room(below: number): Promise<void> {
    if (this.size < below || this.#ended) return;
    await new Promise<void>((resume) => {
      this.#waiting = [...this.#waiting, { below, resume }];
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    try {
      while (true) {
        // Fetched in batches: shifting a long array once per value would be quadratic.
        const batch = this.#values.splice(0);
        this.#inHand = batch.length;
        for (const value of batch) {
          this.#inHand--;
          this.#resume();
          yield value;
        }
        if (this.#values.length > 0) continue;
        if (this.#ended) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      // Without a consumer there will never be room.
      this.end();
    }
  }

  #resume(): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter(({ below }) => this.size < below || this.#ended);
    this.#waiting = this.#waiting.filter((waiter) => !ready.includes(waiter));
    for (const { resume } of ready) resume();
  }
}
