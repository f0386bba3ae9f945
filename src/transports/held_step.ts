import type { HermesError } from "../core/errors.ts";
import type { ModelEvent } from "../core/event.ts";

/** How far a step came. */
export interface StepProgress {
  /** Ids of the items that were started and not voided since. */
  readonly shown: Set<string>;
  isWhole: boolean;
}

/**
 * The events of a step, with ends of items held back until it is sure that they count. What a content filter ended does not
 * where `whenFiltered` has a failure for it.
 */
export async function* heldStep(
  events: AsyncIterable<ModelEvent>,
  progress: StepProgress,
  whenFiltered: () => Promise<HermesError | undefined>,
): AsyncGenerator<ModelEvent, void> {
  const ended = new Map<string, ModelEvent>();
  for await (const event of events) {
    switch (event.type) {
      case "item-start":
        progress.shown.add(event.item.id);
        yield event;
        break;
      case "item-end":
        ended.set(event.item.id, event);
        break;
      case "item-reset":
        for (const id of event.itemIds) {
          progress.shown.delete(id);
          ended.delete(id);
        }
        yield event;
        break;
      case "step-end": {
        const failure = event.finishReason === "content_filter" ? await whenFiltered() : undefined;
        if (failure !== undefined) throw failure;
        progress.isWhole = true;
        yield* ended.values();
        yield event;
        break;
      }
      case "item-delta":
      case "notice":
      case "retry":
        yield event;
        break;
      default:
        event satisfies never;
    }
  }
}
