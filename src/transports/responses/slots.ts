import type { ModelEvent } from "../../core/event.ts";
import type { ModelItem } from "../../core/item.ts";
import type { ThinkSplitter } from "../think_tags.ts";
import type { SlotKind } from "./output_item.ts";

/** One item of the output, from its first sign to its end. */
export interface Slot {
  readonly kind: SlotKind;
  /** `output_index`: its place in the answer. */
  readonly index: number;
  /** As the server calls it; "" where it does not. */
  readonly serverId: string;
  /** Our id of the item; another one after what was shown of it turned out to be none of it. */
  itemId: string;
  /** Whether the server announced it, and not only sent a piece of it. */
  isAnnounced: boolean;
  /** As it was told; undefined while nothing was told of it. */
  started: ModelItem | undefined;
  /** Text or arguments that came in deltas. */
  streamed: string;
  /** Takes what is not for the user out of the deltas of a message. */
  splitter?: ThinkSplitter;
  /** The part that the last delta belonged to. */
  part: number;
  /** What it came to: an item, or nothing. Undefined while it is open. */
  ended: { readonly item: ModelItem | undefined } | undefined;
  /** Its end is not told before the whole answer is known. */
  isHeld: boolean;
}

/** What an event says of the item that it belongs to. */
export interface SlotAddress {
  readonly kind: SlotKind;
  readonly index: number | undefined;
  readonly serverId: string;
}

/**
 * The output of an answer in its order. Ends are told in the order of `output_index`: an item that is done waits for the
 * announced ones before it.
 */
export class Slots {
  readonly #newId: () => string;
  /** Not told yet, by index and then by arrival. */
  readonly #pending: Slot[] = [];
  readonly #ended = new Set<string>();
  #nextIndex = 0;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** The open slot of an event. Ids differ between events on some relays, indexes are all 0 on others. */
  find({ kind, index, serverId }: SlotAddress): Slot | undefined {
    const open = this.#pending.filter((slot) => slot.ended === undefined && slot.kind === kind);
    return (
      open.find((slot) => serverId !== "" && slot.serverId === serverId) ??
      open.findLast((slot) => index === undefined || slot.index === index)
    );
  }

  /** Whether the item of an event has ended already, so that this is a repetition. */
  hasEnded(address: SlotAddress): boolean {
    return address.serverId !== "" && this.#ended.has(keyOf(address));
  }

  add({ kind, index = this.#nextIndex, serverId }: SlotAddress): Slot {
    const slot: Slot = {
      kind,
      index,
      serverId,
      itemId: this.#newId(),
      isAnnounced: false,
      started: undefined,
      streamed: "",
      part: 0,
      ended: undefined,
      isHeld: false,
    };
    const before = this.#pending.findLastIndex((other) => other.index <= index);
    this.#pending.splice(before + 1, 0, slot);
    this.#nextIndex = Math.max(this.#nextIndex, index + 1);
    return slot;
  }

  end(slot: Slot, item: ModelItem | undefined, address?: SlotAddress): void {
    slot.ended = { item };
    if (address !== undefined) this.#ended.add(keyOf(address));
  }

  /** Slots that are open, in order. */
  open(): readonly Slot[] {
    return this.#pending.filter((slot) => slot.ended === undefined);
  }

  held(): readonly Slot[] {
    return this.#pending.filter((slot) => slot.isHeld);
  }

  /** Events of the ends that nothing stands before any more. */
  *release(): Generator<ModelEvent> {
    for (;;) {
      const [slot] = this.#pending;
      if (slot?.ended === undefined || slot.isHeld) return;
      this.#pending.shift();
      const { item } = slot.ended;
      if (item !== undefined) {
        if (slot.started === undefined) yield { type: "item-start", item };
        yield { type: "item-end", item };
      } else if (slot.started !== undefined) {
        yield { type: "item-reset", itemIds: [slot.itemId] };
      }
    }
  }
}

function keyOf({ kind, index, serverId }: SlotAddress): string {
  return `${kind} ${index ?? ""} ${serverId}`;
}
