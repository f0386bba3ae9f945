import { sql } from "kysely";
import type { Database } from "./database.ts";

/** Trigrams and texts for one word, above which it is everywhere: the newest texts have it then. */
const maxTrigrams = 500;
const maxTexts = 2_000;

/**
 * The places of the texts that may hold one of these, in scripts without spaces; undefined where there are too many, or no
 * index. Words of one or two characters have no trigram of their own: they begin one, unless they end the text.
 */
export async function textsWith(
  { db, hasSearch }: Database,
  needles: readonly string[],
): Promise<readonly number[] | undefined> {
  if (!hasSearch) return undefined;
  const places = new Set<number>();
  for (const needle of needles) {
    const isShort = Array.from(needle).length < 3;
    const trigrams = isShort ? await trigramsFrom(db, needle) : [needle];
    if (trigrams.length > maxTrigrams) return undefined;
    const found = [
      ...(trigrams.length === 0 ? [] : await matching(db, trigrams)),
      ...(isShort ? await endingIn(db, needle) : []),
    ];
    if (found.length > maxTexts) return undefined;
    for (const seq of found) places.add(seq);
  }
  return [...places];
}

type Db = Database["db"];

async function trigramsFrom(db: Db, start: string): Promise<readonly string[]> {
  const { rows } = await sql<{ term: string }>`
    SELECT term FROM items_trigrams_vocab
    WHERE term >= ${start} AND term <= ${`${start}\u{10FFFF}`} LIMIT ${maxTrigrams + 1}`.execute(
    db,
  );
  return rows.map(({ term }) => term);
}

async function matching(db: Db, texts: readonly string[]): Promise<readonly number[]> {
  const match = texts.map((text) => `"${text.replaceAll('"', '""')}"`).join(" OR ");
  const { rows } = await sql<{ seq: number }>`
    SELECT rowid AS seq FROM items_trigrams WHERE items_trigrams MATCH ${match}
    LIMIT ${maxTexts + 1}`.execute(db);
  return rows.map(({ seq }) => seq);
}

/** The texts with fewer than three characters from the word on. */
async function endingIn(db: Db, word: string): Promise<readonly number[]> {
  const { rows } = await sql<{ seq: number }>`
    SELECT seq FROM items WHERE trigrams IS NOT NULL AND substr(trigrams, -1) = ${word}
    UNION
    SELECT seq FROM items WHERE trigrams IS NOT NULL
      AND substr(trigrams, -2) >= ${word} AND substr(trigrams, -2) < ${`${word}\u{10FFFF}`}
    LIMIT ${maxTexts + 1}`.execute(db);
  return rows.map(({ seq }) => seq);
}
