import { withText, type EditorState, type EditorStep, type HistorySearch } from "./editor_state.ts";
import type { Key } from "./keys.ts";
import { graphemes } from "./text_width.ts";

/** Begins to search the history backwards. */
export function startSearch(state: EditorState): EditorStep {
  const { text, cursor, history } = state;
  const draft = { text, cursor };
  return {
    state: { ...state, search: { query: "", index: history.length, isFailing: false, draft } },
  };
}

/**
 * A key while the history is searched: text narrows the search, Ctrl-R goes on, Escape and Ctrl-C give the draft back.
 * Undefined for keys that end the search and mean what they always do, on the text that was found.
 */
export function searchKey(
  state: EditorState,
  search: HistorySearch,
  key: Key,
): EditorStep | undefined {
  if (key.type !== "key") {
    const query = search.query + key.text.split("\n", 1).join("");
    return find(state, { ...search, query }, Math.min(search.index, state.history.length - 1));
  }
  switch (key.name) {
    case "ctrl-r":
    case "up":
      return search.query === "" ? { state } : find(state, search, search.index - 1);
    case "backspace": {
      const query = graphemes(search.query).slice(0, -1).join("");
      if (query !== "") return find(state, { ...search, query }, state.history.length - 1);
      return startSearch(withText(state, search.draft.text, search.draft.cursor));
    }
    case "escape":
    case "ctrl-g":
    case "ctrl-c":
      return { state: withText(state, search.draft.text, search.draft.cursor) };
    case "enter":
    case "tab":
      // The entry may cost money: it is looked at before it is sent.
      return { state: withText(state, state.text) };
    default:
      return undefined;
  }
}

/** Looks from an entry on towards older ones. */
function find(state: EditorState, search: HistorySearch, from: number): EditorStep {
  const query = search.query.toLowerCase();
  const isHit = (entry: string): boolean =>
    entry !== state.text && entry.toLowerCase().includes(query);
  const current = state.history[from];
  const staysHit = from === search.index && current?.toLowerCase().includes(query) === true;
  const index = staysHit ? from : state.history.slice(0, from + 1).findLastIndex(isHit);
  const entry = state.history[index];
  if (entry === undefined) {
    return {
      state: { ...state, search: { ...search, isFailing: true } },
      effect: { type: "bell" },
    };
  }
  const at = entry.toLowerCase().indexOf(query);
  return {
    state: {
      ...state,
      text: entry,
      cursor: at,
      search: { ...search, index, isFailing: false },
    },
  };
}
