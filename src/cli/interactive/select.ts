import type { Drawing } from "./drawing.ts";
import type { Key } from "./keys.ts";
import { fitWidth, wrapWidth } from "./text_width.ts";

/** One thing to choose. */
export interface Choice {
  readonly label: string;
  /** A letter or digit that chooses it at once. */
  readonly hotkey: string;
  /** Another one that is not shown: what somebody types who did not read. */
  readonly alias?: string;
  /** Takes further rows where it does not fit into one, rather than to be cut. */
  readonly isWhole?: boolean;
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
    const typed = key.text.toLowerCase();
    const chosen = choices.findIndex(({ hotkey, alias }) => hotkey === typed || alias === typed);
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
  const rows = choices.flatMap((choice, at) => {
    const start = `${at === index ? "❯" : " "} ${choice.hotkey}  `;
    const indent = " ".repeat(start.length);
    const labels = labelRows(choice, columns - 1 - start.length);
    const own = labels.map((label, row) => `${row === 0 ? start : indent}${label}`);
    return at === index ? own.map(bold) : own;
  });
  return { rows: footer === undefined ? rows : [...rows, dim(fitWidth(footer, columns - 1))] };
}

/** The question must stay on the screen as a whole. */
const maxLabelRows = 8;

function labelRows({ label, isWhole = false }: Choice, width: number): readonly string[] {
  if (!isWhole) return [fitWidth(label, width)];
  const rows = wrapWidth(label, width);
  if (rows.length <= maxLabelRows) return rows;
  const last = rows.slice(maxLabelRows - 1).join(" ");
  return [...rows.slice(0, maxLabelRows - 1), fitWidth(last, width)];
}
