import type { Style } from "../render/style.ts";
import type { Drawing } from "./drawing.ts";
import type { Key } from "./keys.ts";
import { fitWidth, graphemes, textWidth } from "./text_width.ts";

/** One of many things to pick. */
export interface PickRow {
  readonly key: string;
  readonly label: string;
  /** When, how much: beside the label where there is room. */
  readonly facts: string;
  /** What a search finds it by besides: lower case. */
  readonly text: string;
}

export interface PickRequest {
  /** What is there without a search, in the order in which it is shown. */
  readonly rows: readonly PickRow[];
  /** Further rows for a search, which takes its time; never rejects. */
  search(query: string): Promise<readonly PickRow[]>;
}

export interface PickState {
  readonly request: PickRequest;
  readonly query: string;
  /** What the search has found for the query so far. */
  readonly found: readonly PickRow[];
  /** Where the pointer is among the rows that are shown. */
  readonly index: number;
}

/** What a key came to. */
export type PickStep =
  | { readonly kind: "open"; readonly state: PickState }
  | { readonly kind: "picked"; readonly key: string }
  | { readonly kind: "dismissed" }
  | { readonly kind: "interrupted" };

export function createPick(request: PickRequest): PickState {
  return { request, query: "", found: [], index: 0 };
}

/** The rows that hold every word of a query. */
export function filterRows(rows: readonly PickRow[], query: string): readonly PickRow[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return rows.filter(({ label, text }) => {
    const held = `${label.toLowerCase()}\n${text}`;
    return words.every((word) => held.includes(word));
  });
}

/** Rows with further ones behind them, each once. */
export function mergeRows(
  rows: readonly PickRow[],
  others: readonly PickRow[],
): readonly PickRow[] {
  const keys = new Set(rows.map(({ key }) => key));
  return [...rows, ...others.filter(({ key }) => !keys.has(key))];
}

/** What there is to pick by now. */
function shownRows({ request, query, found }: PickState): readonly PickRow[] {
  return mergeRows(filterRows(request.rows, query), found);
}

/** The state after a key. Pure. */
export function pickKey(state: PickState, key: Key): PickStep {
  const rows = shownRows(state);
  const open = (change: Partial<PickState>): PickStep => ({
    kind: "open",
    state: { ...state, ...change },
  });
  const ask = (query: string): PickStep => open({ query, found: [], index: 0 });
  const move = (by: number): PickStep =>
    open({ index: Math.max(0, Math.min(rows.length - 1, state.index + by)) });
  if (key.type !== "key") return ask(state.query + key.text.replace(/\s+/g, " "));
  switch (key.name) {
    case "up":
    case "ctrl-p":
    case "shift-tab":
      return move(-1);
    case "down":
    case "ctrl-n":
    case "tab":
      return move(1);
    case "page-up":
      return move(-maxRows);
    case "page-down":
      return move(maxRows);
    case "backspace":
    case "ctrl-h":
      return ask(graphemes(state.query).slice(0, -1).join(""));
    case "ctrl-u":
      return ask("");
    case "ctrl-w":
      return ask(state.query.replace(/\S+\s*$/, ""));
    case "enter": {
      const row = rows[state.index];
      return row ? { kind: "picked", key: row.key } : open({});
    }
    case "escape":
    case "ctrl-d":
      return { kind: "dismissed" };
    case "ctrl-c":
      return { kind: "interrupted" };
    default:
      return open({});
  }
}

/** Rows that are shown at once: so many fit every terminal that one can work in. */
const maxRows = 10;

/** Cells from which on the facts stand beside the labels. */
const wideColumns = 60;

/** The search, the rows around the pointer, and what can be typed. */
export function drawPick(
  state: PickState,
  { columns, style }: { readonly columns: number; readonly style: Pick<Style, "bold" | "dim"> },
): Drawing {
  const width = Math.max(8, columns - 1);
  const rows = shownRows(state);
  const first = Math.max(0, Math.min(state.index - maxRows + 1, rows.length - maxRows));
  const drawn = rows.slice(first, first + maxRows).map((row, at) => {
    const isPointed = first + at === state.index;
    const line = drawRow(row, { isPointed, width, hasFacts: columns >= wideColumns });
    return isPointed ? style.bold(line) : line;
  });
  const search = searchLine(state.query, width);
  const pointed = rows[state.index];
  const facts = columns >= wideColumns || !pointed ? [] : [pointed.facts];
  const count = rows.length === 0 ? "Nothing found" : `${state.index + 1} of ${rows.length}`;
  const footer = [...facts, count, "Enter resumes", "Esc leaves"].join(" · ");
  return {
    rows: [search, ...drawn, style.dim(fitWidth(footer, width))],
    cursor: { row: 0, column: Math.min(width, textWidth(search)) },
  };
}

function drawRow(
  { label, facts }: PickRow,
  options: { readonly isPointed: boolean; readonly width: number; readonly hasFacts: boolean },
): string {
  const { isPointed, width, hasFacts } = options;
  const start = isPointed ? "❯ " : "  ";
  if (!hasFacts) return fitWidth(start + label, width);
  const room = width - textWidth(facts) - 2;
  const fitted = fitWidth(start + label, room);
  return `${fitted}${" ".repeat(Math.max(0, room - textWidth(fitted)))}  ${facts}`;
}

/** The end of a long query: that is where somebody types. */
function searchLine(query: string, width: number): string {
  const start = "Search: ";
  const characters = graphemes(query);
  const from = (at: number): string =>
    `${start}${at === 0 ? "" : "…"}${characters.slice(at).join("")}`;
  let at = 0;
  while (at < characters.length && textWidth(from(at)) >= width) at++;
  return from(at);
}
