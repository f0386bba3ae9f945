/** Lets so many pieces of work run at once, and of those with the same key one. */
export class Slots {
  readonly #most: number;
  readonly #keys = new Set<string>();
  readonly #waiting: { readonly key: string | undefined; readonly start: () => void }[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** What the work gives, when it was its turn: in the order of asking, past those whose key is taken. */
  async use<T>(key: string | undefined, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ key, start });
      this.#startNext();
    });
    try {
      return await work();
    } finally {
      this.#running--;
      if (key !== undefined) this.#keys.delete(key);
      this.#startNext();
    }
  }

  #startNext(): void {
    while (this.#running < this.#most) {
      const index = this.#waiting.findIndex(({ key }) => key === undefined || !this.#keys.has(key));
      const [next] = index === -1 ? [] : this.#waiting.splice(index, 1);
      if (!next) return;
      this.#running++;
      if (next.key !== undefined) this.#keys.add(next.key);
      next.start();
    }
  }
}
