import type { ModelEvent } from "../../core/event.ts";
import type { AssistantMessage, ModelItem } from "../../core/item.ts";
import type { JsonObject } from "../../core/json.ts";
import { createCallIds } from "../call_ids.ts";
import type { DecoderContext } from "../decoder.ts";
import { text } from "../fields.ts";
import { cleanText, createThinkSplitter, type Segment } from "../think_tags.ts";
import { isLeakedCall } from "./leak_guard.ts";
import type { Outcome } from "./outcome.ts";
import {
  isCommentary,
  isUnfinished,
  kindOf,
  phaseOf,
  readCall,
  readMessage,
  readReasoning,
} from "./output_item.ts";
import { type Slot, type SlotAddress, Slots } from "./slots.ts";

/** What the items of an answer say about how it ended. */
export type Tally = Omit<Outcome, "status" | "reason">;

/** Puts the items of an answer together; what it yields is told at once, in a valid order. */
export class Assembly {
  readonly #context: DecoderContext;
  readonly #slots: Slots;
  readonly #uniqueCallId: (id: string) => string;
  readonly #phases: string[] = [];
  #callCount = 0;
  #hasText = false;
  #hasRefusal = false;
  #hasReasoning = false;
  #hasLeak = false;
  #hasUnfinishedItem = false;

  constructor(context: DecoderContext) {
    this.#context = context;
    this.#slots = new Slots(context.newId);
    this.#uniqueCallId = createCallIds(context.items);
  }

  /** `response.output_item.added` */
  *announce(item: JsonObject, index: number | undefined): Generator<ModelEvent> {
    const kind = kindOf(item);
    if (kind === undefined) return;
    const address: SlotAddress = { kind, index, serverId: text(item, "id") };
    const open = this.#slots.find(address);
    if (open?.isAnnounced && open.serverId !== "" && open.serverId === address.serverId) return;
    const slot = open === undefined || open.isAnnounced ? this.#slots.add(address) : open;
    slot.isAnnounced = true;
    const announced = this.#announcedItem(slot, item);
    if (announced !== undefined) yield* this.#start(slot, announced);
  }

  /** A delta of the text of a message or of reasoning; `part` counts the parts of its item. */
  *say(address: SlotAddress, delta: string, part: number): Generator<ModelEvent> {
    if (delta === "" || this.#slots.hasEnded(address)) return;
    const slot = this.#slots.find(address) ?? this.#slots.add(address);
    const isReasoning = slot.kind === "reasoning";
    if (!isReasoning) {
      slot.part = part;
      slot.streamed += delta;
      slot.splitter ??= createThinkSplitter();
      yield* this.#show(slot, slot.splitter.push(delta));
      return;
    }
    yield* this.#start(slot, emptyItem(slot, isReasoning));
    const isNextPart = slot.part !== part && slot.streamed !== "";
    // The parts of a summary are lines of one text.
    const shown = isNextPart ? `\n${delta}` : delta;
    slot.part = part;
    slot.streamed += shown;
    yield { type: "item-delta", itemId: slot.itemId, channel: "reasoning", delta: shown };
  }

  /** Shows what of a message is for the user. */
  *#show(slot: Slot, segments: readonly Segment[]): Generator<ModelEvent> {
    for (const { channel, text: delta, endsPrefilled } of segments) {
      if (endsPrefilled && slot.started !== undefined) {
        yield { type: "item-reset", itemIds: [slot.itemId] };
        slot.started = undefined;
        slot.itemId = this.#context.newId();
      }
      if (channel !== "text" || delta === "") continue;
      yield* this.#start(slot, emptyItem(slot, false));
      yield { type: "item-delta", itemId: slot.itemId, channel, delta };
    }
  }

  /** A delta of a call's arguments, kept for servers that leave them out at the end. */
  addArguments(address: SlotAddress, delta: string): void {
    const slot = this.#slots.find(address);
    if (slot !== undefined) slot.streamed += delta;
  }

  /** `response.output_item.done` */
  *end(item: JsonObject, index: number | undefined): Generator<ModelEvent> {
    if (isUnfinished(item)) this.#hasUnfinishedItem = true;
    const kind = kindOf(item);
    if (kind === undefined) return;
    const address: SlotAddress = { kind, index, serverId: text(item, "id") };
    if (this.#slots.hasEnded(address)) return;
    const slot = this.#slots.find(address) ?? this.#slots.add(address);
    yield* this.#show(slot, slot.splitter?.end() ?? []);
    this.#slots.end(slot, this.#read(slot, item), address);
    yield* this.#slots.release();
  }

  /**
   * The end of the answer. What was said without an end of its own is taken as it is, a call that was not finished is
   * void; so is a leaked call, unless there are calls beside it.
   */
  *conclude(): Generator<ModelEvent> {
    for (const slot of this.#slots.open()) {
      if (slot.kind === "call") this.#hasUnfinishedItem = true;
      yield* this.#show(slot, slot.splitter?.end() ?? []);
      this.#slots.end(slot, slot.kind === "call" ? undefined : this.#read(slot, {}));
    }
    for (const slot of this.#slots.held()) {
      slot.isHeld = false;
      if (this.#callCount > 0) continue;
      this.#hasLeak = true;
      slot.ended = { item: undefined };
    }
    yield* this.#slots.release();
  }

  /** Whether nothing that was begun is missing its end. */
  isComplete(): boolean {
    return this.#slots.open().length === 0;
  }

  tally(): Tally {
    return {
      callCount: this.#callCount,
      hasText: this.#hasText,
      hasRefusal: this.#hasRefusal,
      hasReasoning: this.#hasReasoning,
      hasLeak: this.#hasLeak,
      hasUnfinishedItem: this.#hasUnfinishedItem,
      phases: this.#phases,
    };
  }

  *#start(slot: Slot, item: ModelItem): Generator<ModelEvent> {
    if (slot.started !== undefined) return;
    slot.started = item;
    yield { type: "item-start", item };
  }

  #announcedItem(slot: Slot, item: JsonObject): ModelItem | undefined {
    if (slot.kind !== "call") {
      const empty = emptyItem(slot, slot.kind === "reasoning");
      return isCommentary(phaseOf(item)) && empty.type === "assistant-message"
        ? { ...empty, interim: true }
        : empty;
    }
    // Without an id of its own it gets one from its arguments, which are not known yet.
    if (text(item, "call_id").trim() === "") return undefined;
    const { callId, name } = readCall(item, { streamed: "", index: this.#callCount });
    return {
      type: "tool-call",
      id: slot.itemId,
      callId: this.#uniqueCallId(callId),
      name,
      arguments: "",
    };
  }

  /** The message without what was not meant for the user; nothing where it was nothing else. */
  #clean(slot: Slot, message: AssistantMessage): AssistantMessage | undefined {
    const { text: said, hasReasoning, hasLeak } = cleanText(message.text);
    if (hasReasoning) this.#hasReasoning = true;
    if (hasLeak) this.#hasLeak = true;
    if (said.trim() === "") return undefined;
    slot.isHeld = isLeakedCall(said);
    if (!slot.isHeld) this.#hasText = true;
    return { ...message, text: said };
  }

  #read(slot: Slot, item: JsonObject): ModelItem | undefined {
    const { kind, itemId, streamed } = slot;
    const by = this.#context;
    switch (kind) {
      case "message": {
        const message = readMessage(item, itemId, { by, streamed });
        if (message.phase !== "") this.#phases.push(message.phase);
        if (message.isRefusal) {
          this.#hasRefusal = true;
          return message.item;
        }
        return message.item && this.#clean(slot, message.item);
      }
      case "reasoning": {
        const reasoning = readReasoning(item, itemId, { by, streamed });
        if (reasoning !== undefined) this.#hasReasoning = true;
        return reasoning;
      }
      case "call": {
        // What a limit cut off must not run. Custom tools take text, which has no status.
        if (item["type"] === "function_call" && isUnfinished(item)) return undefined;
        const call = readCall(item, { streamed, index: this.#callCount });
        this.#callCount++;
        const { started } = slot;
        const callId =
          started?.type === "tool-call" ? started.callId : this.#uniqueCallId(call.callId);
        return { type: "tool-call", id: itemId, ...call, callId };
      }
    }
  }
}

function emptyItem({ itemId }: Slot, isReasoning: boolean): ModelItem {
  return isReasoning
    ? { type: "reasoning", id: itemId, text: "" }
    : { type: "assistant-message", id: itemId, text: "" };
}
