import { textOf, type UserMessage } from "./item.ts";

/**
 * What a person says to a turn that runs, in the order in which it was said, until the backend takes it. What was not
 * taken when the turn has ended is still the person's: nothing is lost.
 */
export class Steering {
  readonly #onTaken: (message: UserMessage) => void;
  #waiting: readonly UserMessage[] = [];
  #watchers: readonly (() => void)[] = [];

  /** `onTaken` hears of each message at the moment in which it becomes a part of the turn. */
  constructor(onTaken: (message: UserMessage) => void = () => undefined) {
    this.#onTaken = onTaken;
  }

  /** What waits, the oldest first. */
  get waiting(): readonly UserMessage[] {
    return this.#waiting;
  }

  /** Adds a message; false for one that says nothing. */
  push(message: UserMessage): boolean {
    const hasImage = message.parts.some(({ type }) => type === "image");
    if (!hasImage && textOf(message).trim() === "") return false;
    this.#waiting = [...this.#waiting, message];
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const wake of watchers) wake();
    return true;
  }

  /** The message is a part of the turn from now on. */
  take(message: UserMessage): void {
    this.#waiting = this.#waiting.filter((other) => other !== message);
    this.#onTaken(message);
  }

  /** Resolves when a message is added, or the signal aborts. */
  async added(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const onAbort = (): void => resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#watchers = [...this.#watchers, onAbort];
    await promise;
    this.#watchers = this.#watchers.filter((watcher) => watcher !== onAbort);
    signal.removeEventListener("abort", onAbort);
  }
}
