import { type Kysely, type Selectable, sql } from "kysely";
import { addUsage, noUsage } from "../core/event.ts";
import type { SessionInfo, WholeSession } from "../core/session_store.ts";
import { sessionInfo, usageOf } from "./session_rows.ts";
import { letOthersWrite } from "./sqlite.ts";
import type { SessionsTable, Tables } from "./tables.ts";

/** Whether a session is the part with which the whole goes on. */
export function isTip({ endReason }: Pick<SessionInfo, "endReason">): boolean {
  return endReason !== "compression" && endReason !== "rewound";
}

/** The same of a row. */
export const tipRow = sql<boolean>`(end_reason IS NULL OR end_reason NOT IN ('compression', 'rewound'))`;

type Part = Pick<
  SessionInfo,
  "id" | "title" | "startedAt" | "messageCount" | "toolCallCount" | "usage" | "costUsd" | "calls"
>;

/** A session as a person sees it, from all its parts, the oldest first. */
export function wholeOf(tip: SessionInfo, parts: readonly Part[]): WholeSession {
  const count = (of: (part: Part) => number): number =>
    parts.reduce((sum, part) => sum + of(part), 0);
  return {
    ...tip,
    title: parts.find(({ title }) => title !== null)?.title ?? null,
    startedAt: parts[0]?.startedAt ?? tip.startedAt,
    messageCount: count((part) => part.messageCount),
    toolCallCount: count((part) => part.toolCallCount),
    usage: parts.reduce((sum, { usage }) => addUsage(sum, usage), noUsage),
    costUsd: parts.reduce((sum, { costUsd }) => addCost(sum, costUsd), unknownCost),
    calls: {
      count: count(({ calls }) => calls.count),
      unpriced: count(({ calls }) => calls.unpriced),
    },
    ids: parts.map(({ id }) => id),
  };
}

const unknownCost: SessionInfo["costUsd"] = null;

/** The sum of what is known of two costs, in US dollars. */
export function addCost(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.round((a + b) * 1e9) / 1e9;
}

/** The whole of each of these tips, in their order. */
async function wholesOf(
  db: Kysely<Tables>,
  tips: readonly { readonly info: SessionInfo; readonly rootId: string }[],
): Promise<readonly WholeSession[]> {
  const roots = JSON.stringify(tips.map(({ rootId }) => rootId));
  const rows = await db
    .selectFrom("sessions")
    // All but the prompts, which are long.
    .select([
      "id",
      "root_id",
      "title",
      "started_at",
      "message_count",
      "tool_call_count",
      "input_tokens",
      "cached_input_tokens",
      "output_tokens",
      "reasoning_tokens",
      "total_tokens",
      "cost_usd",
      "model_calls",
      "unpriced_calls",
    ])
    .where(sql<boolean>`root_id IN (SELECT value FROM json_each(${roots}))`)
    .orderBy("started_at")
    .orderBy(sql`rowid`)
    .execute();
  const parts = Map.groupBy(rows, (row) => row.root_id);
  return tips.map(({ info, rootId }) => {
    const own = (parts.get(rootId) ?? []).map((row) => ({
      id: row.id,
      title: row.title,
      startedAt: row.started_at,
      messageCount: row.message_count,
      toolCallCount: row.tool_call_count,
      usage: usageOf(row),
      costUsd: row.cost_usd,
      calls: { count: row.model_calls, unpriced: row.unpriced_calls },
    }));
    return wholeOf(info, own.length === 0 ? [info] : own);
  });
}

/** The whole that a session is a part of, by the part with which it goes on; undefined where that is gone. */
export async function wholeById(
  db: Kysely<Tables>,
  tipId: string,
): Promise<WholeSession | undefined> {
  const row = await db
    .selectFrom("sessions")
    .selectAll()
    .where("id", "=", tipId)
    .executeTakeFirst();
  if (!row) return undefined;
  const [whole] = await wholesOf(db, [{ info: sessionInfo(row), rootId: row.root_id }]);
  return whole;
}

/** The newest sessions, each as a whole: those of one source, or of all but one. */
export async function listWholes(
  db: Kysely<Tables>,
  {
    limit,
    source,
    otherThan,
  }: { readonly limit: number; readonly source?: string; readonly otherThan?: string },
): Promise<readonly WholeSession[]> {
  const rows = await db
    .selectFrom("sessions")
    .selectAll()
    .where(tipRow)
    .$if(source !== undefined, (query) => query.where("source", "=", source ?? ""))
    .$if(otherThan !== undefined, (query) => query.where("source", "!=", otherThan ?? ""))
    .orderBy("updated_at", "desc")
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return await wholesOf(
    db,
    rows.map((row) => ({ info: sessionInfo(row), rootId: row.root_id })),
  );
}

/** Whole sessions that are deleted in one commit: whoever else writes waits for no more than these. */
const prunedAtOnce = 20;

/** The whole sessions that were last written before a time, and none of `except`; deleted unless it is a dry run. */
export async function pruneWholes(
  db: Kysely<Tables>,
  before: number,
  { dryRun, except = [] }: { readonly dryRun: boolean; readonly except?: readonly string[] },
): Promise<readonly WholeSession[]> {
  const isOld = sql<boolean>`
    root_id IN (SELECT root_id FROM sessions WHERE ${tipRow} AND updated_at < ${before})
    AND root_id NOT IN (
      SELECT root_id FROM sessions WHERE id IN (SELECT value FROM json_each(${JSON.stringify(except)})))`;
  if (dryRun) return wholesIn(await db.selectFrom("sessions").where(isOld).selectAll().execute());
  const deleted: Selectable<SessionsTable>[] = [];
  const some = sql<boolean>`root_id IN (
    SELECT DISTINCT root_id FROM sessions WHERE ${isOld} LIMIT ${prunedAtOnce})`;
  while (true) {
    // Found and deleted at once: a session that goes on meanwhile stays, and is not told as deleted.
    const rows = await db.deleteFrom("sessions").where(some).returningAll().execute();
    deleted.push(...rows);
    if (new Set(rows.map((row) => row.root_id)).size < prunedAtOnce) return wholesIn(deleted);
    await letOthersWrite();
  }
}

/** The wholes that these rows are all the parts of, the oldest first. */
function wholesIn(rows: readonly Selectable<SessionsTable>[]): readonly WholeSession[] {
  const parts = Map.groupBy(rows, (row) => row.root_id);
  return [...parts.values()]
    .flatMap((own) => {
      const infos = own.map(sessionInfo).toSorted((a, b) => a.startedAt - b.startedAt);
      const tip = infos.findLast(isTip);
      return tip === undefined ? [] : [wholeOf(tip, infos)];
    })
    .toSorted((a, b) => a.updatedAt - b.updatedAt);
}
