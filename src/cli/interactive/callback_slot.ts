/** A place for one callback: the last one that was put there is called. */
export class CallbackSlot {
  #callback: (() => void) | undefined;

  /** Puts it there, until it is disposed or another one takes its place. */
  put(callback: () => void): Disposable {
    this.#callback = callback;
    return {
      [Symbol.dispose]: () => {
        if (this.#callback === callback) this.#callback = undefined;
      },
    };
  }

  call(): void {
    this.#callback?.();
  }
}
