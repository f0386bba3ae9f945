import type { HermesError } from "../../core/errors.ts";
import { type FinishReason, type ModelEvent, noUsage } from "../../core/event.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import {
  cutOff,
  type DecoderContext,
  type DecoderState,
  emptyAnswer,
  type StepDecoder,
  wrongKind,
} from "../decoder.ts";
import { asText, objects, text } from "../fields.ts";
import type { Frame } from "../frames.ts";
import { CallSlots } from "./call_slots.ts";
import { readChunk, readUsage } from "./chunk.ts";
import { looksCut } from "./natural_ending.ts";
import { Said } from "./said.ts";

/** Words for an answer that a limit cut. */
const lengthReasons = new Set(["length", "max_tokens", "model_length"]);
/** Words for an answer that the server did not finish. */
const failureReasons = new Set(["error", "insufficient_system_resource"]);

/** Reads the chunks of `/chat/completions`. */
export function createChatDecoder(context: DecoderContext): StepDecoder {
  const said = new Said(context);
  const calls = new CallSlots(context);
  let state: DecoderState = "open";
  let hasChoice = false;
  let finishReason = "";
  let refusal = "";
  let usage = noUsage;

  function* push(frame: Frame): Generator<ModelEvent> {
    switch (frame.kind) {
      case "event":
        if (frame.name === "error" && !isError(frame.data)) {
          throw reportedError({ error: frame.data }, frame.data);
        }
        yield* pushChunk(frame.data);
        break;
      case "whole":
        if (!("choices" in frame.body) && !isError(frame.body)) throw noCompletion(frame.body);
        yield* pushChunk(frame.body);
        yield* finish();
        break;
      case "done":
        yield* finish();
        break;
      case "alive":
        break;
      default:
        frame satisfies never;
    }
  }

  function* pushChunk(data: JsonObject): Generator<ModelEvent> {
    if (isError(data)) throw reportedError(data, data["error"] ?? data);
    usage = readUsage(data) ?? usage;
    const chunk = readChunk(data);
    if (chunk === undefined) return;
    hasChoice = true;
    if (chunk.reasoning !== "") yield* said.pushReasoning(chunk.reasoning);
    if (chunk.content !== "") yield* said.pushContent(chunk.content);
    if (chunk.calls.length > 0) yield* said.endReasoning();
    for (const fragment of chunk.calls) yield* calls.push(fragment);
    refusal += chunk.refusal;
    if (failureReasons.has(chunk.finishReason)) throw failedChoice(data, chunk.finishReason);
    const isEmpty = chunk.reasoning + chunk.content === "" && chunk.calls.length === 0;
    if (chunk.finishReason !== "") finishReason = chunk.finishReason;
    // A reason beside content is no sure end: some servers repeat it in every chunk.
    if (!isEmpty) state = "open";
    else if (finishReason !== "") state = "answered";
  }

  function* finish(): Generator<ModelEvent> {
    state = "finished";
    if (!hasChoice) throw emptyAnswer(context.model);
    // A proxy that lost its server may close the stream as if all had been said: half a call must not run.
    if (finishReason === "" && !calls.areWhole) throw cutOff(context.model);
    yield* said.end();
    const isCut = lengthReasons.has(finishReason);
    const callCount = yield* calls.end(isCut);
    const isRefused = refusal.trim() !== "" && said.text === "" && callCount === 0;
    if (isRefused) yield* refusalMessage();
    yield { type: "step-end", finishReason: reached({ callCount, isCut, isRefused }), usage };
  }

  function reached(end: {
    readonly callCount: number;
    readonly isCut: boolean;
    readonly isRefused: boolean;
  }): FinishReason {
    if (end.isCut) return "length";
    if (end.isRefused || finishReason === "content_filter") return "content_filter";
    if (end.callCount > 0) return "tool_calls";
    // The model waits for the result of a call that nobody made.
    if (said.hasLeak) return "incomplete";
    return isUnsureStop() && looksCut(said.text) ? "length" : "stop";
  }

  /** Behind results of tools some servers cut answers without a word about it. */
  function isUnsureStop(): boolean {
    const { dialect, items } = context;
    return dialect.unsureStops === true && items.some(({ type }) => type === "tool-result");
  }

  function* refusalMessage(): Generator<ModelEvent> {
    const item = { type: "assistant-message", id: context.newId(), text: refusal.trim() } as const;
    yield { type: "item-start", item };
    yield { type: "item-end", item };
  }

  /** An answer in one piece that is none: what went wrong in a gateway's own words, or another API's answer. */
  function noCompletion(body: JsonObject): HermesError {
    const told = text(body, "message") || text(body, "msg") || text(body, "detail");
    return told === ""
      ? wrongKind("a chat completion", body)
      : context.fail({ message: told, body });
  }

  function reportedError(data: JsonObject, error: Json | undefined): HermesError {
    const told = isJsonObject(error) ? text(error, "message") : asText(error);
    return context.fail({ message: told || "The stream reported an error", body: data });
  }

  /** A choice that ended without being finished. */
  function failedChoice(data: JsonObject, reason: string): HermesError {
    const error = objects(data, "choices")[0]?.["error"];
    return isJsonObject(error)
      ? reportedError({ error }, error)
      : context.fail({ status: 503, message: `The answer ended with the reason ${reason}` });
  }

  return {
    push: (frame) => (state === "finished" ? [] : [...push(frame)]),
    end() {
      if (state === "finished") return [];
      if (finishReason === "") throw cutOff(context.model);
      return [...finish()];
    },
    state: () => state,
  };
}

function isError(data: JsonObject): boolean {
  const { error } = data;
  // vLLM and Mistral put the fields of the error where others put the error.
  const isFlat = data["object"] === "error" && typeof data["message"] === "string";
  return isFlat || isJsonObject(error) || (typeof error === "string" && error !== "");
}
