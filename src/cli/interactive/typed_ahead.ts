import type { TypedMessage } from "./talk.ts";

/** Messages that were sent while none was read: each is said to the turn that runs, or waits to be read. */
export class TypedAhead {
  #waiting: readonly TypedMessage[] = [];
  /** Those of them that are said to the turn that runs. */
  #steering: ReadonlySet<TypedMessage> = new Set();
  #take: ((message: TypedMessage) => boolean) | undefined;

  /** Neither read nor delivered, in their order. */
  get waiting(): readonly TypedMessage[] {
    return this.#waiting;
  }

  /** Whether a message is said to the turn that runs. */
  isSteering(message: TypedMessage): boolean {
    return this.#steering.has(message);
  }

  /** Tells of what is sent from now on, as `Talk.onMessage` says. */
  listen(take: (message: TypedMessage) => boolean): Disposable {
    this.#take = take;
    return {
      [Symbol.dispose]: () => {
        if (this.#take !== take) return;
        this.#take = undefined;
        this.#steering = new Set();
      },
    };
  }

  /** Whether the message that was sent is said to the turn; undefined where nobody listens. */
  send(message: TypedMessage): boolean | undefined {
    this.#waiting = [...this.#waiting, message];
    const isTaken = this.#take?.(message);
    if (isTaken === true) this.#steering = new Set([...this.#steering, message]);
    return isTaken;
  }

  /** The message has reached the turn: it is not read any more. */
  delivered(message: TypedMessage): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== message);
  }

  /** The one that is read next; it waits no longer. */
  read(): TypedMessage | undefined {
    const [next, ...rest] = this.#waiting;
    this.#waiting = rest;
    return next;
  }

  /** All that wait; they wait no longer. */
  takeBack(): readonly TypedMessage[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}
