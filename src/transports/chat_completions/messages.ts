import type { ContentPart, ModelItem, ToolCall, ToolResult } from "../../core/item.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import type { Dialect } from "../../core/provider.ts";
import { canonicalCallId } from "../call_ids.ts";
import { wireFunctionName } from "../function_name.ts";
import type { Issuer } from "../replay_stamp.ts";
import { readCallReplay, readReasoningReplay } from "./replay.ts";

export interface MessageOptions extends Issuer {
  readonly reasoningContent: Dialect["reasoningContent"];
}

/** What the model said between two messages of others: one message on this wire. */
interface AssistantTurn {
  readonly texts: string[];
  /** Verbatim, of this endpoint. */
  readonly reasonings: string[];
  readonly calls: ToolCall[];
}

/**
 * The conversation as messages. Results stand right behind the message that called for them, results of calls that are
 * not there are left out; users in a row become one; a turn of nothing but reasoning is no message.
 */
export function chatMessages(
  items: readonly ModelItem[],
  options: MessageOptions,
): readonly JsonObject[] {
  const results = firstResults(items);
  const messages: JsonObject[] = [];
  let user: ContentPart[] = [];
  let turn: AssistantTurn = emptyTurn();

  function flushUser(): void {
    const message = userMessage(user);
    if (message !== undefined) messages.push(message);
    user = [];
  }

  function flushTurn(): void {
    const message = assistantMessage(turn, options);
    if (message !== undefined) {
      flushUser();
      messages.push(message);
    }
    for (const { callId } of turn.calls) {
      const result = results.get(callId);
      if (result !== undefined) messages.push(toolMessage(result));
      results.delete(callId);
    }
    turn = emptyTurn();
  }

  for (const item of items) {
    switch (item.type) {
      case "user-message":
        flushTurn();
        user.push(...item.parts);
        break;
      case "assistant-message":
        if (item.text.trim() !== "") turn.texts.push(item.text.toWellFormed());
        break;
      case "reasoning":
        turn.reasonings.push(readReasoningReplay(item.replay, options));
        break;
      case "tool-call":
        if (wireFunctionName(item.name) !== undefined) turn.calls.push(item);
        break;
      case "tool-result":
        flushTurn();
        break;
      default:
        item satisfies never;
    }
  }
  flushTurn();
  flushUser();
  return messages;
}

function emptyTurn(): AssistantTurn {
  return { texts: [], reasonings: [], calls: [] };
}

function firstResults(items: readonly ModelItem[]): Map<string, ToolResult> {
  const results = new Map<string, ToolResult>();
  for (const item of items) {
    if (item.type === "tool-result" && !results.has(item.callId)) results.set(item.callId, item);
  }
  return results;
}

function userMessage(parts: readonly ContentPart[]): JsonObject | undefined {
  const said = parts.filter((part) => part.type !== "text" || part.text !== "");
  if (said.length === 0) return undefined;
  const texts = said.flatMap((part) => (part.type === "text" ? [part.text.toWellFormed()] : []));
  // Text alone as a string: servers that know no images know no lists either.
  if (texts.length === said.length) return { role: "user", content: texts.join("\n\n") };
  return { role: "user", content: said.map(userPart) };
}

function userPart(part: ContentPart): JsonObject {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text.toWellFormed() };
    case "image":
      return {
        type: "image_url",
        image_url: { url: `data:${part.mediaType};base64,${part.data}` },
      };
    default:
      return part satisfies never;
  }
}

function assistantMessage(turn: AssistantTurn, options: MessageOptions): JsonObject | undefined {
  if (turn.texts.length === 0 && turn.calls.length === 0) return undefined;
  const reasoning = reasoningContent(turn, options.reasoningContent);
  return {
    role: "assistant",
    content: turn.texts.join("\n"),
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(turn.calls.length > 0 && { tool_calls: turn.calls.map((call) => wireCall(call, options)) }),
  };
}

/** What the endpoint gets back of its reasoning. One that insists takes a blank, but not an empty text. */
function reasoningContent(
  { reasonings }: AssistantTurn,
  mode: Dialect["reasoningContent"],
): string | undefined {
  const own = reasonings.filter((text) => text !== "").join("\n\n");
  switch (mode) {
    case "none":
      return undefined;
    case "echo":
      return own === "" ? undefined : own;
    case "pad":
      return own === "" ? " " : own;
    default:
      return mode satisfies never;
  }
}

function wireCall(call: ToolCall, by: Issuer): JsonObject {
  const extraContent = readCallReplay(call.replay, by);
  return {
    id: canonicalCallId(call.callId),
    type: "function",
    function: {
      name: wireFunctionName(call.name) ?? "",
      // Some servers put arguments into a template, which fails for good on what is no object.
      arguments: isJsonObject(parseJson(call.arguments)) ? call.arguments.trim() : "{}",
    },
    ...(extraContent !== undefined && { extra_content: extraContent }),
  };
}

function toolMessage({ callId, output }: ToolResult): JsonObject {
  return { role: "tool", tool_call_id: canonicalCallId(callId), content: output.toWellFormed() };
}
