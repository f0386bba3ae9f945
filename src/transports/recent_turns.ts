/** Turns that are remembered: more than one step of a turn can hand to sub-agents, which all end before it asks again. */
const kept = 256;

/** Something for each of the turns that asked last. Long sessions do not grow it. */
export class RecentTurns<T> {
  readonly #make: () => T;
  readonly #turns = new Map<string, T>();

  constructor(make: () => T) {
    this.#make = make;
  }

  /** What is kept for a turn; new for one that was not seen of late, and for calls without a turn. */
  of(turnId: string | undefined): T {
    if (turnId === undefined) return this.#make();
    const known = this.#turns.get(turnId);
    const value = known === undefined ? this.#make() : known;
    this.#turns.delete(turnId);
    this.#turns.set(turnId, value);
    const [oldest] = this.#turns.keys();
    if (this.#turns.size > kept && oldest !== undefined) this.#turns.delete(oldest);
    return value;
  }
}
