import { addUsage, noUsage, type PlanEvent, type TurnEvent, type Usage } from "../core/event.ts";
import type { ChangedFile, Item, ToolResult } from "../core/item.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { ItemIds } from "./item_ids.ts";
import { type Projected, projectItem } from "./project_item.ts";
import { anyItem, planUpdate, tokenUsageUpdate } from "./protocol.ts";
import { turnError } from "./turn_error.ts";

/** Which turn of codex is projected. */
export interface ProjectorScope {
  readonly threadId: string;
  readonly turnId: string;
}

/** An item that has begun and not ended. */
interface OpenItem {
  /** What will be ended: the item itself, or the result of a tool. */
  readonly item: Item;
  /** What was said or written of it so far. */
  written: string;
  /** Whether something runs, in contrast to a model that writes. */
  readonly isWork: boolean;
}

/**
 * One turn of codex as events of ours. Knows no I/O, no clock and no chance: the same notifications give the same
 * events. Never throws, whatever codex sends; every item that begins ends exactly once.
 */
export class Projector {
  readonly turnId: string;
  readonly #threadId: string;
  readonly #ids: ItemIds;
  /** By codex's id. */
  readonly #open = new Map<string, OpenItem>();
  readonly #commands = new Map<string, { readonly command: string; readonly cwd: string }>();
  readonly #changes = new Map<string, readonly ChangedFile[]>();
  #usage: Usage = noUsage;
  #lastTotal = -1;
  /** Whether anything but the echo of the message has come. */
  #hasBegun = false;
  #finalAnswer: string | undefined;
  #lastAnswer: string | undefined;
  #retries = 0;

  constructor({ threadId, turnId }: ProjectorScope) {
    this.turnId = turnId;
    this.#threadId = threadId;
    this.#ids = new ItemIds(turnId);
  }

  /** The answer: what codex calls final, else the last message that is no commentary; empty when there is none. */
  get finalText(): string {
    return this.#finalAnswer ?? this.#lastAnswer ?? "";
  }

  /** Tokens of this turn. */
  get usage(): Usage {
    return this.#usage;
  }

  /** Items in progress. */
  get openItems(): number {
    return this.#open.size;
  }

  /** Commands, changes and tools in progress. */
  get openWork(): number {
    return [...this.#open.values()].filter(({ isWork }) => isWork).length;
  }

  /** The files of a change that codex announced; none when it is not known. */
  changesOf(itemId: string): readonly ChangedFile[] {
    return this.#changes.get(itemId) ?? [];
  }

  /** A command that codex announced. */
  commandOf(itemId: string): { readonly command: string; readonly cwd: string } | undefined {
    return this.#commands.get(itemId);
  }

  /** What a notification means; nothing for those of other turns and threads. */
  project(method: string, params: Json): readonly TurnEvent[] {
    if (!isJsonObject(params) || !this.#isOurs(params)) return [];
    switch (method) {
      case "item/agentMessage/delta":
      case "item/plan/delta":
        return this.#delta(params, "text");
      case "item/reasoning/summaryTextDelta":
      case "item/reasoning/textDelta":
        return this.#delta(params, "reasoning");
      case "item/reasoning/summaryPartAdded":
        return params["summaryIndex"] === 0
          ? []
          : this.#delta({ ...params, delta: "\n\n" }, "reasoning");
      case "item/commandExecution/outputDelta":
        return this.#delta(params, "output");
      case "item/mcpToolCall/progress":
        return this.#delta({ ...params, delta: `${text(params["message"])}\n` }, "output");
      case "item/started":
        return this.#started(params["item"] ?? null);
      case "item/completed":
        return this.#completed(params["item"] ?? null);
      case "item/fileChange/patchUpdated":
        return this.#patchUpdated(params);
      case "turn/plan/updated":
        return planEvents(params);
      case "thread/tokenUsage/updated":
        return this.#count(params);
      case "error":
        return this.#retried(params);
      case "warning":
      case "guardianWarning":
        return notice(text(params["message"]), "warning");
      case "model/rerouted":
        return notice(
          `codex asks ${text(params["toModel"])} in place of ${text(params["fromModel"])}`,
          "warning",
        );
      default:
        return [];
    }
  }

  /** The turn is over: ends what is still open. */
  close(): readonly TurnEvent[] {
    return this.#drop(() => true).map(endOf);
  }

  #isOurs({ threadId, turnId }: JsonObject): boolean {
    const isOtherThread =
      threadId !== undefined && threadId !== null && threadId !== this.#threadId;
    const isOtherTurn = typeof turnId === "string" && turnId !== this.turnId;
    return !isOtherThread && !isOtherTurn;
  }

  #delta(
    { itemId, delta }: JsonObject,
    channel: "text" | "reasoning" | "output",
  ): readonly TurnEvent[] {
    if (typeof itemId !== "string" || typeof delta !== "string" || delta === "") return [];
    const open = this.#open.get(itemId);
    if (!open) return [];
    open.written += delta;
    return [{ type: "item-delta", itemId: open.item.id, channel, delta: delta.toWellFormed() }];
  }

  #started(value: Json): readonly TurnEvent[] {
    const item = anyItem.safeParse(value);
    if (!item.success || !isJsonObject(value) || this.#open.has(item.data.id)) return [];
    const { type, id } = item.data;
    const projected = projectItem(type, this.#ids.of(id), value);
    this.#remember(id, projected);
    if (projected.kind !== "nothing") this.#hasBegun = true;
    return this.#begin(id, projected);
  }

  #begin(codexId: string, projected: Projected): readonly TurnEvent[] {
    switch (projected.kind) {
      case "nothing":
      // Told once, at its end.
      case "notice":
        return [];
      case "item": {
        const { item } = projected;
        const isWork = item.type === "command" || item.type === "file-change";
        // A message that a steered turn left behind is over when the next one begins.
        const isMessage = item.type === "assistant-message";
        const left = isMessage ? this.#drop((open) => open.item.type === item.type) : [];
        this.#open.set(codexId, { item, written: "", isWork });
        return [...left.map(endOf), { type: "item-start", item }];
      }
      case "tool": {
        const { call } = projected;
        const result: ToolResult = { ...projected.result, output: "", isError: false };
        this.#open.set(codexId, { item: result, written: "", isWork: true });
        return [
          { type: "item-start", item: call },
          { type: "item-end", item: call },
          { type: "item-start", item: result },
        ];
      }
      default:
        return projected satisfies never;
    }
  }

  #completed(value: Json): readonly TurnEvent[] {
    const item = anyItem.safeParse(value);
    if (!item.success || !isJsonObject(value)) return [];
    const { type, id } = item.data;
    const open = this.#open.get(id);
    const ourId = open ? idOf(open.item) : this.#ids.of(id);
    const projected = projectItem(type, ourId, value);
    if (projected.kind === "nothing") return [];
    this.#hasBegun = true;
    if (projected.kind === "notice") return notice(projected.text, "info");
    const begun = open ? [] : this.#begin(id, projected);
    const written = this.#open.get(id)?.written ?? "";
    this.#open.delete(id);
    this.#forget(id);
    if (projected.kind === "item") this.#answer(projected);
    return [...begun, { type: "item-end", item: ended(projected, written) }];
  }

  #answer({ item, isFinal }: Extract<Projected, { kind: "item" }>): void {
    if (item.type !== "assistant-message" || item.interim) return;
    if (isFinal === true) this.#finalAnswer = item.text;
    else if (item.text.trim() !== "") this.#lastAnswer = item.text;
  }

  #remember(codexId: string, projected: Projected): void {
    if (projected.kind !== "item") return;
    const { item } = projected;
    if (item.type === "command")
      this.#commands.set(codexId, { command: item.command, cwd: item.cwd });
    if (item.type === "file-change") this.#changes.set(codexId, item.changes);
  }

  #forget(codexId: string): void {
    this.#commands.delete(codexId);
    this.#changes.delete(codexId);
  }

  /** A patch that grew while its approval is pending. */
  #patchUpdated({ itemId, changes }: JsonObject): readonly TurnEvent[] {
    if (typeof itemId !== "string" || changes === undefined) return [];
    this.#remember(itemId, projectItem("fileChange", itemId, { changes }));
    return [];
  }

  /** Each step's tokens once: the same total twice is the same step told again. */
  #count(params: JsonObject): readonly TurnEvent[] {
    const parsed = tokenUsageUpdate.safeParse(params);
    // What comes before the model said anything repeats the turn before.
    if (!parsed.success || !this.#hasBegun) return [];
    const { last, total } = parsed.data.tokenUsage;
    if (total.totalTokens === this.#lastTotal) return [];
    this.#lastTotal = total.totalTokens;
    this.#usage = addUsage(this.#usage, {
      inputTokens: last.inputTokens,
      cachedInputTokens: last.cachedInputTokens,
      outputTokens: last.outputTokens,
      reasoningTokens: last.reasoningOutputTokens,
      totalTokens: last.totalTokens,
    });
    return [];
  }

  /** What the model was saying will be said again. A failure that is not retried ends the turn, which tells it again. */
  #retried(params: JsonObject): readonly TurnEvent[] {
    if (params["willRetry"] !== true) return [];
    const itemIds = this.#drop(({ isWork }) => !isWork).map(({ item }) => item.id);
    const voided: readonly TurnEvent[] =
      itemIds.length === 0 ? [] : [{ type: "item-reset", itemIds }];
    const error = turnError(params["error"] ?? null, "failed");
    const told = /(\d+)\/(\d+)/.exec(error.message);
    this.#retries++;
    const attempt = (told ? Number(told[1]) : this.#retries) + 1;
    const maxAttempts = Math.max(attempt, told ? Number(told[2]) + 1 : attempt);
    return [...voided, { type: "retry", attempt, maxAttempts, delayMs: 0, error }];
  }

  /** Takes open items away; whoever calls says how they ended. */
  #drop(which: (open: OpenItem) => boolean): readonly OpenItem[] {
    const dropped = [...this.#open].filter(([, open]) => which(open));
    for (const [id] of dropped) this.#open.delete(id);
    return dropped.map(([, open]) => open);
  }
}

/** The id that projecting the item again must give: of a tool, its call's. */
function idOf(item: Item): string {
  return item.type === "tool-result" ? item.callId : item.id;
}

/** The item at its end; what codex does not repeat there is what it wrote before. */
function ended(
  projected: Exclude<Projected, { kind: "notice" | "nothing" }>,
  written: string,
): Item {
  if (projected.kind === "tool") return projected.result;
  const { item } = projected;
  switch (item.type) {
    case "command":
      return { ...item, output: item.output === "" ? written : item.output };
    case "reasoning":
      return { ...item, text: item.text === "" ? written : item.text };
    case "assistant-message":
    case "file-change":
      return item;
    default:
      return item satisfies never;
  }
}

function endOf(open: OpenItem): TurnEvent {
  return { type: "item-end", item: cutOff(open) };
}

/** An item whose end codex did not tell. */
function cutOff({ item, written }: OpenItem): Item {
  switch (item.type) {
    case "assistant-message":
      return { ...item, text: written === "" ? item.text : written, interim: true };
    case "reasoning":
      return { ...item, text: written === "" ? item.text : written };
    case "command":
      return { ...item, output: written, status: "interrupted" };
    case "file-change":
      return { ...item, status: "interrupted" };
    case "tool-result":
      return { ...item, output: written === "" ? "[interrupted]" : written, isError: true };
    case "tool-call":
    case "user-message":
      return item;
    default:
      return item satisfies never;
  }
}

function planEvents(params: JsonObject): readonly TurnEvent[] {
  const parsed = planUpdate.safeParse(params);
  if (!parsed.success) return [];
  const { plan, explanation } = parsed.data;
  const steps: PlanEvent["steps"] = plan.map(({ step, status }) => ({
    text: step.toWellFormed(),
    status:
      status === "completed" ? "completed" : status === "inProgress" ? "in_progress" : "pending",
  }));
  const why = explanation === null || explanation === "" ? {} : { explanation };
  return [{ type: "plan", steps, ...why }];
}

function notice(message: string, level: "info" | "warning"): readonly TurnEvent[] {
  return message === "" ? [] : [{ type: "notice", level, text: message.toWellFormed() }];
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
