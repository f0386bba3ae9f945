/** What stands below everything that was printed, until it is drawn anew. */
export interface Drawing {
  /** Lines that fit the width, with their escape sequences. */
  readonly rows: readonly string[];
  /** What of it stands also below a line that an answer has not ended yet; nothing where absent. */
  readonly below?: readonly string[];
  /** Where the cursor stands; hidden where absent. */
  readonly cursor?: { readonly row: number; readonly column: number };
}
