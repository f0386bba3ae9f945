/** Lines that are kept; each is cut at `maxLineChars`. */
const maxLines = 500;
const maxLineChars = 4_096;
/** How much of a line that has no end yet is held. */
const maxRestChars = 65_536;
/** What an error shows of them. */
const shownLines = 12;
const shownChars = 4_096;

/** Control sequences of terminals (ECMA-48): colours, cursor, titles. */
const escapes = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;

/** The last lines that a program wrote to stderr, for the error that ends it. */
export class StderrRing {
  #lines: string[] = [];
  #rest = "";
  /** Lines that were ever written. */
  #written = 0;

  /** How many lines were written so far: a place to look from with `tail`. */
  get mark(): number {
    return this.#written;
  }

  push(text: string): void {
    const lines = `${this.#rest}${text}`.split("\n");
    // Longer than what is kept of a line: it is cut once, as a whole.
    this.#rest = (lines.pop() ?? "").slice(0, maxRestChars);
    for (const line of lines) this.#add(line);
  }

  /**
   * The last lines since `mark`, plain and masked: everything is masked as a whole before it is cut, since what makes a
   * secret recognisable may stand in a line above.
   */
  tail(mask: (text: string) => string, mark = 0): string {
    const gone = this.#written - this.#lines.length;
    const since = [...this.#lines, cutLine(this.#rest)].slice(Math.max(0, mark - gone));
    const plain = mask(since.join("\n").replace(escapes, ""));
    const lines = plain.split("\n").filter((line) => line.trim() !== "");
    return lines.slice(-shownLines).join("\n").slice(-shownChars).toWellFormed();
  }

  #add(line: string): void {
    this.#written++;
    this.#lines.push(cutLine(line.trimEnd()));
    if (this.#lines.length > maxLines * 2) this.#lines = this.#lines.slice(-maxLines);
  }
}

/** A long line up to the last whole word before the limit: half a word could be half a secret, which nothing would mask. */
function cutLine(line: string): string {
  if (line.length <= maxLineChars) return line;
  const kept = line.slice(0, maxLineChars);
  return `${kept.slice(0, Math.max(0, kept.search(/[^\w+/=.~-][\w+/=.~-]*$/)))} [...]`;
}
