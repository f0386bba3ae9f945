/** What a terminal of some width shows after it was written to: enough of xterm for what a line-based program sends. */
export interface VirtualScreen {
  /** Lines from the first to the last one that was touched, without blanks at their ends. */
  readonly lines: readonly string[];
  readonly row: number;
  readonly column: number;
  readonly isCursorShown: boolean;
}

/** Plays the text of a terminal; wide characters are not known to it. @throws {Error} for a sequence that it does not know */
export function playOnScreen(text: string, columns: number): VirtualScreen {
  const lines: string[][] = [[]];
  let row = 0;
  let column = 0;
  let isCursorShown = true;
  const line = (): string[] => {
    while (lines.length <= row) lines.push([]);
    return (lines[row] ??= []);
  };
  const sequence = /\x1b\[([?\d;]*)([A-Za-z])/y;
  for (let at = 0; at < text.length;) {
    sequence.lastIndex = at;
    const found = sequence.exec(text);
    if (found) {
      at += found[0].length;
      const count = Number(found[1] === "" ? 1 : found[1]);
      switch (found[2]) {
        case "A":
          row = Math.max(0, row - count);
          break;
        case "C":
          column = Math.min(columns - 1, column + count);
          break;
        case "J":
          if (found[1] === "2") lines.splice(0);
          else {
            lines.splice(row + 1);
            line().splice(column);
          }
          break;
        case "H":
          row = 0;
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
    else if (char === "\n") row++;
    else if (char === "\x07") continue;
    else if (char < " ")
      throw new Error(`Unknown control: ${JSON.stringify(text.slice(at - 1, at + 8))}`);
    else {
      if (column === columns) {
        row++;
        column = 0;
      }
      const cells = line();
      while (cells.length < column) cells.push(" ");
      cells[column] = char;
      column++;
    }
  }
  line();
  return { lines: lines.map((cells) => cells.join("").trimEnd()), row, column, isCursorShown };
}
