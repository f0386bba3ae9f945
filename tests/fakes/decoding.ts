import type { ModelEvent } from "../../src/core/event.ts";
import type { ModelItem } from "../../src/core/item.ts";
import type { Dialect } from "../../src/core/provider.ts";
import { classifyFailure } from "../../src/transports/classify.ts";
import type { DecoderContext, StepDecoder } from "../../src/transports/decoder.ts";
import type { Frame } from "../../src/transports/frames.ts";
import { plainDialect } from "./endpoint.ts";
import { createSequentialIds } from "./ids.ts";
import type { ServerEvent } from "./sse.ts";

/** What the decoder of a step is told, with ids `item-1`, `item-2`, ... */
export function decoderContext(
  items: readonly ModelItem[] = [],
  dialect: Partial<Dialect> = {},
): DecoderContext {
  return {
    newId: createSequentialIds(),
    issuer: "acme",
    model: "m1",
    dialect: { ...plainDialect, ...dialect },
    items,
    fail: (facts) => classifyFailure({ ...facts, provider: "acme", model: "m1" }),
  };
}

/** What came out of an answer: all events, and what was thrown at last. */
export interface Decoded {
  readonly events: readonly ModelEvent[];
  readonly thrown: unknown;
}

/** Feeds a decoder to the end of the body. */
export function decode(decoder: StepDecoder, frames: readonly Frame[]): Decoded {
  const events: ModelEvent[] = [];
  try {
    for (const frame of frames) events.push(...decoder.push(frame));
    events.push(...decoder.end());
    return { events, thrown: undefined };
  } catch (thrown) {
    return { events, thrown };
  }
}

/** Server-sent events as frames. */
export function eventFrames(
  ...events: readonly (ServerEvent | readonly ServerEvent[])[]
): readonly Frame[] {
  return events.flat().map((data) => ({
    kind: "event",
    name: typeof data["type"] === "string" ? data["type"] : "",
    data,
  }));
}

/** The items of a step as they are stored: ended, and not voided since. */
export function itemsOf(events: readonly ModelEvent[]): readonly ModelItem[] {
  return events.flatMap((event) => (event.type === "item-end" ? [event.item] : []));
}

/**
 * Why a list of events is no valid account of a step, or undefined: each item starts once, before its deltas, and either
 * ends once or is voided; nothing is left open behind the last event.
 */
export function brokenRule(events: readonly ModelEvent[]): string | undefined {
  const open = new Map<string, ModelItem["type"]>();
  const gone = new Set<string>();
  for (const [index, event] of events.entries()) {
    switch (event.type) {
      case "item-start":
        if (open.has(event.item.id) || gone.has(event.item.id))
          return `started twice: ${event.item.id}`;
        open.set(event.item.id, event.item.type);
        break;
      case "item-delta":
        if (!open.has(event.itemId)) return `delta of an item that is not open: ${event.itemId}`;
        if (event.delta === "") return `empty delta: ${event.itemId}`;
        break;
      case "item-end":
        if (open.get(event.item.id) !== event.item.type)
          return `ended but not open: ${event.item.id}`;
        open.delete(event.item.id);
        gone.add(event.item.id);
        break;
      case "item-reset":
        for (const id of event.itemIds) {
          if (!open.delete(id)) return `voided but not open: ${id}`;
          gone.add(id);
        }
        break;
      case "step-end":
        if (index !== events.length - 1) return "step-end is not the last event";
        if (open.size > 0) return `never ended: ${[...open.keys()].join(", ")}`;
        break;
      case "notice":
      case "retry":
        break;
      default:
        event satisfies never;
    }
  }
  return undefined;
}
