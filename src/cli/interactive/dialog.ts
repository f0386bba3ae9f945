import type { Style } from "../render/style.ts";
import type { Drawing } from "./drawing.ts";
import { editKey } from "./editor.ts";
import { createEditor } from "./editor_state.ts";
import { drawEditor } from "./editor_view.ts";
import type { Key } from "./keys.ts";
import { drawSelect, selectKey, type SelectState } from "./select.ts";
import type { Answered, ChoiceRequest } from "./talk.ts";

/** A question that stands in the live region until a key answers it. */
export interface Dialog<Value> {
  draw(columns: number): Drawing;
  /** The answer that the key gives, or undefined while the question stays open. */
  press(key: Key): Answered<Value> | undefined;
}

/** Chooses one of some; the answer is its index. */
export function createSelectDialog(request: ChoiceRequest, style: Style): Dialog<number> {
  let state: SelectState = { choices: request.choices, index: request.initial ?? 0 };
  return {
    draw: (columns) => {
      const footer = request.footer?.();
      const { bold, dim } = style;
      return drawSelect(state, { columns, bold, dim, ...(footer === undefined ? {} : { footer }) });
    },
    press(key) {
      const step = selectKey(state, key);
      switch (step.kind) {
        case "open":
          state = step.state;
          return undefined;
        case "chosen":
          return { kind: "answer", value: step.index };
        case "dismissed":
        case "interrupted":
          return step;
        default:
          return step satisfies never;
      }
    },
  };
}

/** Takes some text. */
export function createTextDialog(style: Style): Dialog<string> {
  let state = createEditor();
  return {
    draw: (columns) =>
      drawEditor(state, { columns, prompt: style.bold("? "), promptWidth: 2, dim: style.dim }),
    press(key) {
      if (key.type === "key" && key.name === "escape") return { kind: "dismissed" };
      const step = editKey(state, key);
      state = step.state;
      switch (step.effect?.type) {
        case "submit":
          return { kind: "answer", value: step.effect.text };
        case "end-of-input":
          return { kind: "dismissed" };
        case "interrupt":
          return { kind: "interrupted" };
        case "complete":
        case "clear-screen":
        case "suspend":
        case "bell":
        case undefined:
          return undefined;
        default:
          return step.effect satisfies undefined;
      }
    },
  };
}
