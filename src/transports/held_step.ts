import type { HermesError } from "../core/errors.ts";
import type { ModelEvent } from "../core/event.ts";

/** How far a step came. */
export interface StepProgress {
  /** Ids of the items that were started and not voided since. */
  readonly shown: Set<string>;
  isWhole: boolean;
}

/** A step of which nothing was seen yet. */
export function newProgress(): StepProgress {
  return { shown: new Set(), isWhole: false };
}

/** The event, noted in how far the step came. */
export function noteProgress(progress: StepProgress, event: ModelEvent): void {
  if (event.type === "item-start") progress.shown.add(event.item.id);
  if (event.type === "item-reset") for (const id of event.itemIds) progress.shown.delete(id);
  if (event.type === "step-end") progress.isWhole = true;
}

/**
 * The events of a step, with ends of items held back until it is sure that they count. What a content filter ended does not
 * where `whenFiltered` has a failure for it.
 */
export async function* heldStep(
  events: AsyncIterable<ModelEvent>,
  progress: StepProgress,
  whenFiltered?: () => Promise<HermesError | undefined>,
): AsyncGenerator<ModelEvent, void> {
  const ended = new Map<string, ModelEvent>();
  for await (const event of events) {
    if (event.type === "item-end") {
      ended.set(event.item.id, event);
      continue;
    }
    if (event.type === "item-reset") for (const id of event.itemIds) ended.delete(id);
    if (event.type === "step-end") {
      const failure = event.finishReason === "content_filter" ? await whenFiltered?.() : undefined;
      if (failure !== undefined) throw failure;
    }
    noteProgress(progress, event);
    if (event.type === "step-end") yield* ended.values();
    yield event;
  }
}
