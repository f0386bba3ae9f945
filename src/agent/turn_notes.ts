import type { TurnEvent } from "../core/event.ts";
import type { Item, ToolCall } from "../core/item.ts";
import type { AgentRuntime } from "../core/runtime.ts";
import { hasFailed } from "./call_failure.ts";
import { FailedChanges } from "./failed_changes.ts";
import { isTwinRefusal } from "./prepare_calls.ts";
import { ownText } from "./shown_text.ts";
import { explainEnd } from "./turn_explanation.ts";

export interface TurnNotesSettings {
  /** Changes of files that failed are told. */
  readonly verifiesChanges: boolean;
  /** Ends without an answer are explained. */
  readonly explainsEnds: boolean;
}

/**
 * The runtime, whose turns tell before their end what their answer may leave out. As notices: the answer itself is what
 * the model said, for scripts that read it.
 */
export function withTurnNotes(runtime: AgentRuntime, settings: TurnNotesSettings): AgentRuntime {
  if (!settings.verifiesChanges && !settings.explainsEnds) return runtime;
  return {
    async *runTurn(turn, signal) {
      const watch = new TurnWatch(turn.cwd);
      for await (const event of runtime.runTurn(turn, signal)) {
        watch.see(event);
        if (event.type === "turn-end") {
          const { outcome } = event;
          const texts = [
            settings.verifiesChanges ? watch.changes.notice() : undefined,
            settings.explainsEnds ? explainEnd(outcome, watch.work()) : undefined,
          ];
          for (const text of texts) {
            if (text !== undefined) yield { type: "notice", level: "warning", text };
          }
        }
        yield event;
      }
    },
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  };
}

/** What happened in one turn. */
class TurnWatch {
  readonly changes: FailedChanges;
  readonly #calls = new Map<string, ToolCall>();
  /** Results that are on their way: what is used meanwhile is used by their tools. */
  readonly #running = new Set<string>();
  #steps = 0;
  #toolCalls = 0;
  #failedCalls = 0;

  constructor(cwd: string) {
    this.changes = new FailedChanges(cwd);
  }

  see(event: TurnEvent): void {
    if (event.type === "usage" && this.#running.size === 0) this.#steps++;
    if (event.type === "item-start" && event.item.type === "tool-result") {
      this.#running.add(event.item.id);
    }
    if (event.type === "item-end") this.#add(event.item);
  }

  work() {
    return { steps: this.#steps, toolCalls: this.#toolCalls, failedCalls: this.#failedCalls };
  }

  #add(item: Item): void {
    if (item.type === "tool-call") this.#calls.set(item.callId, item);
    if (item.type === "file-change") this.changes.addChange(item);
    if (item.type !== "tool-result") return;
    this.#running.delete(item.id);
    const call = this.#calls.get(item.callId);
    if (call === undefined || isTwinRefusal(item)) return;
    this.#toolCalls++;
    const { output, isError } = item;
    if (hasFailed(call.name, { text: ownText(output), isError })) this.#failedCalls++;
    this.changes.add(call, item);
  }
}
