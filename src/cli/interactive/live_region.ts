import type { Drawing } from "./drawing.ts";
import { textWidth } from "./text_width.ts";

/**
 * The rows at the bottom of the screen that change: what they were drawn with is remembered, so that they can be taken
 * away again. Makes the text to write, and writes nothing itself.
 */
export class LiveRegion {
  /** What is shown, and the width it was drawn for. */
  #shown: string | undefined;
  #widths: readonly number[] = [];
  #cursor: { readonly row: number; readonly column: number } = { row: 0, column: 0 };

  /** What takes the region away: the cursor is then where the region began. */
  erase(columns: number): string {
    if (this.#shown === undefined) return "";
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

  /** A terminal that became narrower has wrapped the rows. */
  #rowsAboveCursor(columns: number): number {
    const heights = this.#widths
      .slice(0, this.#cursor.row)
      .map((width) => Math.max(1, Math.ceil(width / columns)));
    const above = heights.reduce((sum, height) => sum + height, 0);
    return above + Math.floor(this.#cursor.column / columns);
  }
}

const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";

function withoutSequences(text: string): string {
  return text.replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, "");
}
