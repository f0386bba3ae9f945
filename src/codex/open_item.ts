import type { ItemEvent, NoticeEvent } from "../core/event.ts";
import type {
  AssistantMessage,
  CommandRun,
  FileChange,
  Item,
  Reasoning,
  ToolResult,
} from "../core/item.ts";
import type { Projected } from "./project_item.ts";

/** What codex does or writes, with a beginning and an end. */
export type Lasting = Exclude<Projected, { readonly kind: "nothing" }>;

type Own = AssistantMessage | Reasoning | CommandRun | FileChange;

/** How much of what a command writes is kept until it ends, in characters; then codex tells all of it. */
const keptOutput = 1_000_000;

/** An item that has begun and not ended. */
export class OpenItem {
  /** Codex's word for it. */
  readonly type: string;
  /** Our id, that of the call where it is a tool. */
  readonly id: string;
  readonly #begun: Lasting;
  /** What was said or written of it so far. */
  #written = "";

  constructor(type: string, id: string, begun: Lasting) {
    this.type = type;
    this.id = id;
    this.#begun = begun;
  }

  /** Whether something runs, in contrast to a model that writes. */
  get isWork(): boolean {
    return this.#begun.kind === "tool" || (this.#begun.kind === "item" && !this.isWritten);
  }

  /** Whether anything of it was written so far. */
  get hasText(): boolean {
    return this.#written !== "";
  }

  /** Whether it is text of the model, which a retry writes again. */
  get isWritten(): boolean {
    const { type } = this.#begun.kind === "item" ? this.#begun.item : {};
    return type === "assistant-message" || type === "reasoning";
  }

  /** The events of its beginning. A notice is told once, at its end. */
  start(): readonly ItemEvent[] {
    const begun = this.#begun;
    switch (begun.kind) {
      case "item":
        return [{ type: "item-start", item: unfinished(begun.item) }];
      case "tool": {
        const { call, result } = begun;
        if (begun.isAskedLate) return [{ type: "item-start", item: call }];
        return [...whole(call), { type: "item-start", item: unfinished(result) }];
      }
      case "notice":
        return [];
      default:
        return begun satisfies never;
    }
  }

  /** More of it was written; nothing where nobody sees it. */
  write(channel: "text" | "reasoning" | "output", text: string): readonly ItemEvent[] {
    const begun = this.#begun;
    if (begun.kind === "notice" || (begun.kind === "tool" && begun.isAskedLate)) return [];
    const delta = text.toWellFormed();
    this.#written += delta;
    if (channel === "output" && this.#written.length > 2 * keptOutput) {
      this.#written = this.#written.slice(-keptOutput);
    }
    const itemId = begun.kind === "tool" ? begun.result.id : this.id;
    return [{ type: "item-delta", itemId, channel, delta }];
  }

  /** The events of its end, as codex tells it. */
  end(told: Lasting): readonly (ItemEvent | NoticeEvent)[] {
    switch (told.kind) {
      case "item":
        return [{ type: "item-end", item: this.#filled(told.item) }];
      case "tool":
        return this.#endTool(told.isAskedLate ? told.call : undefined, told.result);
      case "notice":
        return told.text === "" ? [] : [{ type: "notice", level: "info", text: told.text }];
      default:
        return told satisfies never;
    }
  }

  /** The events of an end that codex did not tell; `goesOn`: a command runs on without the turn. */
  cutOff(goesOn = false): readonly ItemEvent[] {
    const begun = this.#begun;
    switch (begun.kind) {
      case "item":
        return [
          { type: "item-end", item: interrupted(this.#filled(unfinished(begun.item)), goesOn) },
        ];
      case "tool": {
        const output = this.#written === "" ? "[interrupted]" : this.#written.toWellFormed();
        return this.#endTool(begun.isAskedLate ? begun.call : undefined, {
          ...begun.result,
          output,
          isError: true,
        });
      }
      case "notice":
        return [];
      default:
        return begun satisfies never;
    }
  }

  #endTool(lateCall: Item | undefined, result: ToolResult): readonly ItemEvent[] {
    const end = { type: "item-end", item: result } as const;
    if (lateCall === undefined) return [end];
    return [
      { type: "item-end", item: lateCall },
      { type: "item-start", item: unfinished(result) },
      end,
    ];
  }

  /** What codex does not repeat at the end is what it wrote before. */
  #filled(item: Own): Own {
    const written = this.#written.toWellFormed();
    switch (item.type) {
      case "assistant-message":
      case "reasoning":
        return item.text === "" ? { ...item, text: written } : item;
      case "command":
        return item.output === "" ? { ...item, output: written } : item;
      case "file-change":
        return item;
      default:
        return item satisfies never;
    }
  }
}

function whole(item: Item): readonly ItemEvent[] {
  return [
    { type: "item-start", item },
    { type: "item-end", item },
  ];
}

/** As it is while it goes on. */
function unfinished<Made extends Own | ToolResult>(item: Made): Made {
  switch (item.type) {
    case "command":
      return { ...item, exitCode: null, output: "", status: "in_progress" };
    case "file-change":
      return { ...item, status: "in_progress" };
    case "tool-result":
      return { ...item, output: "", isError: false };
    case "assistant-message":
    case "reasoning":
      return item;
    default:
      return item satisfies never;
  }
}

function interrupted(item: Own, goesOn: boolean): Own {
  switch (item.type) {
    case "assistant-message":
      return { ...item, interim: true };
    case "command":
      return { ...item, status: goesOn ? "in_progress" : "interrupted" };
    case "file-change":
      return { ...item, status: "interrupted" };
    case "reasoning":
      return item;
    default:
      return item satisfies never;
  }
}
