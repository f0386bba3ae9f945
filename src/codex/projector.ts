import { noUsage, type PlanEvent, type TurnEvent, type Usage } from "../core/event.ts";
import type { ChangedFile } from "../core/item.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { ItemIds } from "./item_ids.ts";
import { type Lasting, OpenItem } from "./open_item.ts";
import { projectItem } from "./project_item.ts";
import { anyItem, planUpdate, tokenUsageUpdate } from "./protocol.ts";
import { TokenCount } from "./token_count.ts";
import { retryEvent } from "./turn_error.ts";

/** Which turn of codex is projected. */
export interface ProjectorScope {
  readonly threadId: string;
  readonly turnId: string;
  /** What the thread had used before this turn; absent where that is not known, as after a resume. */
  readonly usageBefore?: Usage;
}

/**
 * One turn of codex as events of ours. Knows no I/O, no clock and no chance: the same notifications give the same
 * events. Never throws, whatever codex sends; every item that begins ends exactly once, or is voided by a reset.
 */
export class Projector {
  readonly turnId: string;
  readonly #threadId: string;
  readonly #ids: ItemIds;
  readonly #tokens: TokenCount;
  /** By codex's id. */
  readonly #open = new Map<string, OpenItem>();
  /** Codex's ids of what has ended. */
  readonly #ended = new Set<string>();
  readonly #commands = new Map<string, { readonly command: string; readonly cwd: string }>();
  readonly #changes = new Map<string, readonly ChangedFile[]>();
  /** Whether the model has made something. */
  #hasBegun = false;
  #isClosed = false;
  #finalAnswer: string | undefined;
  #lastMessage = "";
  #retries = 0;

  constructor({ threadId, turnId, usageBefore }: ProjectorScope) {
    this.turnId = turnId;
    this.#threadId = threadId;
    this.#ids = new ItemIds(turnId);
    this.#tokens = new TokenCount(usageBefore);
  }

  /** The answer: what the model called final, else the last message that is no comment; empty when there is none. */
  get finalText(): string {
    return this.#finalAnswer ?? this.#lastMessage;
  }

  /** Tokens of this turn. */
  get usage(): Usage {
    return this.#tokens.turn;
  }

  /** Tokens of the whole thread by now: `usageBefore` of its next turn; undefined where codex has told nothing. */
  get threadUsage(): Usage | undefined {
    return this.#tokens.thread;
  }

  /** Items in progress. */
  get openItems(): number {
    return this.#open.size;
  }

  /** Commands, changes and tools in progress. */
  get openWork(): number {
    let count = 0;
    for (const { isWork } of this.#open.values()) if (isWork) count++;
    return count;
  }

  /** The files of a change that codex announced; none when it is not known. */
  changesOf(itemId: string): readonly ChangedFile[] {
    return this.#changes.get(itemId) ?? [];
  }

  /** A command that codex announced. */
  commandOf(itemId: string): { readonly command: string; readonly cwd: string } | undefined {
    return this.#commands.get(itemId);
  }

  /**
   * What a notification means; nothing for those of other turns and threads, and nothing after `close()`. Of the
   * thread's other turns only the tokens are taken, as what was used before.
   */
  project(method: string, params: Json): readonly TurnEvent[] {
    if (this.#isClosed || !isJsonObject(params) || !this.#isOurThread(params)) return [];
    const { turnId } = params;
    const isOurTurn = typeof turnId !== "string" || turnId === this.turnId;
    if (method === "thread/tokenUsage/updated") return this.#count(params, isOurTurn);
    return isOurTurn ? this.#projectOurs(method, params) : [];
  }

  /** The turn is over: ends what is still open; commands that it leaves running go on where it ended well. */
  close(isWhole = false): readonly TurnEvent[] {
    this.#isClosed = true;
    const events = [...this.#open.values()].flatMap((open) => open.cutOff(isWhole));
    this.#open.clear();
    return events;
  }

  #projectOurs(method: string, params: JsonObject): readonly TurnEvent[] {
    switch (method) {
      case "item/agentMessage/delta":
      case "item/plan/delta":
        return this.#write(params, "text", params["delta"]);
      case "item/reasoning/summaryTextDelta":
      case "item/reasoning/textDelta":
        return this.#write(params, "reasoning", params["delta"]);
      case "item/reasoning/summaryPartAdded":
        return params["summaryIndex"] === 0 ? [] : this.#write(params, "reasoning", "\n\n");
      case "item/commandExecution/outputDelta":
        return this.#write(params, "output", params["delta"]);
      case "item/mcpToolCall/progress":
        return this.#write(params, "output", `${textOf(params["message"])}\n`);
      case "item/started":
        return this.#started(params["item"] ?? null);
      case "item/completed":
        return this.#completed(params["item"] ?? null);
      case "item/fileChange/patchUpdated":
        return this.#patchUpdated(params);
      case "turn/plan/updated":
        return planEvents(params);
      case "error":
        return this.#retry(params);
      case "warning":
      case "guardianWarning":
        return warning(textOf(params["message"]));
      case "model/rerouted":
        return warning(
          `codex asks ${textOf(params["toModel"])} in place of ${textOf(params["fromModel"])}`,
        );
      default:
        return [];
    }
  }

  #isOurThread({ threadId = null }: JsonObject): boolean {
    return threadId === null || threadId === this.#threadId;
  }

  /** The one path that runs for each of thousands of deltas: nothing is parsed here. */
  #write(
    { itemId }: JsonObject,
    channel: "text" | "reasoning" | "output",
    delta: Json | undefined,
  ): readonly TurnEvent[] {
    if (typeof itemId !== "string" || typeof delta !== "string" || delta === "") return [];
    return this.#open.get(itemId)?.write(channel, delta) ?? [];
  }

  #started(value: Json): readonly TurnEvent[] {
    const told = readItem(value);
    const isRepeated = told && this.#open.get(told.codexId)?.type === told.type;
    return told && !isRepeated ? this.#begin(told) : [];
  }

  #completed(value: Json): readonly TurnEvent[] {
    const told = readItem(value);
    if (!told) return [];
    const key = this.#keyOf(told);
    const open = this.#open.get(key);
    if (open?.type === told.type) return this.#end(key, open, told);
    const isRepeated = !open && told.codexId !== "" && this.#ended.has(told.codexId);
    if (isRepeated) return [];
    const begun = this.#begin(told);
    const begunNow = this.#open.get(told.codexId);
    return begunNow ? [...begun, ...this.#end(told.codexId, begunNow, told)] : begun;
  }

  /** Some versions give a message that has no id of the model's another one at its end. */
  #keyOf({ type, codexId }: Told): string {
    const isKnown = this.#open.has(codexId) || this.#ended.has(codexId);
    if (isKnown || (type !== "agentMessage" && type !== "reasoning")) return codexId;
    const [key] = [...this.#open].find(([, open]) => open.type === type) ?? [codexId];
    return key;
  }

  #begin({ type, codexId, item }: Told): readonly TurnEvent[] {
    // More was said to the model, or a hook makes it go on: what it said before is not its last word.
    if (type === "userMessage" || type === "hookPrompt") this.#finalAnswer = undefined;
    const id = this.#ids.next(codexId);
    const projected = projectItem(type, id, item);
    if (projected.kind === "nothing") return type === "userMessage" ? this.#interrupted() : [];
    if (projected.kind !== "notice") this.#hasBegun = true;
    const left = this.#open.get(codexId)?.cutOff() ?? [];
    const open = new OpenItem(type, id, projected);
    this.#close(codexId);
    this.#open.set(codexId, open);
    this.#ended.delete(codexId);
    this.#remember(codexId, projected);
    return [...left, ...open.start()];
  }

  /** Some versions end what the model writes without a word when more is said to it. */
  #interrupted(): readonly TurnEvent[] {
    const written = [...this.#open].filter(([, open]) => open.isWritten);
    for (const [codexId] of written) {
      this.#close(codexId);
      this.#ended.add(codexId);
    }
    return written.flatMap(([, open]): readonly TurnEvent[] =>
      open.hasText ? open.cutOff() : [{ type: "item-reset", itemIds: [open.id] }],
    );
  }

  #end(key: string, open: OpenItem, { type, codexId, item }: Told): readonly TurnEvent[] {
    const projected = projectItem(type, open.id, item);
    if (projected.kind === "nothing") return [];
    this.#close(key);
    this.#ended.add(codexId);
    const events = open.end(projected);
    if (type === "agentMessage" && projected.kind === "item") {
      for (const event of events) this.#answer(event, projected.isFinal === true);
    }
    return events;
  }

  #answer(event: TurnEvent, isFinal: boolean): void {
    if (event.type !== "item-end" || event.item.type !== "assistant-message") return;
    const { text, interim } = event.item;
    // What is said on the way to an answer is none, even where nothing comes after it.
    if (interim || text.trim() === "") return;
    this.#lastMessage = text;
    if (isFinal) this.#finalAnswer = text;
  }

  #close(codexId: string): void {
    this.#open.delete(codexId);
    this.#commands.delete(codexId);
    this.#changes.delete(codexId);
  }

  /** What an approval asks about by the item's id alone. */
  #remember(codexId: string, projected: Lasting): void {
    if (projected.kind !== "item") return;
    const { item } = projected;
    if (item.type === "command") {
      this.#commands.set(codexId, { command: item.command, cwd: item.cwd });
    }
    if (item.type === "file-change") this.#changes.set(codexId, item.changes);
  }

  /** A patch that grew while its approval is pending. */
  #patchUpdated({ itemId, changes }: JsonObject): readonly TurnEvent[] {
    if (typeof itemId !== "string" || changes === undefined || !this.#changes.has(itemId))
      return [];
    const grown = projectItem("fileChange", itemId, { changes });
    if (grown.kind !== "nothing") this.#remember(itemId, grown);
    return [];
  }

  #count(params: JsonObject, isOurTurn: boolean): readonly TurnEvent[] {
    const parsed = tokenUsageUpdate.safeParse(params);
    if (!parsed.success) return [];
    const { last, total } = parsed.data.tokenUsage;
    if (!isOurTurn) this.#tokens.pass(total);
    else this.#tokens.add(total, this.#hasBegun ? last : noUsage);
    return [];
  }

  /** A failure that is not retried ends the turn, which tells it again. */
  #retry(params: JsonObject): readonly TurnEvent[] {
    if (params["willRetry"] !== true) return [];
    this.#finalAnswer = undefined;
    this.#retries++;
    const written = [...this.#open].filter(([, open]) => open.isWritten);
    for (const [codexId] of written) this.#close(codexId);
    const itemIds = written.map(([, open]) => open.id);
    const reset = itemIds.length === 0 ? [] : [{ type: "item-reset", itemIds } as const];
    return [...reset, retryEvent(params["error"] ?? null, this.#retries)];
  }
}

/** An item as codex tells it. */
interface Told {
  readonly type: string;
  readonly codexId: string;
  readonly item: JsonObject;
}

function readItem(value: Json): Told | undefined {
  const parsed = anyItem.safeParse(value);
  if (!parsed.success || !isJsonObject(value)) return undefined;
  return { type: parsed.data.type, codexId: parsed.data.id, item: value };
}

function planEvents(params: JsonObject): readonly TurnEvent[] {
  const parsed = planUpdate.safeParse(params);
  if (!parsed.success) return [];
  const { plan, explanation } = parsed.data;
  const steps: PlanEvent["steps"] = plan.map(({ step, status }) => ({
    text: step,
    status:
      status === "completed" ? "completed" : status === "inProgress" ? "in_progress" : "pending",
  }));
  return [{ type: "plan", steps, ...(explanation === "" ? {} : { explanation }) }];
}

function warning(message: string): readonly TurnEvent[] {
  return message === "" ? [] : [{ type: "notice", level: "warning", text: message.toWellFormed() }];
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
