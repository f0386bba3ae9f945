import { cells } from "../interactive/text_width.ts";

/** Spaces at the start of a line, and the mark of a list or a quote: further rows of the line are indented as far. */
const lineMark = /^(?:[•│]|\d{1,3}[.)])$/;

/**
 * Breaks lines between words at a width, as the text comes: a word is held back until it is whole. Escape sequences
 * that only paint (`ESC [ ... m`) have no width. A word that is wider than the line is left to the terminal.
 */
export class WordWrap {
  /** Cells that may be used. */
  readonly #width: number;
  #column = 0;
  #spaces = 0;
  #word = "";
  #wordWidth = 0;
  /** The word without its paint, while it may be the mark of the line. */
  #mark = "";
  /** Undefined while the beginning of the line is read. */
  #indent: string | undefined;

  /** The last column stays free: a terminal would break the line again behind it. */
  constructor(columns: number) {
    this.#width = Math.max(1, columns - 1);
  }

  /** The text, with line breaks where it would not fit. */
  wrap(text: string): string {
    let wrapped = "";
    for (const [piece, paint] of text.matchAll(/(\x1b\[[\d;]*m)|\n| +|[^\x1b\n ]+|\x1b/g)) {
      if (paint !== undefined) this.#word += paint;
      else if (piece === "\n") wrapped += `${this.#endWord()}${this.#endLine()}`;
      else if (piece.startsWith(" ")) {
        wrapped += this.#endWord();
        this.#spaces += piece.length;
      } else wrapped += this.#addToWord(piece);
    }
    return wrapped;
  }

  /** Text that must stay as it is: code, tables. */
  keep(text: string): string {
    const held = this.flush();
    if (text.endsWith("\n")) this.#endLine();
    return held + text;
  }

  /** What is held back. */
  flush(): string {
    return this.#endWord();
  }

  #addToWord(text: string): string {
    let wrapped = "";
    for (const cell of cells(text)) {
      // East Asian text has no blanks: it may be broken around each of its characters.
      const isWide = cell.width > 1;
      if (isWide) wrapped += this.#endWord();
      this.#word += cell.text;
      this.#mark += cell.text;
      this.#wordWidth += cell.width;
      if (isWide) wrapped += this.#endWord();
    }
    return wrapped;
  }

  #endWord(): string {
    if (this.#wordWidth === 0) {
      const paint = this.#word;
      this.#word = "";
      return paint;
    }
    const fits = this.#column + this.#spaces + this.#wordWidth <= this.#width;
    const isFirst = this.#indent === undefined;
    const indent = this.#readIndent();
    const breaks = !fits && !isFirst && this.#column > indent.length;
    const start = breaks ? `\n${indent}` : " ".repeat(this.#spaces);
    this.#column = (breaks ? indent.length : this.#column + this.#spaces) + this.#wordWidth;
    const word = start + this.#word;
    this.#spaces = 0;
    this.#word = "";
    this.#mark = "";
    this.#wordWidth = 0;
    return word;
  }

  /** The indent of the line; the first word decides it. */
  #readIndent(): string {
    if (this.#indent !== undefined) return this.#indent;
    const isMark = lineMark.test(this.#mark);
    const indent = Math.min(this.#spaces + (isMark ? this.#mark.length + 1 : 0), this.#width >> 1);
    this.#indent = this.#mark === "│" ? "│ ".padStart(indent) : " ".repeat(indent);
    return this.#indent;
  }

  #endLine(): string {
    this.#column = 0;
    this.#spaces = 0;
    this.#indent = undefined;
    return "\n";
  }
}
