import { type RawBuilder, sql } from "kysely";
import type { SearchHit, SearchOptions } from "../core/session_store.ts";
import type { Database } from "./database.ts";
import { createTextScan, type TextScan } from "./scan_text.ts";
import { planSearch } from "./search_query.ts";
import { sessionInfo } from "./session_rows.ts";

/** Items whose text matches, best first; by age where every text had to be looked at. */
export async function searchItems(
  database: Database,
  query: string,
  options: SearchOptions,
): Promise<readonly SearchHit[]> {
  const plan = planSearch(query, { hasIndex: database.hasSearch });
  switch (plan.kind) {
    case "nothing":
      return [];
    case "words":
      return await searchIndex(database, { table: "items_words", match: plan.match, options });
    case "trigrams":
      return await searchIndex(database, { table: "items_trigrams", match: plan.match, options });
    case "scan":
      return await scanItems(database, createTextScan(plan.alternatives), options);
    default:
      return plan satisfies never;
  }
}

async function searchIndex(
  { db }: Database,
  search: {
    readonly table: "items_words" | "items_trigrams";
    readonly match: string;
    readonly options: SearchOptions;
  },
): Promise<readonly SearchHit[]> {
  const { table, match, options } = search;
  const { order } = options;
  const found = await db
    .selectFrom(table)
    .innerJoin("items", "items.seq", `${table}.rowid`)
    .innerJoin("sessions", "sessions.id", "items.session_id")
    .selectAll("sessions")
    .select(["items.id as item_id", "items.role", "items.at"])
    // The index's own excerpt: 16 tokens around the hit.
    .select(sql<string>`snippet(${sql.table(table)}, 0, '[', ']', '…', 16)`.as("snippet"))
    .where(sql<boolean>`${sql.table(table)} match ${match}`)
    .where(isAskedFor(options))
    .$if(order === undefined, (query) => query.orderBy(`${table}.rank`))
    .orderBy("items.at", order === "oldest" ? "asc" : "desc")
    .limit(options.limit)
    .execute();
  return found.flatMap((row) => {
    if (row.role === "none") return [];
    const snippet = row.snippet.replace(/\s+/g, " ").trim();
    return [
      { session: sessionInfo(row), itemId: row.item_id, role: row.role, snippet, at: row.at },
    ];
  });
}

/** Which items may be found at all; each list is one parameter, however long it is. */
export function isAskedFor({
  roles,
  within,
  except = [],
}: Omit<SearchOptions, "limit" | "order">): RawBuilder<boolean> {
  const roleList = roles === undefined ? null : JSON.stringify(roles);
  const only = within ?? null;
  return sql<boolean>`
    (${roleList} IS NULL OR items.role IN (SELECT value FROM json_each(${roleList})))
    AND (${only} IS NULL OR items.session_id = ${only})
    AND items.session_id NOT IN (SELECT value FROM json_each(${JSON.stringify(except)}))`;
}

/** Texts that are in memory at once while all are looked at. */
const scannedAtOnce = 100;

async function scanItems(
  { db }: Database,
  scan: TextScan,
  options: SearchOptions,
): Promise<readonly SearchHit[]> {
  const matching = await matchingItems(db, scan, options);
  const direction = options.order === "oldest" ? -1 : 1;
  const first = matching
    .toSorted((a, b) => (b.at - a.at) * direction)
    .slice(0, options.limit)
    .map(({ seq }) => seq);
  const found = await db
    .selectFrom("items")
    .innerJoin("sessions", "sessions.id", "items.session_id")
    .selectAll("sessions")
    .select(["items.id as item_id", "items.role", "items.at", "items.words"])
    // One parameter, however many there are.
    .where(sql<boolean>`items.seq IN (SELECT value FROM json_each(${JSON.stringify(first)}))`)
    .orderBy("items.at", options.order === "oldest" ? "asc" : "desc")
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
  options: SearchOptions,
): Promise<readonly { readonly seq: number; readonly at: number }[]> {
  const matching: { readonly seq: number; readonly at: number }[] = [];
  for (let last = 0; ;) {
    const page = await db
      .selectFrom("items")
      .select(["seq", "at", "words"])
      .where("words", "is not", null)
      .where("seq", ">", last)
      .where(isAskedFor(options))
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
