import type { Drawing } from "./drawing.ts";
import { textWidth } from "./text_width.ts";

/**
 * The rows at the bottom of the screen that change: what they were drawn with is remembered, so that they can be taken
 * away again. Makes the text to write, and writes nothing itself.
 */
export class LiveRegion {
  /** What is shown, and the width it was drawn for. */
  #shown: string | undefined;
  /** Whether it is below a line that the cursor stayed in. */
  #isBelow = false;
  #widths: readonly number[] = [];
  #cursor: { readonly row: number; readonly column: number } = { row: 0, column: 0 };

  /** What takes the region away: the cursor is then where the region began, or in the line above that it stayed in. */
  erase(columns: number): string {
    if (this.#shown === undefined) return "";
    if (this.#isBelow) {
      this.#shown = undefined;
      this.#isBelow = false;
      return "\x1b[J";
    }
    const up = this.#rowsAboveCursor(columns);
    this.#shown = undefined;
    return `${up > 0 ? `\x1b[${up}A` : ""}\r\x1b[J${showCursor}`;
  }

  /**
   * What draws it at the cursor, which must be at the beginning of a line, or in place of what was drawn; nothing when
   * that looks the same.
   */
  draw({ rows, cursor }: Drawing, columns: number): string {
    const drawing = JSON.stringify([columns, rows, cursor]);
    if (drawing === this.#shown) return "";
    const erased = this.erase(columns);
    if (rows.length === 0) return erased;
    this.#shown = drawing;
    this.#widths = rows.map((row) => textWidth(withoutSequences(row)));
    const last = rows.length - 1;
    this.#cursor = cursor ?? { row: last, column: this.#widths[last] ?? 0 };
    const up = last - this.#cursor.row;
    const place = `${up > 0 ? `\x1b[${up}A` : ""}\r${this.#cursor.column > 0 ? `\x1b[${this.#cursor.column}C` : ""}`;
    return `${erased}${cursor ? "" : hideCursor}${rows.join("\r\n")}${place}`;
  }

  /**
   * What draws rows below the line that the cursor is in, and leaves it there: it must be inside of the line, not at the
   * end of a full one. Where that is on the screen need not be known, also after a change of the window's size.
   */
  drawBelow(rows: readonly string[], columns: number): string {
    const drawing = JSON.stringify(["below", columns, rows]);
    if (drawing === this.#shown) return "";
    const erased = this.erase(columns);
    if (rows.length === 0) return erased;
    this.#shown = drawing;
    this.#isBelow = true;
    // Room is made first: a place that is saved does not scroll along. A line feed would lose the column.
    const room = `${"\x1bD".repeat(rows.length)}\x1b[${rows.length}A`;
    return `${erased}${room}${saveCursor}\x1b[0m\r\n${rows.join("\r\n")}${restoreCursor}`;
  }

  /** A terminal that became narrower has wrapped the rows. */
  #rowsAboveCursor(columns: number): number {
    const heights = this.#widths
      .slice(0, this.#cursor.row)
      .map((width) => Math.max(1, Math.ceil(width / columns)));
    const above = heights.reduce((sum, height) => sum + height, 0);
    return above + Math.floor(this.#cursor.column / columns);
  }
}

/** With the style that text is written in. */
const saveCursor = "\x1b7";
const restoreCursor = "\x1b8";
const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";

function withoutSequences(text: string): string {
  return text.replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, "");
}
