import type { Clock } from "../../core/ports.ts";
import { HermesError } from "../../core/errors.ts";
import type { Talk } from "./talk.ts";

/** A second Ctrl-C within this time leaves, in milliseconds. */
const secondInterruptMs = 2_000;

export interface InterruptsDeps {
  readonly clock: Pick<Clock, "monotonic">;
  readonly talk: Pick<Talk, "onInterrupt">;
}

/** What runs now, and what Ctrl-C makes of it. */
export class Interrupts {
  readonly #deps: InterruptsDeps;
  #lastAt = -Infinity;
  /** Ends what runs now. */
  #running: AbortController | undefined;
  /** Resolves when nothing runs. */
  #idle: Promise<void> = Promise.resolve();
  readonly #forced = Promise.withResolvers<void>();

  constructor(deps: InterruptsDeps) {
    this.#deps = deps;
  }

  /** Resolves with the second Ctrl-C: what still runs must not be waited for. */
  get forced(): Promise<void> {
    return this.#forced.promise;
  }

  /** Takes note of a Ctrl-C; whether another one came just before. */
  isSecond(): boolean {
    const now = this.#deps.clock.monotonic();
    const isSecond = now - this.#lastAt <= secondInterruptMs;
    this.#lastAt = now;
    return isSecond;
  }

  /** Something was said meanwhile: the next Ctrl-C is a first one, and ends only that. */
  forget(): void {
    this.#lastAt = -Infinity;
  }

  /** Ends what runs now; the second time within two seconds everything. */
  interrupt(): void {
    if (this.isSecond()) this.#forced.resolve();
    else void this.stop();
  }

  /** Ends what runs now; resolves when it has ended. */
  async stop(): Promise<void> {
    this.#running?.abort(new HermesError("turn/interrupted", "Interrupted"));
    await this.#idle;
  }

  /** Runs something that Ctrl-C ends. */
  async run<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const running = new AbortController();
    const ended = Promise.withResolvers<void>();
    this.#running = running;
    this.#idle = ended.promise;
    using _ = this.#deps.talk.onInterrupt(() => this.interrupt());
    try {
      return await work(running.signal);
    } finally {
      this.#running = undefined;
      ended.resolve();
    }
  }
}
