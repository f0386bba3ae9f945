/** The last characters of a text that grows without end. */
export class RollingText {
  readonly #maxChars: number;
  #pieces: string[] = [];
  #heldChars = 0;
  #dropped = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** Characters that were let go of. */
  get droppedChars(): number {
    return this.#dropped;
  }

  push(text: string): void {
    if (text === "") return;
    this.#pieces.push(text);
    this.#heldChars += text.length;
    // Twice the limit, so that joining is rare.
    if (this.#heldChars > 2 * this.#maxChars) this.#trim();
  }

  text(): string {
    this.#trim();
    return this.#pieces[0] ?? "";
  }

  #trim(): void {
    const all = this.#pieces.join("");
    const kept = all.slice(-this.#maxChars);
    this.#dropped += all.length - kept.length;
    this.#pieces = [kept.toWellFormed()];
    this.#heldChars = kept.length;
  }
}
