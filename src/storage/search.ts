import { type RawBuilder, sql } from "kysely";
import type { SearchHit, SearchOptions } from "../core/session_store.ts";
import type { Database } from "./database.ts";
import { createTextScan, type TextScan } from "./scan_text.ts";
import { type Alternative, type IndexPlan, planSearch, spacelessNeedles } from "./search_query.ts";
import { sessionInfo } from "./session_rows.ts";
import { textsWith } from "./short_words.ts";
import { tipRow } from "./whole_sessions.ts";

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
    case "trigrams":
      return await searchIndex(database, plan, options);
    case "scan":
      return await scanItems(database, plan.alternatives, options);
    default:
      return plan satisfies never;
  }
}

/** A word that more items have says little of any of them: the newest count then. */
const rankedAtMost = 500;

async function searchIndex(
  { db }: Database,
  { kind, match, terms }: IndexPlan,
  options: SearchOptions,
): Promise<readonly SearchHit[]> {
  const { order, limit } = options;
  const index = sql.table(`items_${kind}`);
  // To rank one hit, the index counts all items that have any of the terms.
  const isCommon = async (term: string): Promise<boolean> => {
    const { rows } = await sql<{ count: number }>`
      SELECT count(*) AS count FROM (
        SELECT 1 FROM ${index} WHERE ${index} MATCH ${term} LIMIT ${rankedAtMost + 1}
      )`.execute(db);
    return (rows[0]?.count ?? 0) > rankedAtMost;
  };
  const hasCommon = async (): Promise<boolean> => {
    for (const term of terms) if (await isCommon(term)) return true;
    return false;
  };
  // The order of the index is that of time: it is read from its end, and no further than is needed.
  const sorted =
    order === "oldest"
      ? sql`ORDER BY ${index}.rowid`
      : order === "newest" || (await hasCommon())
        ? sql`ORDER BY ${index}.rowid DESC`
        : sql`ORDER BY ${index}.rank, ${index}.rowid DESC`;
  // With the index's own excerpt, 16 tokens around the hit: to go back to each hit for it takes longer than to find it.
  const { rows } = await sql<{ seq: number; snippet: string }>`
    SELECT items.seq, snippet(${index}, 0, '[', ']', '…', 16) AS snippet
    FROM ${index} JOIN items ON items.seq = ${index}.rowid
    WHERE ${index} MATCH ${match} AND ${isAskedFor(options)}
    ${sorted} LIMIT ${limit}`.execute(db);
  const snippets = new Map(rows.map(({ seq, snippet }) => [seq, snippet]));
  return await hitsAt(db, [...snippets.keys()], ({ seq }) =>
    (snippets.get(seq) ?? "").replace(/\s+/g, " ").trim(),
  );
}

/** The items at these places as hits, in their order. */
async function hitsAt(
  db: Database["db"],
  seqs: readonly number[],
  snippetOf: (item: { readonly seq: number; readonly words: string }) => string,
): Promise<readonly SearchHit[]> {
  const rows = await db
    .selectFrom("items")
    .innerJoin("sessions", "sessions.id", "items.session_id")
    .selectAll("sessions")
    .select(["items.seq", "items.id as item_id", "items.role", "items.at", "items.words"])
    .select(
      sql<string>`(
        SELECT id FROM sessions tip WHERE tip.root_id = sessions.root_id AND ${tipRow}
        ORDER BY started_at DESC, rowid DESC LIMIT 1
      )`.as("tip_id"),
    )
    // One parameter, however many there are.
    .where(sql<boolean>`items.seq IN (SELECT value FROM json_each(${JSON.stringify(seqs)}))`)
    .execute();
  const found = new Map(rows.map((row) => [row.seq, row]));
  return seqs.flatMap((seq): readonly SearchHit[] => {
    const row = found.get(seq);
    if (row === undefined || row.role === "none" || row.words === null) return [];
    const session = sessionInfo(row);
    const snippet = snippetOf({ seq, words: row.words });
    const { item_id: itemId, role, at, tip_id: tipId } = row;
    return [{ session, tipId: tipId ?? session.id, itemId, role, snippet, at }];
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
    AND (${only} IS NULL OR items.session_id IN (
      SELECT id FROM sessions WHERE root_id = (SELECT root_id FROM sessions WHERE id = ${only})
    ))
    AND items.hidden_at IS NULL
    AND items.session_id NOT IN (SELECT value FROM json_each(${JSON.stringify(except)}))`;
}

/** Texts that are in memory at once while all are looked at. */
const scannedAtOnce = 100;

async function scanItems(
  database: Database,
  alternatives: readonly Alternative[],
  options: SearchOptions,
): Promise<readonly SearchHit[]> {
  const scan = createTextScan(alternatives);
  const { db } = database;
  const needles = spacelessNeedles(alternatives);
  const within = needles && (await textsWith(database, needles));
  const matching = await matchingItems(db, { scan, needles, within }, options);
  return await hitsAt(db, matching, ({ words }) => scan.snippet(words));
}

interface ScanPlan {
  readonly scan: TextScan;
  /** One of them is in every text that matches. */
  readonly needles: readonly string[] | undefined;
  /** The only places to look at. */
  readonly within: readonly number[] | undefined;
}

/**
 * The places of the first items whose text matches. They are looked at here: SQLite's `lower` folds ASCII alone, and its
 * expressions nest at most 1,000 deep (sqlite.org/limits.html), one level for each term.
 */
async function matchingItems(
  db: Database["db"],
  { scan, needles, within }: ScanPlan,
  options: SearchOptions,
): Promise<readonly number[]> {
  const matching: number[] = [];
  const isForward = options.order === "oldest";
  for (let last = isForward ? 0 : Number.MAX_SAFE_INTEGER; ;) {
    const page = await db
      .selectFrom("items")
      .select(["seq", "words"])
      .where("words", "is not", null)
      .$if(within !== undefined, (query) =>
        query.where(
          sql<boolean>`items.seq IN (SELECT value FROM json_each(${JSON.stringify(within ?? [])}))`,
        ),
      )
      .$if(needles !== undefined && within === undefined, (query) =>
        query.where(holdsOne(needles ?? [])),
      )
      .where("seq", isForward ? ">" : "<", last)
      .where(isAskedFor(options))
      .orderBy("seq", isForward ? "asc" : "desc")
      .limit(scannedAtOnce)
      .execute();
    for (const { seq, words } of page) {
      if (words !== null && scan.matches(words)) matching.push(seq);
      if (matching.length === options.limit) return matching;
    }
    const end = page.at(-1);
    if (!end) return matching;
    last = end.seq;
  }
}

/** Whether a text that has an index of trigrams holds one of these; each list is one parameter. */
function holdsOne(needles: readonly string[]): RawBuilder<boolean> {
  return sql<boolean>`trigrams IS NOT NULL AND EXISTS (
    SELECT 1 FROM json_each(${JSON.stringify(needles)}) needle WHERE instr(trigrams, needle.value) > 0
  )`;
}
