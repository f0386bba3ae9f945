import type { Drawing } from "./drawing.ts";
import type { Key } from "./keys.ts";
import { fitWidth } from "./text_width.ts";

/** One thing to choose. */
export interface Choice {
  readonly label: string;
  /** A letter or digit that chooses it at once. */
  readonly hotkey: string;
}

export interface SelectState {
  readonly choices: readonly Choice[];
  /** Where the pointer is. */
  readonly index: number;
}

/** What a key came to. */
export type SelectStep =
  | { readonly kind: "open"; readonly state: SelectState }
  | { readonly kind: "chosen"; readonly index: number }
  /** Escape, Ctrl-D. */
  | { readonly kind: "dismissed" }
  /** Ctrl-C. */
  | { readonly kind: "interrupted" };

/** The choice after a key. Pure. */
export function selectKey(state: SelectState, key: Key): SelectStep {
  const { choices, index } = state;
  const move = (by: number): SelectStep => ({
    kind: "open",
    state: { ...state, index: (index + by + choices.length) % choices.length },
  });
  if (key.type === "paste") return { kind: "open", state };
  if (key.type === "text") {
    const chosen = choices.findIndex((choice) => choice.hotkey === key.text.toLowerCase());
    return chosen < 0 ? { kind: "open", state } : { kind: "chosen", index: chosen };
  }
  switch (key.name) {
    case "up":
    case "left":
    case "shift-tab":
    case "ctrl-p":
      return move(-1);
    case "down":
    case "right":
    case "tab":
    case "ctrl-n":
      return move(1);
    case "enter":
      return { kind: "chosen", index };
    case "escape":
    case "ctrl-d":
      return { kind: "dismissed" };
    case "ctrl-c":
      return { kind: "interrupted" };
    default:
      return { kind: "open", state };
  }
}

export interface SelectViewOptions {
  readonly columns: number;
  /** Below the choices. */
  readonly footer?: string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

/** The choices as rows, the pointer at one of them. */
export function drawSelect({ choices, index }: SelectState, options: SelectViewOptions): Drawing {
  const { columns, footer, bold, dim } = options;
  const rows = choices.map(({ label, hotkey }, at) => {
    const row = fitWidth(`${at === index ? "❯" : " "} ${hotkey}  ${label}`, columns - 1);
    return at === index ? bold(row) : row;
  });
  return { rows: footer === undefined ? rows : [...rows, dim(fitWidth(footer, columns - 1))] };
}
