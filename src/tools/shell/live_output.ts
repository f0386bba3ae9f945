import type { Clock } from "../../core/ports.ts";

export interface LiveOutputDeps {
  readonly clock: Clock;
  /** Masks secrets for people. */
  readonly redact: (text: string) => string;
  readonly show: (delta: string) => void;
}

/** Pause between two deltas, and characters of one: eyes and pipes take no more. */
const pauseMs = 50;
const maxDeltaChars = 4_000;

/**
 * Shows output while it comes, at a bounded rate: whole lines, so that a secret is masked whole, and of a flood only
 * the last lines of each pause.
 */
export class LiveOutput {
  readonly #deps: LiveOutputDeps;
  readonly #ended = new AbortController();
  #pending = "";
  #skipped = 0;
  #timer: Promise<void> | undefined;

  constructor(deps: LiveOutputDeps) {
    this.#deps = deps;
  }

  push(text: string): void {
    this.#pending += text;
    if (this.#pending.length > 2 * maxDeltaChars) this.#skipLines();
    this.#timer ??= this.#flushLater();
  }

  /** Shows the rest. */
  async end(): Promise<void> {
    this.#ended.abort();
    await this.#timer;
    this.#flush(this.#pending.length);
  }

  async #flushLater(): Promise<void> {
    // The first lines of a command are shown after one pause too: most commands are over by then.
    await this.#deps.clock.sleep(pauseMs, this.#ended.signal).catch(() => undefined);
    this.#timer = undefined;
    if (!this.#ended.signal.aborted) this.#flush(this.#pending.lastIndexOf("\n") + 1);
  }

  #flush(end: number): void {
    const text = this.#pending.slice(0, end);
    this.#pending = this.#pending.slice(end);
    const skipped = this.#skipped > 0 ? `[... ${this.#skipped} characters not shown ...]\n` : "";
    this.#skipped = 0;
    const shown = this.#deps.redact(text);
    const last = shown.slice(-maxDeltaChars).toWellFormed();
    if (skipped + last !== "") this.#deps.show(skipped + last);
  }

  /** Lets go of all but the last lines. A line that is longer than a delta goes whole. */
  #skipLines(): void {
    const lineStart = this.#pending.indexOf("\n", this.#pending.length - maxDeltaChars) + 1;
    const start = lineStart > 0 ? lineStart : this.#pending.length;
    this.#skipped += start;
    this.#pending = this.#pending.slice(start);
  }
}
