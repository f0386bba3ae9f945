import type { Clock } from "../../core/ports.ts";
import type { Dialog } from "./dialog.ts";
import type { Drawing } from "./drawing.ts";
import type { Key } from "./keys.ts";
import type { Answered } from "./talk.ts";

/** How long nobody must have typed before keys count as the answer to a question, in milliseconds. */
const armingMs = 400;

export interface DialogOptions {
  readonly signal: AbortSignal;
  /** Whether the person has just asked for it: keys count at once. */
  readonly isExpected: boolean;
}

/** The place of the question that is open, if one is. */
export class DialogSlot {
  readonly #clock: Clock;
  #open: { draw(columns: number): Drawing; press(key: Key): void } | undefined;
  /** `clock.monotonic()` from which keys are answers. */
  #armedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with the answer. @throws the signal's reason when it aborts */
  async ask<Value>(
    dialog: Dialog<Value>,
    { signal, isExpected }: DialogOptions,
  ): Promise<Answered<Value>> {
    signal.throwIfAborted();
    this.#armedAt = this.#clock.monotonic() + (isExpected ? 0 : armingMs);
    const answer = Promise.withResolvers<Answered<Value>>();
    const onAbort = (): void => answer.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const open = {
      draw: (columns: number) => dialog.draw(columns),
      press(key: Key) {
        const answered = dialog.press(key);
        if (answered) answer.resolve(answered);
      },
    };
    this.#open = open;
    try {
      return await answer.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      if (this.#open === open) this.#open = undefined;
    }
  }

  draw(columns: number): Drawing | undefined {
    return this.#open?.draw(columns);
  }

  /**
   * Whether the key was taken by a question. It is not while somebody types who cannot have read the question yet: an
   * approval must not be given by a letter of the next message.
   */
  press(key: Key): boolean {
    if (!this.#open) return false;
    const now = this.#clock.monotonic();
    const isCtrlC = key.type === "key" && key.name === "ctrl-c";
    if (!isCtrlC && now < this.#armedAt) {
      this.#armedAt = now + armingMs;
      return false;
    }
    this.#open.press(key);
    return true;
  }

  /** Leaves the question without an answer. */
  dismiss(): void {
    this.#open?.press({ type: "key", name: "escape" });
  }
}
