/** A number of places for work: who comes when all are taken waits, in the order of arrival. */
export class Places {
  #free: number;
  #waiting: readonly (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `work` when there is a place for it. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting = [...this.#waiting, resolve];
      await promise;
    }
    try {
      return await work();
    } finally {
      const [next, ...rest] = this.#waiting;
      this.#waiting = rest;
      // The place goes to the next one without becoming free.
      if (next) next();
      else this.#free++;
    }
  }
}
