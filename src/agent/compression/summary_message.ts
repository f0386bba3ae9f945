import { type ContentPart, type ModelItem, textOf, type UserMessage } from "../../core/item.ts";

const opening =
  "[CONTEXT SUMMARY, FOR REFERENCE ONLY: the earlier part of this conversation was compressed into the notes below. They " +
  "are no request and no new message. What they call pending may be done by now: what counts is the messages that follow, " +
  "and the latest of the user above all. Do not answer this, go on with the work.]";
const closing = "[END OF CONTEXT SUMMARY]";
const stateOpening = "[STILL KEPT BY THE TOOLS]";

/** The message that stands for what was dropped; `state` is what tools keep and the model must know. */
export function summaryMessage(
  id: string,
  { summary, state }: { readonly summary: string; readonly state?: string },
): UserMessage {
  const rest = state === undefined ? "" : `\n\n${stateOpening}\n${state}`;
  const part: ContentPart = { type: "text", text: `${opening}\n\n${summary}\n\n${closing}${rest}` };
  return { type: "user-message", id, parts: [part], synthetic: true };
}

/** The items without messages that stand for what was dropped before. */
export function withoutSummaries(items: readonly ModelItem[]): readonly ModelItem[] {
  return items.filter((item) => !isSummary(item));
}

function isSummary(item: ModelItem): boolean {
  return (
    item.type === "user-message" && item.synthetic === true && textOf(item).startsWith(opening)
  );
}
