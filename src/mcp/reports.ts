/** Where a server tells people what happens: stdout may be its wire. */
export interface Reports {
  /** What somebody should look at. */
  warn(line: string): void;
  /** What helps to find out why a client does not get on. */
  note(line: string): void;
}
