import { CompiledQuery } from "kysely";
import type { Item } from "../core/item.ts";
import { itemCounts, itemText, previewOf } from "./item_text.ts";

// Written out, and not built: for each item of a turn, building them takes as long as SQLite needs to run them.
const insertItem = `
  INSERT INTO items (id, session_id, turn_id, role, at, body, words, trigrams)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const countItem = `
  UPDATE sessions SET
    updated_at = ?,
    message_count = message_count + ?,
    tool_call_count = tool_call_count + ?,
    preview = iif(preview = '', ?, preview)
  WHERE id = ?`;

export interface AppendedItem {
  readonly item: Item;
  /** ms since epoch. */
  readonly at: number;
  readonly turnId: string;
  readonly sessionId: string;
}

/** What stores an item, in one transaction: its row, and what its session shows of it. */
export function appendQueries(appended: AppendedItem): readonly CompiledQuery[] {
  const { item, at, turnId, sessionId } = appended;
  const { role, words, trigrams } = itemText(item);
  const { messages, toolCalls } = itemCounts(item);
  const body = JSON.stringify(item);
  return [
    CompiledQuery.raw(insertItem, [item.id, sessionId, turnId, role, at, body, words, trigrams]),
    CompiledQuery.raw(countItem, [at, messages, toolCalls, previewOf(item), sessionId]),
  ];
}
