import type { ApprovalSubject } from "../core/approval.ts";
import type { TaskReport, TracedCall } from "../core/delegation.ts";
import { addUsage, noUsage, type TurnEvent, type TurnOutcome, type Usage } from "../core/event.ts";
import type { Item, ToolCall } from "../core/item.ts";

const maxArgumentChars = 160;

/** What a report keeps of the events of a turn. */
export class TaskLog {
  readonly #maxSteps: number;
  readonly #calls = new Map<string, TracedCall>();
  readonly #denied: string[] = [];
  #steps = 0;
  #usage: Usage = noUsage;
  #lastText = "";
  #outcome: TurnOutcome = { status: "interrupted" };

  constructor(maxSteps: number) {
    this.#maxSteps = maxSteps;
  }

  /** Takes an event; one line about it, where people would want one. */
  see(event: TurnEvent): string | undefined {
    switch (event.type) {
      case "item-end":
        return this.#onItem(event.item);
      case "usage":
        this.#steps++;
        this.#usage = addUsage(this.#usage, event.usage);
        return undefined;
      case "approval-decided":
        if (event.verdict.decision !== "deny") return undefined;
        this.#denied.push(subjectLine(event.subject));
        return `denied: ${subjectLine(event.subject)}`;
      case "retry":
        return `attempt ${event.attempt} of ${event.maxAttempts}: ${event.error.message}`;
      case "notice":
        return event.level === "warning" ? event.text : undefined;
      case "session-split":
        return "its context was compressed";
      case "turn-end":
        this.#outcome = event.outcome;
        return undefined;
      case "turn-start":
      case "item-start":
      case "item-delta":
      case "item-reset":
      case "plan":
        return undefined;
      default:
        return event satisfies never;
    }
  }

  /** How it ended, after its last event. */
  report(durationMs: number): TaskReport {
    const common = {
      summary: this.#lastText.trim(),
      steps: this.#steps,
      durationMs,
      usage: this.#usage,
      trace: [...this.#calls.values()],
      denied: [...this.#denied],
    };
    const outcome = this.#outcome;
    switch (outcome.status) {
      case "completed": {
        // The step behind the last one is the summary of a turn that used them up.
        const exitReason = this.#steps > this.#maxSteps ? "max_iterations" : "completed";
        return { ...common, status: "completed", exitReason, summary: outcome.finalText };
      }
      case "interrupted":
        return { ...common, status: "interrupted", exitReason: "interrupted" };
      case "failed": {
        const { code, message } = outcome.error;
        const exitReason = code === "turn/max_iterations" ? "max_iterations" : code;
        return { ...common, status: "failed", exitReason, error: message };
      }
      default:
        return outcome satisfies never;
    }
  }

  #onItem(item: Item): string | undefined {
    if (item.type === "assistant-message" && item.text.trim() !== "") this.#lastText = item.text;
    if (item.type === "tool-call") {
      this.#calls.set(item.callId, traced(item));
      return callLine(item);
    }
    if (item.type === "tool-result") {
      const call = this.#calls.get(item.callId);
      const status = item.isError ? "error" : "ok";
      if (call) {
        this.#calls.set(item.callId, { ...call, status, resultChars: item.output.length });
      }
    }
    return undefined;
  }
}

function traced(call: ToolCall): TracedCall {
  return {
    tool: call.name,
    arguments: argumentsLine(call),
    status: "unanswered",
    resultChars: 0,
  };
}

function callLine(call: ToolCall): string {
  return `${call.name} ${argumentsLine(call)}`;
}

function argumentsLine({ arguments: text }: ToolCall): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= maxArgumentChars
    ? line
    : `${line.slice(0, maxArgumentChars).toWellFormed()}…`;
}

function subjectLine(subject: ApprovalSubject): string {
  switch (subject.kind) {
    case "command":
      return subject.command;
    case "file_change":
      return subject.changes.map(({ kind, path }) => `${kind} ${path}`).join(", ");
    case "tool":
      return subject.name;
    default:
      return subject satisfies never;
  }
}
