import { cells } from "./text_width.ts";

/** Where printed text left the cursor in a line of the terminal. */
export interface LinePosition {
  /** Cells before it; as many as the line has: it is full, and the next character goes on in another. */
  readonly column: number;
  /** How many cells it may be off: terminals do not agree on the width of every character. */
  readonly doubt: number;
}

export const lineStart: LinePosition = { column: 0, doubt: 0 };

/** Where a text behind `from` leads, which may hold line breaks, on a terminal that wraps at `columns`. */
export function positionAfter(from: LinePosition, text: string, columns: number): LinePosition {
  const lines = text.replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, "").split("\n");
  let { column, doubt } = lines.length > 1 ? lineStart : from;
  for (const cell of cells(lines.at(-1) ?? "")) {
    if (cell.text === "\t") column = Math.min(columns - 1, (Math.floor(column / 8) + 1) * 8);
    else column = column + cell.width > columns ? cell.width : column + cell.width;
    if (!/^[\x20-\x7e\p{L}\p{N}]$/u.test(cell.text)) doubt += 1;
  }
  return { column, doubt };
}

/**
 * Whether the cursor is surely not at the end of a full line: there a terminal waits for the next character, and forgets
 * it when the cursor is moved.
 */
export function isInsideLine({ column, doubt }: LinePosition, columns: number): boolean {
  return column - doubt > 0 && column + doubt < columns;
}
