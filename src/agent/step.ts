import { HermesError } from "../core/errors.ts";
import {
  type FinishReason,
  type ModelEvent,
  noUsage,
  type TurnEvent,
  type Usage,
} from "../core/event.ts";
import type { AssistantMessage, Item, ToolCall } from "../core/item.ts";

/** What one model call came to. */
export interface StepResult {
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly items: readonly Item[];
  readonly calls: readonly ToolCall[];
  /** Visible text of the step, as it came: pieces of a cut answer are joined without loss. */
  readonly text: string;
  /** Whether there were tools to call. */
  readonly couldCall: boolean;
  /** A call was begun and is void, because a limit cut it. */
  readonly hasCutCall: boolean;
  /** How the transport failed whose answers were empty, each time that it asked. */
  readonly emptyError?: HermesError;
}

export interface StepOptions {
  /** What an incomplete answer said just before: an incomplete one that says the same is voided, not ended. */
  readonly interim?: readonly Item[] | undefined;
  readonly couldCall: boolean;
}

/**
 * Forwards a step's events and collects what it came to. A stop with tool calls is read as `tool_calls`: some servers
 * say `stop` with calls in the message.
 */
export async function* collectStep(
  events: AsyncIterable<ModelEvent>,
  { interim, couldCall }: StepOptions,
): AsyncGenerator<TurnEvent, StepResult> {
  const items: Item[] = [];
  const begunCalls = new Set<string>();
  let hasCutCall = false;
  try {
    for await (const event of events) {
      switch (event.type) {
        case "item-start":
          // What was voided before was an attempt that failed, and no call of this one.
          hasCutCall = false;
          if (event.item.type === "tool-call") begunCalls.add(event.item.id);
          yield event;
          break;
        case "step-end": {
          const { usage } = event;
          yield { type: "usage", usage };
          if (interim !== undefined) {
            if (event.finishReason === "incomplete" && isSame(items, interim)) {
              yield { type: "item-reset", itemIds: items.map(({ id }) => id) };
              items.length = 0;
            }
            for (const item of items) yield { type: "item-end", item };
          }
          return { ...outcomeOf(items, event.finishReason), usage, couldCall, hasCutCall };
        }
        case "item-end":
          items.push(event.item);
          // Held back until it is known whether it says anything new.
          if (interim === undefined) yield event;
          break;
        case "item-reset":
          removeAll(items, event.itemIds);
          hasCutCall ||= event.itemIds.some((id) => begunCalls.has(id));
          yield event;
          break;
        default:
          yield event;
      }
    }
  } catch (error) {
    // An empty answer is for the turn to judge, which knows what came before it.
    const isEmpty = error instanceof HermesError && error.code === "model/empty_answer";
    if (!isEmpty || items.length > 0) throw error;
    const nothing = { ...outcomeOf([], "stop"), usage: noUsage, couldCall, hasCutCall: false };
    return { ...nothing, emptyError: error };
  }
  throw new HermesError(
    "stream/no_terminal_event",
    "The model's answer ended without a last event",
    {
      retryable: true,
    },
  );
}

function outcomeOf(
  items: readonly Item[],
  reason: FinishReason,
): Pick<StepResult, "items" | "calls" | "text" | "finishReason"> {
  const calls = items.filter((item): item is ToolCall => item.type === "tool-call");
  const finishReason = reason === "stop" && calls.length > 0 ? "tool_calls" : reason;
  return { finishReason, items, calls, text: visibleText(items) };
}

function removeAll(items: Item[], ids: readonly string[]): void {
  const kept = items.filter(({ id }) => !ids.includes(id));
  items.splice(0, items.length, ...kept);
}

/** Whether two answers say the same, whatever ids a server gave to their parts. */
function isSame(items: readonly Item[], others: readonly Item[]): boolean {
  return items.length > 0 && withoutIds(items) === withoutIds(others);
}

function withoutIds(items: readonly Item[]): string {
  return JSON.stringify(items, (key, value: unknown) => (key === "id" ? undefined : value));
}

/** What was said on the way counts where nothing else was said. */
function visibleText(items: readonly Item[]): string {
  const said = items.filter((item): item is AssistantMessage => item.type === "assistant-message");
  const answers = said.filter(({ interim }) => !interim);
  return (answers.length > 0 ? answers : said).map(({ text }) => text).join("\n");
}
