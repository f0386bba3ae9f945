import type { ModelEvent } from "../../core/event.ts";
import type { Replay, ToolCall } from "../../core/item.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import { createCallIds, fallbackCallId } from "../call_ids.ts";
import type { DecoderContext } from "../decoder.ts";
import { asText, count, object, text } from "../fields.ts";
import { callReplay } from "./replay.ts";

interface CallSlot {
  readonly itemId: string;
  /** As the server calls it; "" while it has not. */
  serverId: string;
  readonly index: number | undefined;
  name: string;
  arguments: string;
  replay: Replay | undefined;
  /** Set when the call was told. */
  callId: string | undefined;
}

/**
 * The tool calls of an answer, from fragments. By the book a fragment has an `index`, and the first of a call its id and
 * name; servers leave out the index or the id, use index 0 for all calls, or send a call whole.
 */
export class CallSlots {
  readonly #context: DecoderContext;
  readonly #uniqueCallId: (id: string) => string;
  readonly #slots: CallSlot[] = [];

  constructor(context: DecoderContext) {
    this.#context = context;
    this.#uniqueCallId = createCallIds(context.items);
  }

  *push(fragment: JsonObject): Generator<ModelEvent> {
    const fn = object(fragment, "function") ?? fragment;
    const id = text(fragment, "id").trim();
    const name = text(fn, "name").trim();
    const index = count(fragment, "index");
    const callArguments = asText(fn["arguments"]);
    if (id === "" && name === "" && callArguments === "") return;
    const beginsArguments = callArguments.trimStart().startsWith("{");
    const slot = this.#find({ id, name, index, beginsArguments }) ?? this.#add(index);
    if (slot.serverId === "") slot.serverId = id;
    // Whole in each fragment that has it: some servers repeat it.
    if (name !== "") slot.name = name;
    slot.arguments += callArguments;
    const extraContent = object(fragment, "extra_content");
    if (extraContent !== undefined) slot.replay = callReplay(this.#context, extraContent);
    // Without an id it gets one from its arguments, which are not complete yet.
    if (slot.callId === undefined && slot.name !== "" && slot.serverId !== "") {
      yield* this.#start(slot, slot.serverId, "");
    }
  }

  /** Whether every call that was begun has the arguments of a whole call. */
  get areWhole(): boolean {
    return this.#slots.every((slot) => isWhole(slot.arguments));
  }

  /**
   * The end of the answer. `isCut`: a limit ended it, so a call whose arguments are no JSON is half a call, and void.
   * Returns how many calls there are.
   */
  *end(isCut: boolean): Generator<ModelEvent, number> {
    let calls = 0;
    for (const [index, slot] of this.#slots.entries()) {
      const isVoid = isCut && !isWhole(slot.arguments);
      if (isVoid) {
        if (slot.callId !== undefined) yield { type: "item-reset", itemIds: [slot.itemId] };
        continue;
      }
      calls++;
      if (slot.callId === undefined) {
        const id = slot.serverId || fallbackCallId(slot.name, slot.arguments, index);
        yield* this.#start(slot, id, slot.arguments);
      }
      yield { type: "item-end", item: itemOf(slot, slot.arguments) };
    }
    return calls;
  }

  *#start(slot: CallSlot, id: string, callArguments: string): Generator<ModelEvent> {
    slot.callId = this.#uniqueCallId(id);
    yield { type: "item-start", item: itemOf(slot, callArguments) };
  }

  #add(index: number | undefined): CallSlot {
    const slot: CallSlot = {
      itemId: this.#context.newId(),
      serverId: "",
      index,
      name: "",
      arguments: "",
      replay: undefined,
      callId: undefined,
    };
    this.#slots.push(slot);
    return slot;
  }

  /** The call that a fragment continues; undefined when it begins one. */
  #find(fragment: Fragment): CallSlot | undefined {
    const { id, name, index } = fragment;
    const named = this.#slots.find((slot) => id !== "" && slot.serverId === id);
    const candidate =
      index === undefined
        ? (named ?? this.#slots.at(-1))
        : this.#slots.findLast((slot) => slot.index === index);
    if (candidate === undefined || name === "" || candidate.name === "") return candidate;
    if (id !== "" && candidate.serverId !== "") {
      return id === candidate.serverId ? candidate : undefined;
    }
    // Without two ids to compare: a name that is repeated, or another call of the same tool.
    const isAnother =
      name !== candidate.name || (fragment.beginsArguments && isWhole(candidate.arguments));
    return isAnother ? undefined : candidate;
  }
}

interface Fragment {
  readonly id: string;
  readonly name: string;
  readonly index: number | undefined;
  /** Whether it has the beginning of an arguments object, as a call that is sent whole. */
  readonly beginsArguments: boolean;
}

function isWhole(callArguments: string): boolean {
  return isJsonObject(parseJson(callArguments));
}

function itemOf(slot: CallSlot, callArguments: string): ToolCall {
  return {
    type: "tool-call",
    id: slot.itemId,
    callId: slot.callId ?? "",
    name: slot.name,
    arguments: callArguments,
    ...(slot.replay !== undefined && { replay: slot.replay }),
  };
}
