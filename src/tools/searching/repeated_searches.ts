/** Counts searches that find the same again and again: what is missing then is another idea, not another look. */
export class RepeatedSearches {
  readonly #last = new Map<
    string,
    { readonly search: string; readonly found: string; readonly times: number }
  >();

  /** How often in a row the session has searched for this and found this, this time included. */
  count(sessionId: string, search: string, found: string): number {
    const last = this.#last.get(sessionId);
    const isSame = last?.search === search && last.found === found;
    const times = isSame ? last.times + 1 : 1;
    this.#last.set(sessionId, { search, found, times });
    return times;
  }
}
