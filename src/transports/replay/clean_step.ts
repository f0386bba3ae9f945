import type { ModelEvent } from "../../core/event.ts";
import type { ModelItem } from "../../core/item.ts";
import type { TimedEvent } from "./recording.ts";

/**
 * The events of a step with all text cleaned. A secret may be spread over several deltas, so those of an item are
 * judged together: where their text changes, the first one takes all of it and the others vanish, their time kept.
 * What only the wire needs (encrypted reasoning, ids) is left out: it is bound to an account and never replayed.
 */
export function cleanStep(
  events: readonly TimedEvent[],
  clean: (text: string) => string,
): readonly TimedEvent[] {
  const whole = new Map<string, string>();
  for (const { event } of events) {
    if (event.type === "item-delta") {
      whole.set(keyOf(event), `${whole.get(keyOf(event)) ?? ""}${event.delta}`);
    }
  }
  const done = new Set<string>();
  const kept: TimedEvent[] = [];
  let carriedMs = 0;
  for (const { afterMs, event } of events) {
    carriedMs += afterMs;
    const cleaned = event.type === "item-delta" ? cleanDelta(event) : cleanEvent(event, clean);
    if (cleaned === undefined) continue;
    kept.push({ afterMs: carriedMs, event: cleaned });
    carriedMs = 0;
  }
  return kept;

  function cleanDelta(event: ItemDelta): ItemDelta | undefined {
    const key = keyOf(event);
    const text = whole.get(key) ?? "";
    const cleanText = clean(text);
    if (cleanText === text) return event;
    if (done.has(key)) return undefined;
    done.add(key);
    return { ...event, delta: cleanText };
  }
}

type ItemDelta = ModelEvent & { readonly type: "item-delta" };

function keyOf(event: ItemDelta): string {
  return `${event.channel} ${event.itemId}`;
}

function cleanEvent(
  event: Exclude<ModelEvent, ItemDelta>,
  clean: (text: string) => string,
): ModelEvent {
  switch (event.type) {
    case "item-start":
    case "item-end":
      return { ...event, item: cleanItem(event.item, clean) };
    case "notice":
      return { ...event, text: clean(event.text) };
    case "item-reset":
    case "retry":
    case "step-end":
      return event;
    default:
      return event satisfies never;
  }
}

function cleanItem(item: ModelItem, clean: (text: string) => string): ModelItem {
  switch (item.type) {
    case "assistant-message": {
      const { replay: _, ...kept } = item;
      return { ...kept, text: clean(item.text) };
    }
    case "reasoning": {
      const { replay: _, ...kept } = item;
      return { ...kept, text: clean(item.text) };
    }
    case "tool-call": {
      const { replay: _, ...kept } = item;
      return { ...kept, arguments: clean(item.arguments) };
    }
    case "user-message":
    case "tool-result":
      return item;
    default:
      return item satisfies never;
  }
}
