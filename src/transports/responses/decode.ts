import type { HermesError } from "../../core/errors.ts";
import { type ModelEvent, noUsage, type Usage } from "../../core/event.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import {
  cutOff,
  type DecoderContext,
  emptyAnswer,
  type StepDecoder,
  wrongKind,
} from "../decoder.ts";
import { asText, count, object, objects, text } from "../fields.ts";
import { toldCost } from "../told_cost.ts";
import type { Frame } from "../frames.ts";
import { Assembly } from "./assembly.ts";
import { finishReason, type Outcome } from "./outcome.ts";
import type { SlotKind } from "./output_item.ts";
import type { SlotAddress } from "./slots.ts";

/**
 * Reads the events of `/responses`. The answer is what `response.output_item.done` says; the `output` of the last event
 * is not read, it may be empty, null or a string.
 */
export function createResponsesDecoder(context: DecoderContext): StepDecoder {
  const assembly = new Assembly(context);
  let isFinished = false;

  function* push(frame: Frame): Generator<ModelEvent> {
    switch (frame.kind) {
      case "event":
        yield* pushEvent(text(frame.data, "type") || frame.name, frame.data);
        break;
      case "whole":
        yield* pushWhole(frame.body);
        break;
      case "done":
        // Servers that say so have no other last event.
        if (assembly.isComplete()) yield* finish("completed", {});
        break;
      case "alive":
        break;
      default:
        frame satisfies never;
    }
  }

  function* pushEvent(type: string, data: JsonObject): Generator<ModelEvent> {
    switch (type) {
      case "response.output_item.added":
        yield* assembly.announce(object(data, "item") ?? {}, count(data, "output_index"));
        break;
      case "response.output_item.done":
        yield* assembly.end(object(data, "item") ?? {}, count(data, "output_index"));
        break;
      case "response.completed":
        yield* finish("completed", object(data, "response") ?? {});
        break;
      case "response.incomplete":
        yield* finish("incomplete", object(data, "response") ?? {});
        break;
      case "response.failed":
      case "response.cancelled":
        throw failedResponse(type.slice("response.".length), object(data, "response") ?? {});
      case "error":
        throw errorEvent(data);
      default:
        // Servers that answer other APIs, too, put their errors into a stream without a type.
        if (!type.startsWith("response.") && isJsonObject(data["error"])) throw errorEvent(data);
        yield* pushDelta(type, data);
    }
  }

  function* pushDelta(type: string, data: JsonObject): Generator<ModelEvent> {
    if (!type.endsWith(".delta")) return;
    const delta = text(data, "delta");
    if (type.includes("output_text") || type.includes("refusal")) {
      yield* assembly.say(addressOf("message", data), delta, count(data, "content_index") ?? 0);
    } else if (type.includes("reasoning")) {
      const part = count(data, "summary_index") ?? count(data, "content_index") ?? 0;
      yield* assembly.say(addressOf("reasoning", data), delta, part);
    } else if (type.includes("function_call") || type.includes("custom_tool_call")) {
      assembly.addArguments(addressOf("call", data), delta);
    }
  }

  /** A response in one piece, from a server that does not stream. */
  function* pushWhole(body: JsonObject): Generator<ModelEvent> {
    const status = text(body, "status");
    if (object(body, "error") !== undefined || typeof body["error"] === "string") {
      throw failedResponse(status || "failed", body);
    }
    if (status === "failed" || status === "cancelled") throw failedResponse(status, body);
    if (!("output" in body) && !("output_text" in body)) throw wrongKind("a response", body);
    for (const [index, item] of objects(body, "output").entries()) {
      yield* assembly.end(item, index);
    }
    const said = text(body, "output_text");
    if (objects(body, "output").length === 0 && said.trim() !== "") {
      yield* assembly.say({ kind: "message", index: 0, serverId: "" }, said, 0);
    }
    const isUnderWay = status === "queued" || status === "in_progress";
    const isIncomplete = status === "incomplete";
    yield* finish(isUnderWay ? "in_progress" : isIncomplete ? "incomplete" : "completed", body);
  }

  function* finish(status: Outcome["status"], response: JsonObject): Generator<ModelEvent> {
    isFinished = true;
    yield* assembly.conclude();
    const tally = assembly.tally();
    const reason = text(object(response, "incomplete_details"), "reason");
    const reached = finishReason({ ...tally, status, reason });
    const hasItem = tally.callCount > 0 || tally.hasText || tally.hasRefusal || tally.hasReasoning;
    if (!hasItem && reached === "stop") throw emptyAnswer(context.model);
    yield { type: "step-end", finishReason: reached, usage: usageOf(response) };
  }

  function failedResponse(status: string, response: JsonObject): HermesError {
    const { error } = response;
    const [code, message] = [
      asText(object(response, "error")?.["code"]),
      text(object(response, "error"), "message"),
    ];
    const told = [code, message].filter((part) => part !== "").join(": ") || asText(error);
    return context.fail({
      message: told || `Response ended with the status ${status}`,
      ...(told !== "" && { body: { error } }),
    });
  }

  function errorEvent(data: JsonObject): HermesError {
    const { error } = data;
    const { message } = isJsonObject(error) ? error : data;
    return context.fail({
      message: asText(message) || "the stream reported an error without a message",
      // Beside the error stand its status and when a limit lifts (Codex backend). `type` is the name of the event.
      body: isJsonObject(error) ? { ...data, type: null } : { error: { ...data, type: null } },
    });
  }

  return {
    push: (frame) => (isFinished ? [] : [...push(frame)]),
    end() {
      if (isFinished) return [];
      throw cutOff(context.model);
    },
    state: () => (isFinished ? "finished" : "open"),
  };
}

function addressOf(kind: SlotKind, data: JsonObject): SlotAddress {
  return { kind, index: count(data, "output_index"), serverId: text(data, "item_id") };
}

function usageOf(response: JsonObject): Usage {
  const usage = object(response, "usage");
  if (usage === undefined) return noUsage;
  const inputTokens = count(usage, "input_tokens") ?? 0;
  const outputTokens = count(usage, "output_tokens") ?? 0;
  return {
    inputTokens,
    cachedInputTokens: count(object(usage, "input_tokens_details"), "cached_tokens") ?? 0,
    outputTokens,
    reasoningTokens: count(object(usage, "output_tokens_details"), "reasoning_tokens") ?? 0,
    totalTokens: count(usage, "total_tokens") ?? inputTokens + outputTokens,
    ...toldCost(usage),
  };
}
