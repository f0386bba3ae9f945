import { type FinishReason, type ModelEvent, noUsage } from "../../src/core/event.ts";
import type {
  AssistantMessage,
  ModelItem,
  Reasoning,
  ToolCall,
  UserMessage,
} from "../../src/core/item.ts";
import type { ModelRequest, ModelTransport } from "../../src/core/model.ts";

/** A transport that answers each step from a script and keeps what it was asked. */
export interface ScriptedTransport extends ModelTransport {
  readonly requests: readonly ModelRequest[];
}

/** One step: its events, or a function that makes them (and may throw or wait for the signal). */
export type ScriptedStep =
  | readonly ModelEvent[]
  | ((request: ModelRequest, signal: AbortSignal) => AsyncIterable<ModelEvent>);

export function createScriptedTransport(steps: readonly ScriptedStep[]): ScriptedTransport {
  const requests: ModelRequest[] = [];
  return {
    requests,
    async *stream(request, signal) {
      const scripted = steps[requests.length];
      requests.push(request);
      if (scripted === undefined) throw new Error(`No step ${requests.length} in the script`);
      if (typeof scripted === "function") yield* scripted(request, signal);
      else yield* scripted;
    },
  };
}

/** A step of whole items. */
export function step(
  items: readonly ModelItem[],
  finishReason: FinishReason = "stop",
): ModelEvent[] {
  return [
    ...items.flatMap((item): ModelEvent[] => [
      { type: "item-start", item },
      { type: "item-end", item },
    ]),
    { type: "step-end", finishReason, usage: { ...noUsage, inputTokens: 10, totalTokens: 10 } },
  ];
}

export function user(id: string, text: string): UserMessage {
  return { type: "user-message", id, parts: [{ type: "text", text }] };
}

export function assistant(id: string, text: string): AssistantMessage {
  return { type: "assistant-message", id, text };
}

export function reasoning(id: string, text: string): Reasoning {
  return { type: "reasoning", id, text };
}

export function toolCall(callId: string, name: string, input: unknown = {}): ToolCall {
  const text = typeof input === "string" ? input : JSON.stringify(input);
  return { type: "tool-call", id: `item-${callId}`, callId, name, arguments: text };
}
