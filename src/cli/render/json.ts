import type { ApprovalSubject } from "../../core/approval.ts";
import type { HermesError } from "../../core/errors.ts";
import {
  addUsage,
  noUsage,
  type TurnEvent,
  type TurnOutcome,
  type Usage,
} from "../../core/event.ts";
import { type ChangedFile, textOf, type Item } from "../../core/item.ts";
import type { JsonObject } from "../../core/json.ts";
import type { RuntimeName } from "../../core/session_store.ts";
import { errorToJson, type Mask } from "./error.ts";

/** What is known of a session when it is opened. */
export interface OpenedSession {
  readonly sessionId: string;
  readonly provider: string;
  readonly model: string;
  readonly runtime: RuntimeName;
  readonly cwd: string;
  readonly approval: string;
}

export interface JsonProjectionDeps {
  /** Masks secrets in errors and notices; items are data and stay as they are. */
  readonly mask: Mask;
  /** ms that only grow. */
  now(): number;
}

/**
 * The `--json` events of one run, as objects. Whatever the runtime does, each `item.started` gets exactly one
 * `item.completed` and the run exactly one terminal event: an item that a retry voided is closed with
 * `"status":"void"`, one that the end of the turn cut off with `"status":"incomplete"`, and neither is named among the
 * completed items.
 */
export class JsonProjection {
  readonly #deps: JsonProjectionDeps;
  readonly #open = new Map<string, Item>();
  readonly #completed = new Set<string>();
  #startedAt: number;
  #turnId: string | null = null;
  #usage: Usage = noUsage;
  #isEnded = false;

  /** Durations count from here until the turn starts. */
  constructor(deps: JsonProjectionDeps) {
    this.#deps = deps;
    this.#startedAt = deps.now();
  }

  opened(session: OpenedSession): readonly JsonObject[] {
    return [
      {
        type: "session.started",
        schema_version: 1,
        session_id: session.sessionId,
        provider: session.provider,
        model: session.model,
        runtime: session.runtime,
        cwd: session.cwd,
        approval: session.approval,
      },
    ];
  }

  notice(level: "info" | "warning", text: string): readonly JsonObject[] {
    return this.#isEnded ? [] : [{ type: "notice", level, text: this.#deps.mask(text) }];
  }

  /** What an event comes to; nothing for those that have no meaning outside or came after the end. */
  event(event: TurnEvent): readonly JsonObject[] {
    if (this.#isEnded) return [];
    switch (event.type) {
      case "turn-start":
        this.#turnId = event.turnId;
        this.#startedAt = this.#deps.now();
        return [{ type: "turn.started", turn_id: event.turnId }];
      case "item-start":
        return this.#start(event.item);
      case "item-delta":
        if (!this.#open.has(event.itemId)) return [];
        return [
          {
            type: "item.delta",
            item_id: event.itemId,
            channel: event.channel,
            delta: event.delta,
          },
        ];
      case "item-end":
        return [...this.#start(event.item), ...this.#complete(event.item)];
      case "item-reset":
        return this.#close(event.itemIds, "void");
      case "approval-decided":
        return [
          {
            type: "approval.decided",
            subject: subjectToJson(event.subject),
            decision: event.verdict.decision,
            by: event.verdict.by,
          },
        ];
      case "retry": {
        const { code, message } = event.error;
        return [
          {
            type: "retry",
            attempt: event.attempt,
            max_attempts: event.maxAttempts,
            delay_ms: event.delayMs,
            error: { code, message: this.#deps.mask(message) },
          },
        ];
      }
      case "notice":
        return this.notice(event.level, event.text);
      case "plan":
        return [
          {
            type: "plan.updated",
            steps: event.steps.map(({ text, status }) => ({ text, status })),
            explanation: event.explanation ?? null,
          },
        ];
      case "usage":
        this.#usage = addUsage(this.#usage, event.usage);
        return [];
      case "session-split":
        return [
          {
            type: "session.compressed",
            session_id: event.sessionId,
            dropped_items: event.compaction.dropped,
          },
        ];
      case "turn-end":
        return this.end(event.outcome);
      default:
        return event satisfies never;
    }
  }

  /** The terminal event, after the end of what is still open; nothing the second time. */
  end(outcome: TurnOutcome): readonly JsonObject[] {
    if (this.#isEnded) return [];
    const closed = this.#close([...this.#open.keys()], "incomplete");
    this.#isEnded = true;
    return [...closed, this.#terminalEvent(outcome)];
  }

  #terminalEvent(outcome: TurnOutcome): JsonObject {
    const turn_id = this.#turnId;
    const duration_ms = Math.round(this.#deps.now() - this.#startedAt);
    switch (outcome.status) {
      case "completed":
        return {
          type: "turn.completed",
          turn_id,
          final_text: outcome.finalText,
          usage: usageToJson(this.#usage),
          duration_ms,
        };
      case "interrupted":
        return { type: "turn.interrupted", turn_id, duration_ms };
      case "failed":
        return {
          type: "turn.failed",
          turn_id,
          error: errorToJson(outcome.error, this.#deps.mask),
          // What was seen here and what the turn says agree; what was seen is also known when the turn says nothing.
          completed_items: [...this.#completed],
          duration_ms,
        };
      default:
        return outcome satisfies never;
    }
  }

  #start(item: Item): readonly JsonObject[] {
    if (this.#open.has(item.id) || this.#completed.has(item.id)) return [];
    this.#open.set(item.id, item);
    return [{ type: "item.started", item: itemToJson(item) }];
  }

  #complete(item: Item): readonly JsonObject[] {
    if (!this.#open.delete(item.id)) return [];
    this.#completed.add(item.id);
    return [{ type: "item.completed", item: itemToJson(item) }];
  }

  #close(itemIds: readonly string[], status: "void" | "incomplete"): readonly JsonObject[] {
    return itemIds.flatMap((id) => {
      const item = this.#open.get(id);
      if (!item) return [];
      this.#open.delete(id);
      return [{ type: "item.completed", item: { ...itemToJson(item), status } }];
    });
  }
}

/** The terminal event of a run that failed before there was a turn. */
export function failedBeforeTurn(error: HermesError, mask: Mask, durationMs: number): JsonObject {
  return {
    type: "turn.failed",
    turn_id: null,
    error: errorToJson(error, mask),
    completed_items: [],
    duration_ms: Math.round(durationMs),
  };
}

/** An item as events and documents show it. */
export function itemToJson(item: Item): JsonObject {
  const { id } = item;
  switch (item.type) {
    case "user-message": {
      const images = item.parts.filter((part) => part.type === "image");
      return {
        id,
        type: "user_message",
        text: textOf(item),
        ...(images.length > 0
          ? {
              images: images.map((image) => ({
                name: image.name ?? null,
                media_type: image.mediaType,
              })),
            }
          : {}),
        ...(item.synthetic ? { synthetic: true } : {}),
      };
    }
    case "assistant-message":
      return {
        id,
        type: "assistant_message",
        text: item.text,
        ...(item.interim ? { interim: true } : {}),
      };
    case "reasoning":
      return { id, type: "reasoning", text: item.text };
    case "tool-call":
      return {
        id,
        type: "tool_call",
        name: item.name,
        arguments: item.arguments,
        call_id: item.callId,
      };
    case "tool-result":
      return {
        id,
        type: "tool_result",
        call_id: item.callId,
        output: item.output,
        is_error: item.isError,
      };
    case "command":
      return {
        id,
        type: "command",
        command: item.command,
        cwd: item.cwd,
        exit_code: item.exitCode,
        output: item.output,
        status: item.status,
      };
    case "file-change":
      return { id, type: "file_change", changes: changesToJson(item.changes), status: item.status };
    case "compaction":
      return { id, type: "compaction", summary: item.summary, dropped_items: item.dropped };
    default:
      return item satisfies never;
  }
}

/** Token counts as events and documents show them. */
export function usageToJson(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
    total_tokens: usage.totalTokens,
    ...(usage.costUsd === undefined ? {} : { cost_usd: usage.costUsd }),
  };
}

function changesToJson(changes: readonly ChangedFile[]): readonly JsonObject[] {
  return changes.map(({ path, kind, diff }) => ({
    path,
    kind,
    ...(diff === undefined ? {} : { diff }),
  }));
}

function subjectToJson(subject: ApprovalSubject): JsonObject {
  switch (subject.kind) {
    case "command":
      return { kind: "command", command: subject.command, cwd: subject.cwd };
    case "file_change":
      return {
        kind: "file_change",
        changes: changesToJson(subject.changes),
        ...(subject.diff === undefined ? {} : { diff: subject.diff }),
      };
    case "tool":
      return { kind: "tool", name: subject.name, arguments: subject.arguments };
    default:
      return subject satisfies never;
  }
}
