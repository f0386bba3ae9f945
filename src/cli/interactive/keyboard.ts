import type { Clock, Terminal } from "../../core/ports.ts";
import { KeyParser, type Key } from "./keys.ts";

/** How long an escape may be the beginning of another key, in milliseconds: more than a slow connection needs. */
const escapeWaitMs = 50;

export interface KeyboardDeps {
  readonly terminal: Pick<Terminal, "keys">;
  readonly clock: Clock;
}

/** Takes keys, one after the other. */
export type KeyHandler = (key: Key) => void;

/** The keys of a session. Whoever began to listen last gets them, until it stops. */
export class Keyboard {
  readonly #deps: KeyboardDeps;
  readonly #parser = new KeyParser();
  #handlers: readonly KeyHandler[] = [];

  constructor(deps: KeyboardDeps) {
    this.#deps = deps;
  }

  listen(handler: KeyHandler): Disposable {
    this.#handlers = [...this.#handlers, handler];
    return {
      [Symbol.dispose]: () => {
        this.#handlers = this.#handlers.filter((other) => other !== handler);
      },
    };
  }

  /** Hands a key to whoever listens. */
  press(key: Key): void {
    this.#handlers.at(-1)?.(key);
  }

  /** Reads keys until the signal aborts or the terminal goes away. */
  async run(signal: AbortSignal): Promise<void> {
    let following = new AbortController();
    try {
      for await (const input of this.#deps.terminal.keys(signal)) {
        following.abort();
        for (const key of this.#parser.feed(input)) this.press(key);
        if (!this.#parser.isUndecided) continue;
        following = new AbortController();
        void this.#decideLater(following.signal);
      }
    } finally {
      following.abort();
    }
  }

  async #decideLater(signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.clock.sleep(escapeWaitMs, signal);
    } catch {
      return;
    }
    for (const key of this.#parser.flush()) this.press(key);
  }
}
