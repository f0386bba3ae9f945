import type { Style } from "../render/style.ts";
import type { Dialog } from "./dialog.ts";
import { createPick, drawPick, pickKey, type PickRequest } from "./pick.ts";

/** Picks one of many while somebody types; the answer is its key. `onFound` is called when a search has found more. */
export function createPickDialog(
  request: PickRequest,
  { style, onFound }: { readonly style: Style; readonly onFound: () => void },
): Dialog<string> {
  let state = createPick(request);
  const search = async (query: string): Promise<void> => {
    const found = await request.search(query);
    // Somebody has typed on: another search is under way.
    if (state.query !== query) return;
    state = { ...state, found };
    onFound();
  };
  return {
    draw: (columns) => drawPick(state, { columns, style }),
    press(key) {
      const step = pickKey(state, key);
      switch (step.kind) {
        case "open": {
          const isOther = step.state.query !== state.query;
          state = step.state;
          if (isOther && state.query.trim() !== "") void search(state.query);
          return undefined;
        }
        case "picked":
          return { kind: "answer", value: step.key };
        case "dismissed":
        case "interrupted":
          return step;
        default:
          return step satisfies never;
      }
    },
  };
}
