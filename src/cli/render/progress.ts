import type { ApprovalSubject } from "../../core/approval.ts";
import type { TurnEvent } from "../../core/event.ts";
import type { Item, ToolCall } from "../../core/item.ts";
import { callShortfall } from "./call_shortfall.ts";
import { compactionLine } from "./compaction_line.ts";
import { oneLine } from "./plain.ts";
import { failureLine, toolLine } from "./tool_line.ts";
import { workFailure, workLine } from "./work_line.ts";

/** What is worth a line while a turn runs; remembers the calls whose results are still to come. */
export class Progress {
  readonly #calls = new Map<string, ToolCall>();
  readonly #isVerbose: boolean;

  constructor(options: { readonly isVerbose: boolean }) {
    this.#isVerbose = options.isVerbose;
  }

  /** The line of an event, not yet masked; undefined where there is nothing to say. */
  line(event: TurnEvent): string | undefined {
    switch (event.type) {
      case "item-end":
        return this.#itemLine(event.item);
      case "approval-decided": {
        const { subject, verdict } = event;
        if (verdict.decision !== "deny") return undefined;
        return `denied by ${verdict.by}: ${subjectLine(subject)}`;
      }
      case "retry": {
        // Codex does not say how long it waits.
        const pause = event.delayMs === 0 ? "" : ` in ${(event.delayMs / 1_000).toFixed(1)} s`;
        const { message, code, detail } = event.error;
        const attempt = `attempt ${event.attempt} of ${event.maxAttempts}`;
        const received = this.#isVerbose && detail !== undefined ? ` [${oneLine(detail)}]` : "";
        return `${attempt}${pause}: ${oneLine(message)} (${code})${received}`;
      }
      case "session-split":
        return compactionLine(event.compaction);
      case "turn-start":
      case "item-start":
      case "item-delta":
      case "item-reset":
      case "notice":
      case "plan":
      case "usage":
      case "turn-end":
        return undefined;
      default:
        return event satisfies never;
    }
  }

  #itemLine(item: Item): string | undefined {
    switch (item.type) {
      case "tool-call":
        this.#calls.set(item.callId, item);
        return undefined;
      case "tool-result": {
        const call = this.#calls.get(item.callId);
        const what = call === undefined ? "tool" : toolLine(call);
        const failure = item.isError ? failureLine(item) : callShortfall(item);
        return failure === undefined ? `✓ ${what}` : `✗ ${what}: ${failure}`;
      }
      case "command":
      case "file-change": {
        const failure = workFailure(item);
        return failure === undefined ? `✓ ${workLine(item)}` : `✗ ${workLine(item)}: ${failure}`;
      }
      case "reasoning":
        return this.#isVerbose && item.text.trim() !== "" ? item.text.trim() : undefined;
      case "user-message":
      case "assistant-message":
      case "compaction":
        return undefined;
      default:
        return item satisfies never;
    }
  }
}

/** What was asked for, in a line. */
function subjectLine(subject: ApprovalSubject): string {
  switch (subject.kind) {
    case "command":
      // A line break is a part of the command, which blanks would change.
      return oneLine(subject.command.trim().replaceAll(/\s*\n\s*/g, " ⏎ "));
    case "file_change":
      return oneLine(subject.changes.map(({ kind, path }) => `${kind} ${path}`).join(", "));
    case "tool":
      return oneLine(subject.name);
    default:
      return subject satisfies never;
  }
}
