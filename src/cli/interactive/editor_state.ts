import { replaceMarks } from "./pastes.ts";

/** One line or some that are being written. */
export interface EditorState {
  /** With a private character in the place of each long paste. */
  readonly text: string;
  /** Index into the text, between two characters. */
  readonly cursor: number;
  /** What the private characters stand for. */
  readonly pastes: readonly string[];
  /** What was cut last and Ctrl-Y brings back; while it is open, a further cut is joined to it. */
  readonly killed: { readonly text: string; readonly isOpen: boolean };
  /** What was sent before, the oldest first. */
  readonly history: readonly string[];
  /** Where in the history the text is from. */
  readonly recall?: { readonly index: number; readonly draft: Draft };
  /** While Ctrl-R searches the history; the text is the entry that was found. */
  readonly search?: HistorySearch;
}

/** What was being written before the history was looked into. */
export interface Draft {
  readonly text: string;
  readonly cursor: number;
}

export interface HistorySearch {
  readonly query: string;
  /** Index of the entry that was found; the number of entries before the first hit. */
  readonly index: number;
  /** Whether nothing (more) was found. */
  readonly isFailing: boolean;
  readonly draft: Draft;
}

/** What a key asks of others. */
export type EditorEffect =
  | { readonly type: "submit"; readonly text: string }
  /** Ctrl-D with nothing written. */
  | { readonly type: "end-of-input" }
  /** Ctrl-C with nothing written. */
  | { readonly type: "interrupt" }
  | { readonly type: "complete" }
  | { readonly type: "clear-screen" }
  | { readonly type: "suspend" }
  | { readonly type: "bell" };

export interface EditorStep {
  readonly state: EditorState;
  readonly effect?: EditorEffect;
}

/** An empty editor over a history. */
export function createEditor(history: readonly string[] = []): EditorState {
  return { text: "", cursor: 0, pastes: [], killed: { text: "", isOpen: false }, history };
}

/** The text as it is sent: with its pastes. */
export function writtenText(state: EditorState): string {
  return replaceMarks(state.text, state.pastes, (paste) => paste);
}

/** The state with other text, which is no longer what the history holds; the cursor at its end or where it is said. */
export function withText(state: EditorState, text: string, cursor = text.length): EditorState {
  const { recall: _recall, search: _search, ...rest } = state;
  return { ...closeCut(rest), text, cursor };
}

/** The state with its last cut ended: the next one starts anew. */
export function closeCut(state: EditorState): EditorState {
  return state.killed.isOpen ? { ...state, killed: { ...state.killed, isOpen: false } } : state;
}
