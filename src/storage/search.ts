import { sql } from "kysely";
import type { SearchHit } from "../core/session_store.ts";
import type { Database } from "./database.ts";
import { createTextScan, type TextScan } from "./scan_text.ts";
import { planSearch } from "./search_query.ts";
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
      return await scanItems(database, createTextScan(plan.alternatives), limit);
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

/** Texts that are in memory at once while all are looked at. */
const scannedAtOnce = 100;

async function scanItems(
  { db }: Database,
  scan: TextScan,
  limit: number,
): Promise<readonly SearchHit[]> {
  const matching = await matchingItems(db, scan);
  const newest = matching
    .toSorted((a, b) => b.at - a.at)
    .slice(0, limit)
    .map(({ seq }) => seq);
  const found = await db
    .selectFrom("items")
    .innerJoin("sessions", "sessions.id", "items.session_id")
    .selectAll("sessions")
    .select(["items.id as item_id", "items.role", "items.at", "items.words"])
    // One parameter, however many there are.
    .where(sql<boolean>`items.seq IN (SELECT value FROM json_each(${JSON.stringify(newest)}))`)
    .orderBy("items.at", "desc")
    .orderBy("items.seq")
    .execute();
  return found.flatMap((row) => {
    if (row.role === "none" || row.words === null) return [];
    const snippet = scan.snippet(row.words);
    return [
      { session: sessionInfo(row), itemId: row.item_id, role: row.role, snippet, at: row.at },
    ];
  });
}

/**
 * The items whose text matches. They are looked at here: SQLite's `lower` folds ASCII alone, and its expressions nest at
 * most 1,000 deep (sqlite.org/limits.html), one level for each term.
 */
async function matchingItems(
  db: Database["db"],
  scan: TextScan,
): Promise<readonly { readonly seq: number; readonly at: number }[]> {
  const matching: { readonly seq: number; readonly at: number }[] = [];
  for (let last = 0; ;) {
    const page = await db
      .selectFrom("items")
      .select(["seq", "at", "words"])
      .where("words", "is not", null)
      .where("seq", ">", last)
      .orderBy("seq")
      .limit(scannedAtOnce)
      .execute();
    for (const { seq, at, words } of page) {
      if (words !== null && scan.matches(words)) matching.push({ seq, at });
    }
    const end = page.at(-1);
    if (!end) return matching;
    last = end.seq;
  }
}
