import type { JsonObject } from "../../core/json.ts";
import type { SideUsage } from "../../core/spending.ts";
import type { SearchHit, StoredItem, WholeSession } from "../../core/session_store.ts";
import { costStatus } from "./cost_text.ts";
import { itemToJson, usageToJson } from "./json.ts";
import { isoTime } from "./time.ts";

/** A session as documents show it; without its instructions, which are long and the same for most. */
export function sessionToJson(session: WholeSession): JsonObject {
  return {
    id: session.id,
    title: session.title,
    source: session.source,
    provider: session.provider,
    model: session.model,
    base_url: session.baseUrl,
    runtime: session.runtime,
    cwd: session.cwd,
    parent_id: session.parentId,
    part_ids: session.ids,
    started_at: isoTime(session.startedAt),
    updated_at: isoTime(session.updatedAt),
    message_count: session.messageCount,
    tool_call_count: session.toolCallCount,
    usage: usageToJson(session.usage),
    model_calls: session.calls.count,
    cost_usd: session.costUsd,
    cost_status: costStatus(session),
    preview: session.preview,
  };
}

/** What of the usage of a session was not its conversation's own, as documents show it. */
export function sideToJson({ kind, provider, model, usage, calls }: SideUsage): JsonObject {
  return {
    kind,
    provider,
    model,
    model_calls: calls.count,
    usage: usageToJson(usage),
    cost_usd: usage.costUsd ?? null,
  };
}

/** A stored item as documents show it. */
export function storedItemToJson({ item, turnId, at }: StoredItem): JsonObject {
  return { ...itemToJson(item), turn_id: turnId, at: isoTime(at) };
}

/** What a search found, as documents show it. */
export function hitToJson(hit: SearchHit): JsonObject {
  return {
    session_id: hit.session.id,
    resume_id: hit.tipId,
    title: hit.session.title,
    item_id: hit.itemId,
    role: hit.role,
    snippet: hit.snippet,
    at: isoTime(hit.at),
  };
}
