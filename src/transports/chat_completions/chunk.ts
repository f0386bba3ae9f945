import type { Usage } from "../../core/event.ts";
import { isJsonArray, type Json, type JsonObject } from "../../core/json.ts";
import { count, object, objects, text } from "../fields.ts";
import { toldCost } from "../told_cost.ts";

/** What one chunk of a stream, or a whole answer, adds to the answer. */
export interface Chunk {
  readonly reasoning: string;
  readonly content: string;
  readonly refusal: string;
  readonly calls: readonly JsonObject[];
  /** Why the answer ended; "" while it goes on. */
  readonly finishReason: string;
}

/** The first choice of a chunk; undefined when it has none, as the last one with the counts. */
export function readChunk(data: JsonObject): Chunk | undefined {
  const choices = objects(data, "choices");
  const choice = choices.find((candidate) => count(candidate, "index") === 0) ?? choices[0];
  if (choice === undefined) return undefined;
  const delta = object(choice, "delta") ?? object(choice, "message");
  const legacyCall = object(delta, "function_call");
  return {
    // Vendors disagree about the name of the field, and some fill both.
    reasoning:
      text(delta, "reasoning_content") || text(delta, "reasoning") || thoughts(delta?.["content"]),
    content: contentText(delta?.["content"]),
    refusal: text(delta, "refusal"),
    calls: [
      ...objects(delta, "tool_calls"),
      ...(legacyCall === undefined ? [] : [{ index: 0, function: legacyCall }]),
    ],
    finishReason: text(choice, "finish_reason"),
  };
}

/** Content is text, or a list of parts (Mistral). */
function contentText(content: Json | undefined): string {
  if (typeof content === "string") return content;
  return partsOf(content, "text")
    .map((part) => text(part, "text"))
    .join("");
}

function thoughts(content: Json | undefined): string {
  return partsOf(content, "thinking")
    .map((part) => contentText(part["thinking"]))
    .join("");
}

function partsOf(content: Json | undefined, type: string): readonly JsonObject[] {
  if (!isJsonArray(content)) return [];
  return objects({ content }, "content").filter((part) => part["type"] === type);
}

/** The counts of a chunk, or undefined when it has none. */
export function readUsage(data: JsonObject): Usage | undefined {
  const usage = object(data, "usage");
  if (usage === undefined) return undefined;
  const inputTokens = count(usage, "prompt_tokens") ?? 0;
  const outputTokens = count(usage, "completion_tokens") ?? 0;
  return {
    inputTokens,
    cachedInputTokens:
      count(object(usage, "prompt_tokens_details"), "cached_tokens") ??
      // DeepSeek's name of it.
      count(usage, "prompt_cache_hit_tokens") ??
      0,
    outputTokens,
    reasoningTokens: count(object(usage, "completion_tokens_details"), "reasoning_tokens") ?? 0,
    totalTokens: count(usage, "total_tokens") ?? inputTokens + outputTokens,
    ...toldCost(usage),
  };
}
