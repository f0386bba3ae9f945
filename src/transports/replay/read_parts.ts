import { auxiliaryTasks } from "../../core/auxiliary.ts";
import { type ErrorCode, HermesError } from "../../core/errors.ts";
import type { FinishReason, ModelEvent, Usage } from "../../core/event.ts";
import type { ModelItem } from "../../core/item.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import type { ItemSummary, RecordedCall, RecordedModel, RequestSummary } from "./recording.ts";

/** A request; `previous` are the items of the one before, of which it keeps the first ones. */
export function readRequest(
  json: Json,
  previous: readonly ItemSummary[],
): RequestSummary | undefined {
  if (!isJsonObject(json) || !Array.isArray(json["items"])) return undefined;
  const kept = json["kept"] ?? 0;
  if (typeof kept !== "number" || kept > previous.length) return undefined;
  const items = json["items"].map(readSummary);
  if (!items.every((item) => item !== undefined)) return undefined;
  return {
    model: text(json["model"]) ?? "",
    tools: strings(json["tools"]) ?? [],
    items: [...previous.slice(0, kept), ...items],
  };
}

function readSummary(json: Json): ItemSummary | undefined {
  if (!isJsonObject(json)) return undefined;
  const type = text(json["type"]);
  if (type === undefined) return undefined;
  const images = strings(json["images"]);
  const isError = json["is_error"];
  return {
    type,
    ...texts(json, ["text", "name", "arguments", "output"]),
    ...(images !== undefined && { images }),
    ...(typeof isError === "boolean" && { isError }),
  };
}

/** An event, or undefined when something of it is missing. */
export function readEvent(json: Json): ModelEvent | undefined {
  if (!isJsonObject(json)) return undefined;
  const type = json["type"];
  switch (type) {
    case "item-start":
    case "item-end": {
      const item = readItem(json["item"]);
      return item && { type, item };
    }
    case "item-delta": {
      const { itemId, channel, delta } = texts(json, ["itemId", "channel", "delta"]);
      if (itemId === undefined || delta === undefined) return undefined;
      if (channel !== "text" && channel !== "reasoning" && channel !== "output") return undefined;
      return { type, itemId, channel, delta };
    }
    case "item-reset": {
      const itemIds = strings(json["itemIds"]);
      return itemIds && { type, itemIds };
    }
    case "retry": {
      const error = readError(json["error"]);
      const { attempt, maxAttempts, delayMs } = json;
      if (typeof attempt !== "number" || typeof maxAttempts !== "number") return undefined;
      if (typeof delayMs !== "number" || error === undefined) return undefined;
      return { type, attempt, maxAttempts, delayMs, error };
    }
    case "notice": {
      const level = json["level"];
      const shown = text(json["text"]);
      if (level !== "info" && level !== "warning") return undefined;
      return shown === undefined ? undefined : { type, level, text: shown };
    }
    case "step-end": {
      const finishReason = finishReasons.find((reason) => reason === json["finishReason"]);
      const usage = readUsage(json["usage"]);
      return finishReason && usage && { type, finishReason, usage };
    }
    default:
      return undefined;
  }
}

const finishReasons: readonly FinishReason[] = [
  "stop",
  "tool_calls",
  "length",
  "content_filter",
  "incomplete",
];

/** Items of a model; those of a user or a tool never come from a transport. */
function readItem(json: Json | undefined): ModelItem | undefined {
  if (!isJsonObject(json)) return undefined;
  const id = text(json["id"]);
  if (id === undefined) return undefined;
  switch (json["type"]) {
    case "assistant-message": {
      const said = text(json["text"]);
      const interim = json["interim"] === true && ({ interim: true } as const);
      return said === undefined
        ? undefined
        : { type: "assistant-message", id, text: said, ...interim };
    }
    case "reasoning": {
      const said = text(json["text"]);
      return said === undefined ? undefined : { type: "reasoning", id, text: said };
    }
    case "tool-call": {
      const { callId, name, arguments: input } = texts(json, ["callId", "name", "arguments"]);
      if (callId === undefined || name === undefined || input === undefined) return undefined;
      return { type: "tool-call", id, callId, name, arguments: input };
    }
    default:
      return undefined;
  }
}

function readUsage(json: Json | undefined): Usage | undefined {
  if (!isJsonObject(json)) return undefined;
  const count = (key: keyof Usage): number => {
    const value = json[key];
    return typeof value === "number" ? value : 0;
  };
  return {
    inputTokens: count("inputTokens"),
    cachedInputTokens: count("cachedInputTokens"),
    outputTokens: count("outputTokens"),
    reasoningTokens: count("reasoningTokens"),
    totalTokens: count("totalTokens"),
  };
}

/** A failure as it was reported, or undefined. */
export function readError(json: Json | undefined): HermesError | undefined {
  if (!isJsonObject(json)) return undefined;
  const { code, message, hint } = texts(json, ["code", "message", "hint"]);
  if (code === undefined || message === undefined || !/^[a-z]+\/[a-z_]+$/.test(code))
    return undefined;
  const retryAfterMs = json["retry_after_ms"];
  const httpStatus = json["http_status"];
  const contextLimit = json["context_limit"];
  // A newer program may have written a code that this one does not know; it is only passed on.
  return new HermesError(code as ErrorCode, message, {
    retryable: json["retryable"] === true,
    ...(hint !== undefined && { hint }),
    ...(typeof retryAfterMs === "number" && { retryAfterMs }),
    ...(typeof httpStatus === "number" && { httpStatus }),
    ...(typeof contextLimit === "number" && { contextLimit }),
  });
}

/** A small call, or undefined when something of it is missing. */
export function readSmallCall(json: Json): RecordedCall | undefined {
  if (!isJsonObject(json)) return undefined;
  const task = auxiliaryTasks.find((name) => name === json["task"]);
  if (task === undefined) return undefined;
  const { asked = "", answer } = texts(json, ["asked", "answer"]);
  if (answer !== undefined) return { task, asked, answer };
  const failure = readError(json["failure"]);
  return failure && { task, asked, failure };
}

/** Whose context a recording is of, or undefined. */
export function readModel(json: Json | undefined): RecordedModel | undefined {
  if (!isJsonObject(json)) return undefined;
  const { provider, model } = texts(json, ["provider", "model"]);
  const contextLength = json["context_length"];
  if (provider === undefined || model === undefined) return undefined;
  if (typeof contextLength !== "number" || !(contextLength > 0)) return undefined;
  return { provider, model, contextLength };
}

function text(json: Json | undefined): string | undefined {
  return typeof json === "string" ? json : undefined;
}

function strings(json: Json | undefined): readonly string[] | undefined {
  if (!Array.isArray(json)) return undefined;
  const found = json.filter((entry) => typeof entry === "string");
  return found.length === json.length ? found : undefined;
}

/** Those of the fields that are strings. */
function texts<Field extends string>(
  json: JsonObject,
  fields: readonly Field[],
): { readonly [Name in Field]?: string } {
  const found: { [Name in Field]?: string } = {};
  for (const field of fields) {
    const value = json[field];
    if (typeof value === "string") found[field] = value;
  }
  return found;
}
