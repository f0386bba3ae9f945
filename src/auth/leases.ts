/** Who uses which login at the moment, among the conversations of one process: they are spread over what there is. */
export class Leases {
  readonly #counts = new Map<string, number>();

  /** How many use a login, by the id of its credential. */
  count(id: string): number {
    return this.#counts.get(id) ?? 0;
  }

  take(id: string): void {
    this.#counts.set(id, this.count(id) + 1);
  }

  giveBack(id: string): void {
    const left = this.count(id) - 1;
    if (left > 0) this.#counts.set(id, left);
    else this.#counts.delete(id);
  }
}
