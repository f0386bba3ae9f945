import { HermesError } from "../core/errors.ts";
import type { FinishReason, ModelEvent, TurnEvent, Usage } from "../core/event.ts";
import type { AssistantMessage, Item, ToolCall } from "../core/item.ts";

/** What one model call came to. */
export interface StepResult {
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly items: readonly Item[];
  readonly calls: readonly ToolCall[];
  /** Visible text of the step, as it came: pieces of a cut answer are joined without loss. */
  readonly text: string;
}

/**
 * Forwards a step's events and collects what it came to. A stop with tool calls is read as `tool_calls`: some servers
 * say `stop` with calls in the message.
 */
export async function* collectStep(
  events: AsyncIterable<ModelEvent>,
): AsyncGenerator<TurnEvent, StepResult> {
  const items: Item[] = [];
  for await (const event of events) {
    if (event.type === "step-end") {
      const calls = items.filter((item): item is ToolCall => item.type === "tool-call");
      const finishReason =
        event.finishReason === "stop" && calls.length > 0 ? "tool_calls" : event.finishReason;
      yield { type: "usage", usage: event.usage };
      return { finishReason, usage: event.usage, items, calls, text: visibleText(items) };
    }
    if (event.type === "item-end") items.push(event.item);
    yield event;
  }
  throw new HermesError(
    "stream/no_terminal_event",
    "The model's answer ended without a last event",
    {
      retryable: true,
    },
  );
}

function visibleText(items: readonly Item[]): string {
  return items
    .filter((item): item is AssistantMessage => item.type === "assistant-message")
    .map((item) => item.text)
    .join("\n");
}
