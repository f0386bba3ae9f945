/**
 * Events of the two wire APIs as their servers send them, for tests: constructors build events, `sse()` makes the
 * bytes of a stream of them.
 */
import type { Json, JsonObject } from "../../src/core/json.ts";

/** One server-sent event; Responses events name their type, chat chunks do not. */
export type ServerEvent = JsonObject;

/** The text of a whole stream. */
export function sse(...events: readonly (ServerEvent | readonly ServerEvent[])[]): string {
  return events.flat().map(frame).join("");
}

/** The text of one frame, with an `event:` line where the event has a type. */
export function frame(event: ServerEvent): string {
  const name = typeof event["type"] === "string" ? `event: ${event["type"]}\n` : "";
  return `${name}data: ${JSON.stringify(event)}\n\n`;
}

/** What ends a chat-completions stream. */
export const doneFrame = "data: [DONE]\n\n";

/** A text in pieces of `size` code points, as deltas come. */
export function pieces(text: string, size = 12): readonly string[] {
  const points = Array.from(text);
  const count = Math.ceil(points.length / size);
  return Array.from({ length: count }, (_, index) =>
    points.slice(index * size, (index + 1) * size).join(""),
  );
}

export interface TokenCounts {
  readonly input?: number;
  readonly cached?: number;
  readonly output?: number;
  readonly reasoning?: number;
}

// ---- Responses ----

export function created(id = "resp_1"): ServerEvent {
  return { type: "response.created", response: { id, status: "in_progress", output: [] } };
}

export function inProgress(id = "resp_1"): ServerEvent {
  return { type: "response.in_progress", response: { id, status: "in_progress", output: [] } };
}

export function itemAdded(outputIndex: number, item: JsonObject): ServerEvent {
  return { type: "response.output_item.added", output_index: outputIndex, item };
}

export function itemDone(outputIndex: number, item: JsonObject): ServerEvent {
  return { type: "response.output_item.done", output_index: outputIndex, item };
}

export function textDelta(
  outputIndex: number,
  delta: string,
  itemId = `msg_${outputIndex}`,
): ServerEvent {
  return {
    type: "response.output_text.delta",
    output_index: outputIndex,
    content_index: 0,
    item_id: itemId,
    delta,
  };
}

export function reasoningDelta(
  outputIndex: number,
  delta: string,
  itemId = `rs_${outputIndex}`,
): ServerEvent {
  return {
    type: "response.reasoning_summary_text.delta",
    output_index: outputIndex,
    summary_index: 0,
    item_id: itemId,
    delta,
  };
}

export function argumentsDelta(
  outputIndex: number,
  delta: string,
  itemId = `fc_${outputIndex}`,
): ServerEvent {
  return {
    type: "response.function_call_arguments.delta",
    output_index: outputIndex,
    item_id: itemId,
    delta,
  };
}

export interface MessageOptions {
  readonly id?: string;
  readonly phase?: string;
  readonly status?: string;
  /** Code points of a delta. */
  readonly pieceSize?: number;
}

/** A message from its start to its end. */
export function message(
  outputIndex: number,
  text: string,
  options: MessageOptions = {},
): readonly ServerEvent[] {
  const { id = `msg_${outputIndex}`, phase, status = "completed", pieceSize } = options;
  const item = { type: "message", id, role: "assistant", ...(phase !== undefined && { phase }) };
  const part = { type: "output_text", text, annotations: [] };
  return [
    itemAdded(outputIndex, { ...item, status: "in_progress", content: [] }),
    ...pieces(text, pieceSize).map((delta) => textDelta(outputIndex, delta, id)),
    {
      type: "response.output_text.done",
      output_index: outputIndex,
      content_index: 0,
      item_id: id,
      text,
    },
    itemDone(outputIndex, { ...item, status, content: [part] }),
  ];
}

/** Reasoning with a readable summary and, where given, its encrypted form. */
export function reasoningItem(
  outputIndex: number,
  summary: string,
  encryptedContent?: string,
  id = `rs_${outputIndex}`,
): readonly ServerEvent[] {
  const encrypted = encryptedContent !== undefined && { encrypted_content: encryptedContent };
  const part = {
    type: "response.reasoning_summary_part.added",
    output_index: outputIndex,
    summary_index: 0,
    item_id: id,
    part: { type: "summary_text", text: "" },
  };
  return [
    itemAdded(outputIndex, { type: "reasoning", id, summary: [] }),
    ...(summary === "" ? [] : [part]),
    ...pieces(summary).map((delta) => reasoningDelta(outputIndex, delta, id)),
    itemDone(outputIndex, {
      type: "reasoning",
      id,
      summary: summary === "" ? [] : [{ type: "summary_text", text: summary }],
      ...encrypted,
    }),
  ];
}

export interface CallOptions {
  readonly callId?: string;
  readonly status?: string;
  /** What groups functions, for instance those of one MCP server. */
  readonly namespace?: string;
}

/** A function call; arguments that are no string are sent as their JSON. */
export function functionCall(
  outputIndex: number,
  name: string,
  input: Json,
  options: CallOptions = {},
): readonly ServerEvent[] {
  const { callId = `call_${outputIndex}`, status = "completed", namespace } = options;
  const text = argumentsText(input);
  const item = {
    type: "function_call",
    id: `fc_${outputIndex}`,
    call_id: callId,
    name,
    ...(namespace !== undefined && { namespace }),
  };
  return [
    itemAdded(outputIndex, { ...item, status: "in_progress", arguments: "" }),
    ...pieces(text, 24).map((delta) => argumentsDelta(outputIndex, delta)),
    {
      type: "response.function_call_arguments.done",
      output_index: outputIndex,
      item_id: `fc_${outputIndex}`,
      arguments: text,
    },
    itemDone(outputIndex, { ...item, status, arguments: text }),
  ];
}

/** A call of a tool whose input is free text: a patch, a program. */
export function customToolCall(
  outputIndex: number,
  name: string,
  input: string,
  options: Omit<CallOptions, "namespace"> = {},
): readonly ServerEvent[] {
  const { callId = `call_${outputIndex}`, status = "completed" } = options;
  const id = `ctc_${outputIndex}`;
  const item = { type: "custom_tool_call", id, call_id: callId, name };
  const place = { output_index: outputIndex, item_id: id };
  return [
    itemAdded(outputIndex, { ...item, status: "in_progress", input: "" }),
    ...pieces(input, 24).map((delta) => ({
      type: "response.custom_tool_call_input.delta",
      ...place,
      delta,
    })),
    { type: "response.custom_tool_call_input.done", ...place, input },
    itemDone(outputIndex, { ...item, status, input }),
  ];
}

export function completed(tokens: TokenCounts = {}): ServerEvent {
  return {
    type: "response.completed",
    response: { id: "resp_1", status: "completed", output: [], usage: responsesUsage(tokens) },
  };
}

/** `reason`: `max_output_tokens` or `content_filter`. */
export function incomplete(reason: string, tokens: TokenCounts = {}): ServerEvent {
  return {
    type: "response.incomplete",
    response: {
      id: "resp_1",
      status: "incomplete",
      incomplete_details: { reason },
      output: [],
      usage: responsesUsage(tokens),
    },
  };
}

export function failed(code: string | null, text: string): ServerEvent {
  return {
    type: "response.failed",
    response: { id: "resp_1", status: "failed", output: [], error: { code, message: text } },
  };
}

/** The frame that ends a stream with an error, perhaps as its first one. */
export function errorEvent(text: string, code: string | null = null): ServerEvent {
  return { type: "error", message: text, code, param: null };
}

function responsesUsage(tokens: TokenCounts): JsonObject {
  const { input = 100, cached = 0, output = 20, reasoning = 0 } = tokens;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}

// ---- Chat completions ----

/** One chunk with a delta of the only choice. */
export function chatChunk(delta: JsonObject, finishReason: string | null = null): ServerEvent {
  return {
    id: "chatcmpl_1",
    object: "chat.completion.chunk",
    created: 0,
    model: "m1",
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  };
}

export function chatText(text: string, pieceSize?: number): readonly ServerEvent[] {
  return pieces(text, pieceSize).map((content) => chatChunk({ content }));
}

export function chatReasoning(text: string): readonly ServerEvent[] {
  return pieces(text).map((piece) => chatChunk({ reasoning_content: piece }));
}

/** A tool call: its name first, then its arguments in pieces. */
export function chatToolCall(
  index: number,
  name: string,
  input: Json,
  callId = `call_${index}`,
): readonly ServerEvent[] {
  const head = { index, id: callId, type: "function", function: { name, arguments: "" } };
  return [
    chatChunk({ tool_calls: [head] }),
    ...pieces(argumentsText(input), 24).map((piece) =>
      chatChunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
    ),
  ];
}

/** The end: finish reason, then the usage in a chunk without a choice. */
export function chatEnd(finishReason: string, tokens: TokenCounts = {}): readonly ServerEvent[] {
  const { input = 100, cached = 0, output = 20, reasoning = 0 } = tokens;
  return [
    chatChunk({}, finishReason),
    {
      id: "chatcmpl_1",
      object: "chat.completion.chunk",
      created: 0,
      model: "m1",
      choices: [],
      usage: {
        prompt_tokens: input,
        prompt_tokens_details: { cached_tokens: cached },
        completion_tokens: output,
        completion_tokens_details: { reasoning_tokens: reasoning },
        total_tokens: input + output,
      },
    },
  ];
}

function argumentsText(input: Json): string {
  return typeof input === "string" ? input : JSON.stringify(input);
}
