/** What a terminal of some width shows after it was written to: enough of xterm for what a line-based program sends. */
export interface VirtualScreen {
  /** Lines from the first to the last one that was touched, without blanks at their ends. */
  readonly lines: readonly string[];
  readonly row: number;
  readonly column: number;
  readonly isCursorShown: boolean;
}

/**
 * Plays the text of a terminal of `height` rows; characters of East Asian type take two cells. At the end of a full line
 * it waits for the next character, as xterm does, and forgets that when the cursor is moved.
 * @throws {Error} for a sequence that it does not know
 */
export function playOnScreen(text: string, columns: number, height = Infinity): VirtualScreen {
  const lines: string[][] = [[]];
  /** The first line that is still on the screen. */
  let top = 0;
  let row = 0;
  let column = 0;
  let saved = { row: 0, column: 0 };
  let isCursorShown = true;
  const line = (): string[] => {
    while (lines.length <= row) lines.push([]);
    return (lines[row] ??= []);
  };
  const down = (): void => {
    row++;
    top = Math.max(top, row - height + 1);
  };
  const sequence = /\x1b(?:\[([?\d;]*)([A-Za-z])|([D78]))/y;
  for (let at = 0; at < text.length;) {
    sequence.lastIndex = at;
    const found = sequence.exec(text);
    if (found) {
      at += found[0].length;
      const count = Number(found[1] === "" ? 1 : found[1]);
      switch (found[2] ?? found[3]) {
        case "7":
          saved = { row: row - top, column };
          break;
        case "8":
          row = top + saved.row;
          column = saved.column;
          break;
        case "A":
          row = Math.max(top, row - count);
          column = Math.min(columns - 1, column);
          break;
        case "C":
          column = Math.min(columns - 1, column + count);
          break;
        case "D":
          down();
          column = Math.min(columns - 1, column);
          break;
        case "J":
          if (found[1] === "2") lines.splice(top);
          else {
            lines.splice(row + 1);
            line().splice(Math.min(columns - 1, column));
          }
          break;
        case "H":
          row = top;
          column = 0;
          break;
        case "h":
        case "l":
          if (found[1] === "?25") isCursorShown = found[2] === "h";
          break;
        case "m":
          break;
        default:
          throw new Error(`Unknown sequence: ${JSON.stringify(found[0])}`);
      }
      continue;
    }
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
    at += char.length;
    if (char === "\r") column = 0;
    else if (char === "\n") down();
    else if (char === "\x07") continue;
    else if (char < " ")
      throw new Error(`Unknown control: ${JSON.stringify(text.slice(at - 1, at + 8))}`);
    else {
      const width = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff01-\uff60]/.test(char) ? 2 : 1;
      if (column + width > columns) {
        down();
        column = 0;
      }
      const cells = line();
      while (cells.length < column) cells.push(" ");
      cells[column] = char;
      if (width === 2) cells[column + 1] = "";
      column += width;
    }
  }
  line();
  return { lines: lines.map((cells) => cells.join("").trimEnd()), row, column, isCursorShown };
}
