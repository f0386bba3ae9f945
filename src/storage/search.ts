import { sql } from "kysely";
import type { SearchHit } from "../core/session_store.ts";
import type { Database } from "./database.ts";
import { planSearch, snippetOf } from "./search_query.ts";
import { sessionInfo } from "./session_rows.ts";

/** Items whose text matches, best first; by age where every text had to be looked at. */
export async function searchItems(
  database: Database,
  query: string,
  limit: number,
): Promise<readonly SearchHit[]> {
  const plan = planSearch(query, { hasIndex: database.hasSearch });
  switch (plan.kind) {
    case "nothing":
      return [];
    case "words":
      return await searchIndex(database, { table: "items_words", match: plan.match, limit });
    case "trigrams":
      return await searchIndex(database, { table: "items_trigrams", match: plan.match, limit });
    case "scan":
      return await scanItems(database, plan.terms, limit);
    default:
      return plan satisfies never;
  }
}

async function searchIndex(
  { db }: Database,
  search: {
    readonly table: "items_words" | "items_trigrams";
    readonly match: string;
    readonly limit: number;
  },
): Promise<readonly SearchHit[]> {
  const { table, match, limit } = search;
  const found = await db
    .selectFrom(table)
    .innerJoin("items", "items.seq", `${table}.rowid`)
    .innerJoin("sessions", "sessions.id", "items.session_id")
    .selectAll("sessions")
    .select(["items.id as item_id", "items.role", "items.at"])
    // The index's own excerpt: 16 tokens around the hit.
    .select(sql<string>`snippet(${sql.table(table)}, 0, '[', ']', '…', 16)`.as("snippet"))
    .where(sql<boolean>`${sql.table(table)} match ${match}`)
    .orderBy(`${table}.rank`)
    .orderBy("items.at", "desc")
    .limit(limit)
    .execute();
  return found.flatMap((row) => {
    if (row.role === "none") return [];
    const snippet = row.snippet.replace(/\s+/g, " ").trim();
    return [
      { session: sessionInfo(row), itemId: row.item_id, role: row.role, snippet, at: row.at },
    ];
  });
}

async function scanItems(
  { db }: Database,
  terms: readonly string[],
  limit: number,
): Promise<readonly SearchHit[]> {
  const found = await db
    .selectFrom("items")
    .innerJoin("sessions", "sessions.id", "items.session_id")
    .selectAll("sessions")
    .select(["items.id as item_id", "items.role", "items.at", "items.words"])
    .where((row) =>
      row.and(
        terms.map(
          (term) =>
            sql<boolean>`instr(lower(${sql.ref("items.words")}), ${term.toLowerCase()}) > 0`,
        ),
      ),
    )
    .orderBy("items.at", "desc")
    .limit(limit)
    .execute();
  return found.flatMap((row) => {
    if (row.role === "none" || row.words === null) return [];
    const snippet = snippetOf(row.words, terms);
    return [
      { session: sessionInfo(row), itemId: row.item_id, role: row.role, snippet, at: row.at },
    ];
  });
}
