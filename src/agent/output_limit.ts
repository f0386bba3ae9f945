/** What an answer without a configured limit is taken to have been allowed, in tokens. */
const usualLimit = 4_096;
/** Limits are raised up to this many tokens, or the configured one if that is larger. */
const ceiling = 32_768;

/** The output limits of a turn: raised with each answer that a limit cut, never below what was given already. */
export class OutputLimit {
  readonly #configured: number | undefined;
  #base: number;
  #cuts = 0;

  constructor(configured: number | undefined) {
    this.#configured = configured;
    this.#base = configured ?? usualLimit;
  }

  /** Undefined: the server decides, as long as nothing was cut. */
  get tokens(): number | undefined {
    if (this.#cuts === 0) return this.#configured;
    return Math.min(this.#base * (this.#cuts + 1), Math.max(ceiling, this.#base));
  }

  /** An answer was cut after `outputTokens`. */
  cut(outputTokens: number): void {
    // A server's own limit may have been higher than the usual one.
    this.#base = Math.max(this.#base, this.#cuts === 0 ? outputTokens : 0);
    this.#cuts++;
  }
}
