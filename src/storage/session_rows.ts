import type { Selectable } from "kysely";
import type { Usage } from "../core/event.ts";
import type { Item } from "../core/item.ts";
import { isJsonObject, parseJson } from "../core/json.ts";
import { HermesError } from "../core/errors.ts";
import type { NewTurn, SessionInfo } from "../core/session_store.ts";
import type { SessionsTable, TurnsTable } from "./tables.ts";

/** A session as the rest of the program knows it. */
export function sessionInfo(row: Selectable<SessionsTable>): SessionInfo {
  return {
    id: row.id,
    source: row.source,
    provider: row.provider,
    model: row.model,
    baseUrl: row.base_url,
    runtime: row.runtime,
    cwd: row.cwd,
    instructions: row.instructions,
    title: row.title,
    parentId: row.parent_id,
    runtimeState: row.runtime_state,
    endedAt: row.ended_at,
    endReason: row.end_reason,
    preview: row.preview,
    costUsd: row.cost_usd,
    calls: { count: row.model_calls, unpriced: row.unpriced_calls },
    startedAt: row.started_at,
    updatedAt: row.updated_at,
    messageCount: row.message_count,
    toolCallCount: row.tool_call_count,
    usage: usageOf(row),
  };
}

/** The row of a turn that begins. */
export function runningTurn(
  { turnId, sessionId, startedAt }: NewTurn,
  owner: string | null,
): Selectable<TurnsTable> {
  return {
    id: turnId,
    session_id: sessionId,
    started_at: startedAt,
    ended_at: null,
    status: "running",
    error_code: null,
    error_message: null,
    owner,
  };
}

/** The tokens of a row. */
export function usageOf(
  row: Pick<
    Selectable<SessionsTable>,
    "input_tokens" | "cached_input_tokens" | "output_tokens" | "reasoning_tokens" | "total_tokens"
  >,
): Usage {
  return {
    inputTokens: row.input_tokens,
    cachedInputTokens: row.cached_input_tokens,
    outputTokens: row.output_tokens,
    reasoningTokens: row.reasoning_tokens,
    totalTokens: row.total_tokens,
  };
}

/**
 * The item that a row holds.
 * @throws {HermesError} `store/invalid` when it holds none
 */
export function itemOfBody(body: string): Item {
  const value = parseJson(body);
  if (isJsonObject(value) && typeof value["type"] === "string" && typeof value["id"] === "string") {
    // Written by this program from an item, and a newer schema was refused when the file was opened.
    return value as unknown as Item;
  }
  throw new HermesError("store/invalid", "A stored item cannot be read: it is no JSON of an item", {
    hint: "hermes sessions export saves what can still be read",
  });
}
