import type { Drawing } from "./drawing.ts";
import type { EditorState } from "./editor_state.ts";
import { pasteLabel, replaceMarks } from "./pastes.ts";
import { cells, fitWidth, graphemes, type Cell } from "./text_width.ts";

/** A longer text scrolls: so many rows fit every terminal that one can work in. */
const maxRows = 10;

export interface EditorViewOptions {
  readonly columns: number;
  /** Before the first line; further lines are indented as far. */
  readonly prompt: string;
  /** Cells of the prompt, which may hold escape sequences. */
  readonly promptWidth: number;
  /** For what is not the person's own text: labels of pastes, the search. */
  readonly dim: (text: string) => string;
}

/** The editor as rows for a terminal: wrapped at its width, with the rows around the cursor where not all fit. */
export function drawEditor(state: EditorState, options: EditorViewOptions): Drawing {
  const { columns, prompt, promptWidth, dim } = options;
  // The last column stays free: terminals disagree on where the cursor is behind it.
  const { rows, row, column } = wrap(state, Math.max(2, columns - promptWidth - 1));
  const first = Math.max(0, Math.min(row - maxRows + 1, rows.length - maxRows));
  const shown = rows
    .slice(first, first + maxRows)
    .map((pieces, index) => (index === 0 ? prompt : " ".repeat(promptWidth)) + paint(pieces, dim));
  const head = state.search ? [dim(fitWidth(searchLine(state.search), columns - 1))] : [];
  return {
    rows: [...head, ...shown],
    cursor: { row: head.length + row - first, column: promptWidth + column },
  };
}

/** One character of a row. */
interface Piece {
  readonly text: string;
  readonly isLabel: boolean;
}

interface Wrapped {
  readonly rows: readonly (readonly Piece[])[];
  /** Of the cursor. */
  readonly row: number;
  readonly column: number;
}

function wrap({ text, cursor, pastes }: EditorState, width: number): Wrapped {
  let row: Piece[] = [];
  const rows = [row];
  let used = 0;
  let at = 0;
  let place: { readonly row: number; readonly column: number } | undefined;
  const breakRow = (): void => {
    row = [];
    rows.push(row);
    used = 0;
  };
  const markCursor = (): void => {
    if (at < cursor || place) return;
    if (used >= width) breakRow();
    place = { row: rows.length - 1, column: used };
  };
  for (const grapheme of graphemes(text)) {
    markCursor();
    at += grapheme.length;
    if (grapheme === "\n") {
      breakRow();
      continue;
    }
    const label = replaceMarks(grapheme, pastes, pasteLabel);
    for (const cell of cellsOf(label)) {
      if (used + cell.width > width) breakRow();
      row.push({ text: cell.text, isLabel: label !== grapheme });
      used += cell.width;
    }
  }
  markCursor();
  return { rows, ...(place ?? { row: 0, column: 0 }) };
}

function cellsOf(text: string): readonly Cell[] {
  return text === "\t" ? cells("    ") : cells(text);
}

function paint(pieces: readonly Piece[], dim: (text: string) => string): string {
  let painted = "";
  for (let start = 0; start < pieces.length;) {
    const isLabel = pieces[start]?.isLabel === true;
    const change = pieces.findIndex((piece, index) => index > start && piece.isLabel !== isLabel);
    const end = change < 0 ? pieces.length : change;
    const run = pieces.slice(start, end).map((piece) => piece.text);
    painted += isLabel ? dim(run.join("")) : run.join("");
    start = end;
  }
  return painted;
}

function searchLine(search: NonNullable<EditorState["search"]>): string {
  const failing = search.isFailing ? " (nothing found)" : "";
  return `search in what you sent: ${search.query}${failing}`;
}
