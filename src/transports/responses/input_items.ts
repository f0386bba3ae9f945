import type {
  AssistantMessage,
  ContentPart,
  ModelItem,
  Reasoning,
  ToolCall,
} from "../../core/item.ts";
import type { JsonObject } from "../../core/json.ts";
import { canonicalCallId } from "../call_ids.ts";
import { wireFunctionName } from "../function_name.ts";
import type { Issuer } from "../replay_stamp.ts";
import { readMessageReplay, readReasoningReplay } from "./replay.ts";

export interface InputOptions extends Issuer {
  /** Whether encrypted reasoning is sent back. */
  readonly replaysReasoning: boolean;
}

/** An empty answer, for reasoning that nothing follows: the API demands an item after it. */
const emptyAnswer: JsonObject = { role: "assistant", content: "" };

/**
 * The conversation as `input` of a request. Reasoning goes only to the endpoint and model that made it, once and without
 * its id; results of calls that are not there are left out, the API would refuse them.
 */
export function inputItems(
  items: readonly ModelItem[],
  options: InputOptions,
): readonly JsonObject[] {
  const input: JsonObject[] = [];
  const calls = new Set<string>();
  const reasonings = new Set<string>();
  let needsFollower = false;

  function emit(item: JsonObject, from: "model" | "others"): void {
    if (needsFollower && from === "others") input.push(emptyAnswer);
    needsFollower = false;
    input.push(item);
  }

  for (const item of items) {
    switch (item.type) {
      case "user-message":
        emit({ role: "user", content: userContent(item.parts) }, "others");
        break;
      case "assistant-message": {
        const message = assistantMessage(item, options);
        if (message !== undefined) emit(message, "model");
        break;
      }
      case "reasoning": {
        const reasoning = options.replaysReasoning
          ? reasoningItem(item, options, reasonings)
          : undefined;
        if (reasoning === undefined) break;
        emit(reasoning, "model");
        needsFollower = true;
        break;
      }
      case "tool-call": {
        const call = functionCall(item);
        if (call === undefined) break;
        calls.add(item.callId);
        emit(call, "model");
        break;
      }
      case "tool-result":
        if (!calls.has(item.callId)) break;
        emit(
          {
            type: "function_call_output",
            call_id: canonicalCallId(item.callId),
            output: item.output.toWellFormed(),
          },
          "others",
        );
        break;
      default:
        item satisfies never;
    }
  }
  if (needsFollower) input.push(emptyAnswer);
  return input;
}

function userContent(parts: readonly ContentPart[]): string | readonly JsonObject[] {
  const content = parts.flatMap((part): JsonObject[] => {
    switch (part.type) {
      case "text":
        return part.text === "" ? [] : [{ type: "input_text", text: part.text.toWellFormed() }];
      case "image":
        return [{ type: "input_image", image_url: `data:${part.mediaType};base64,${part.data}` }];
      default:
        part satisfies never;
        return [];
    }
  });
  const [first] = parts;
  if (parts.length === 1 && first?.type === "text") return first.text.toWellFormed();
  return content.length > 0 ? content : "";
}

function assistantMessage(item: AssistantMessage, by: InputOptions): JsonObject | undefined {
  if (item.text.trim() === "") return undefined;
  const content = item.text.toWellFormed();
  const replay = readMessageReplay(item.replay, by);
  if (replay === undefined) return { role: "assistant", content };
  return {
    type: "message",
    role: "assistant",
    status: replay.status,
    content: [{ type: "output_text", text: content }],
    // An id without the reasoning that led to it is refused: "provided without its required 'reasoning' item".
    ...(replay.id !== undefined && by.replaysReasoning && { id: replay.id }),
    ...(replay.phase !== undefined && { phase: replay.phase }),
  };
}

function reasoningItem(item: Reasoning, by: Issuer, seen: Set<string>): JsonObject | undefined {
  const replay = readReasoningReplay(item.replay, by);
  if (replay === undefined) return undefined;
  const key = replay.id ?? replay.encryptedContent;
  if (seen.has(key)) return undefined;
  seen.add(key);
  return {
    type: "reasoning",
    encrypted_content: replay.encryptedContent,
    summary: replay.summary.map((part) => ({ type: "summary_text", text: part.toWellFormed() })),
  };
}

function functionCall(call: ToolCall): JsonObject | undefined {
  const name = wireFunctionName(call.name);
  if (name === undefined) return undefined;
  const text = call.arguments.trim();
  return {
    type: "function_call",
    call_id: canonicalCallId(call.callId),
    name,
    arguments: text === "" ? "{}" : text.toWellFormed(),
  };
}
