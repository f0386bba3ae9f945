import type { Json, JsonObject } from "../../src/core/json.ts";
import * as sse from "./sse.ts";

/**
 * One answer of the fake endpoint, as plain data, so that a scenario can also live in a JSON file. What an answer says
 * is independent of the wire API; the server renders it for the one that was asked.
 */
export type ServerStep = AnswerStep | RefusalStep | RawStep | SilentStep;

/** A streamed answer. */
export interface AnswerStep {
  readonly kind: "answer";
  readonly reasoning?: string;
  /** Sent as the reasoning's `encrypted_content` (Responses only). */
  readonly encryptedContent?: string;
  readonly text?: string;
  /** Whether the text is a remark on the way or the answer (Responses only). */
  readonly phase?: "commentary" | "final_answer";
  readonly toolCalls?: readonly CallStep[];
  /** Where it is given, the answer is cut short with this reason. */
  readonly incomplete?: "max_output_tokens" | "content_filter";
  readonly tokens?: sse.TokenCounts;
  /** Before the headers. */
  readonly delayMs?: number;
  /** Before each frame but the first. */
  readonly everyMs?: number;
  /** Code points of a text delta. */
  readonly pieceSize?: number;
  /** Where the stream breaks. */
  readonly cut?: Cut;
}

export interface CallStep {
  readonly name: string;
  /** Where it is a string it is sent as it is, valid JSON or not. */
  readonly arguments: Json;
  /** `call_<request>_<index>` where absent, so that no two of a server are equal. */
  readonly callId?: string;
  /** What the function belongs to, for instance an MCP server (Responses only). */
  readonly namespace?: string;
  /** A custom tool (Responses only): the arguments are its text. */
  readonly isFreeform?: boolean;
}

/** How a stream breaks after a number of frames. */
export interface Cut {
  readonly afterFrames: number;
  /**
   * `end`: closed cleanly, without the last event; `half-frame`: the same in the middle of a frame; `reset`: the
   * connection is torn down; `hang`: nothing follows, the connection stays open.
   */
  readonly how: "end" | "half-frame" | "reset" | "hang";
}

/** An answer that is no stream: an error status, or a page in place of one. */
export interface RefusalStep {
  readonly kind: "refusal";
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is, anything else as JSON. */
  readonly body: Json;
  readonly delayMs?: number;
}

/** The very text of a stream, frame by frame. */
export interface RawStep {
  readonly kind: "raw";
  readonly frames: readonly string[];
  /** `text/event-stream` where absent. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly everyMs?: number;
  readonly cut?: Cut;
  /** The frames are sent again and again until the client leaves. */
  readonly endless?: boolean;
}

/** No answer: `hang` keeps the connection open before the headers, `reset` tears it down. */
export interface SilentStep {
  readonly kind: "silent";
  readonly how: "hang" | "reset";
}

type AnswerOptions = Omit<AnswerStep, "kind" | "text" | "toolCalls">;

/** A plain text answer. */
export function textAnswer(text: string, options: AnswerOptions = {}): AnswerStep {
  return { kind: "answer", text, ...options };
}

/** An answer with one tool call. */
export function callTool(name: string, input: Json, options: AnswerOptions = {}): AnswerStep {
  return callTools([{ name, arguments: input }], options);
}

/** An answer with tool calls. */
export function callTools(calls: readonly CallStep[], options: AnswerOptions = {}): AnswerStep {
  return { kind: "answer", toolCalls: calls, ...options };
}

/** An answer with one call of a custom tool, whose input is text. */
export function callFreeform(name: string, input: string, options: AnswerOptions = {}): AnswerStep {
  return callTools([{ name, arguments: input, isFreeform: true }], options);
}

/** A refusal in OpenAI's words. */
export function refusal(
  status: number,
  message: string,
  options: {
    readonly code?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): RefusalStep {
  const { code = null, headers = {} } = options;
  const body = { error: { message, type: "error", param: null, code } };
  return { kind: "refusal", status, headers, body };
}

export const wrongKey = refusal(401, "Incorrect API key provided", { code: "invalid_api_key" });
export const noCredit = refusal(402, "Insufficient credits");
export const serverError = refusal(500, "The server had an error");
export const unavailable = refusal(503, "Service unavailable");
export const overloaded = refusal(529, "Overloaded", { code: "overloaded_error" });

/** 429 with `Retry-After`. */
export function rateLimited(retryAfterSeconds: number): RefusalStep {
  return refusal(429, "Rate limit reached", {
    code: "rate_limit_exceeded",
    headers: { "retry-after": String(retryAfterSeconds) },
  });
}

/** What a proxy answers in place of the endpoint. */
export function htmlPage(status: number, title: string): RefusalStep {
  return {
    kind: "refusal",
    status,
    headers: { "content-type": "text/html" },
    body: `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body>${title}</body></html>\n`,
  };
}

/** A Responses stream whose first frame is an error. */
export function errorFirst(message: string, code: string | null = null): RawStep {
  return { kind: "raw", frames: [sse.frame(sse.errorEvent(message, code))] };
}

/** A Responses stream that ends as failed: `context_length_exceeded`, `rate_limit_exceeded`, ... */
export function failedAnswer(code: string, message: string): RawStep {
  return { kind: "raw", frames: [sse.created(), sse.failed(code, message)].map(sse.frame) };
}

/** A Responses answer whose deltas never end. */
export function endlessDeltas(everyMs: number): RawStep {
  return { kind: "raw", endless: true, everyMs, frames: [sse.frame(sse.textDelta(0, "more "))] };
}

export const hangBeforeHeaders: SilentStep = { kind: "silent", how: "hang" };
export const resetBeforeHeaders: SilentStep = { kind: "silent", how: "reset" };

/** The frames of an answer, as the Responses API streams them. */
export function responsesFrames(step: AnswerStep, requestNumber: number): readonly string[] {
  const calls = step.toolCalls ?? [];
  const hasReasoning = step.reasoning !== undefined || step.encryptedContent !== undefined;
  const textIndex = hasReasoning ? 1 : 0;
  const firstCall = textIndex + (step.text === undefined ? 0 : 1);
  const events = [
    sse.created(),
    sse.inProgress(),
    ...(hasReasoning
      ? sse.reasoningItem(0, step.reasoning ?? "", step.encryptedContent, `rs_${requestNumber}_0`)
      : []),
    ...(step.text === undefined
      ? []
      : sse.message(textIndex, step.text, {
          ...messageOptions(step),
          id: `msg_${requestNumber}_${textIndex}`,
        })),
    ...calls.flatMap((call, index) =>
      responsesCall(call, firstCall + index, callIdOf(call, requestNumber, index)),
    ),
    step.incomplete === undefined
      ? sse.completed(step.tokens)
      : sse.incomplete(step.incomplete, step.tokens),
  ];
  return events.map(sse.frame);
}

function responsesCall(
  call: CallStep,
  outputIndex: number,
  callId: string,
): readonly sse.ServerEvent[] {
  const { name, namespace } = call;
  if (call.isFreeform && typeof call.arguments === "string") {
    return sse.customToolCall(outputIndex, name, call.arguments, { callId });
  }
  const options = namespace === undefined ? { callId } : { callId, namespace };
  return sse.functionCall(outputIndex, name, call.arguments, options);
}

/** The frames of an answer, as the chat completions API streams them. */
export function chatFrames(step: AnswerStep, requestNumber: number): readonly string[] {
  const calls = step.toolCalls ?? [];
  const finish =
    step.incomplete === undefined
      ? calls.length > 0
        ? "tool_calls"
        : "stop"
      : { max_output_tokens: "length", content_filter: "content_filter" }[step.incomplete];
  const events = [
    sse.chatChunk({ role: "assistant", content: "" }),
    ...(step.reasoning === undefined ? [] : sse.chatReasoning(step.reasoning)),
    ...(step.text === undefined ? [] : sse.chatText(step.text, step.pieceSize)),
    ...calls.flatMap((call, index) =>
      sse.chatToolCall(index, call.name, call.arguments, callIdOf(call, requestNumber, index)),
    ),
    ...sse.chatEnd(finish, step.tokens),
  ];
  return [...events.map(sse.frame), sse.doneFrame];
}

/** The same answer whole, for a request without `stream`. */
export function chatCompletion(step: AnswerStep, requestNumber: number): JsonObject {
  const calls = (step.toolCalls ?? []).map((call, index) => ({
    id: callIdOf(call, requestNumber, index),
    type: "function",
    function: {
      name: call.name,
      arguments:
        typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments),
    },
  }));
  const message = {
    role: "assistant",
    content: step.text ?? null,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return {
    id: "chatcmpl_1",
    object: "chat.completion",
    created: 0,
    model: "m1",
    choices: [{ index: 0, message, finish_reason: calls.length > 0 ? "tool_calls" : "stop" }],
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  };
}

function messageOptions(step: AnswerStep): sse.MessageOptions {
  return {
    ...(step.pieceSize !== undefined && { pieceSize: step.pieceSize }),
    ...(step.phase !== undefined && { phase: step.phase }),
    ...(step.incomplete !== undefined && { status: "incomplete" }),
  };
}

function callIdOf(call: CallStep, requestNumber: number, index: number): string {
  return call.callId ?? `call_${requestNumber}_${index}`;
}
