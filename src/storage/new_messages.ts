import { sql } from "kysely";
import type { NewMessages, SearchOptions } from "../core/session_store.ts";
import type { Database } from "./database.ts";
import { isAskedFor } from "./search.ts";
import { itemOfBody } from "./session_rows.ts";

/** The number of the last item that was ever stored, also when it is gone (sqlite.org/autoinc.html). */
export async function lastCursor({ db }: Database): Promise<number> {
  const found = await sql<{ seq: number }>`
    SELECT seq FROM sqlite_sequence WHERE name = 'items'`.execute(db);
  return found.rows[0]?.seq ?? 0;
}

/**
 * Messages behind a cursor. There is one writer at a time, and it gives out the numbers: what becomes visible later has a
 * higher one.
 */
export async function messagesAfter(
  database: Database,
  cursor: number,
  options: Pick<SearchOptions, "limit" | "within" | "except">,
): Promise<NewMessages> {
  // Looked at first: what is stored between the two queries may be told, and must not be passed over.
  const last = await lastCursor(database);
  const rows = await database.db
    .selectFrom("items")
    .select(["seq", "session_id", "turn_id", "body", "at"])
    .where("seq", ">", cursor)
    .where("words", "is not", null)
    // What a branch was made of has been told where it was said.
    .where("is_copy", "=", 0)
    .where(isAskedFor({ ...options, roles: ["user", "assistant"] }))
    .orderBy("seq")
    .limit(options.limit)
    .execute();
  const messages = rows.map((row) => ({
    item: itemOfBody(row.body),
    sessionId: row.session_id,
    turnId: row.turn_id,
    at: row.at,
    cursor: row.seq,
  }));
  const told = messages.at(-1)?.cursor ?? cursor;
  return { messages, cursor: rows.length === options.limit ? told : Math.max(told, last) };
}
