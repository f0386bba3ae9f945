import { type Kysely, sql, type Transaction } from "kysely";
import type { ProcessOwners } from "../core/process_owner.ts";
import type { SessionInfo, SessionLock, SessionSplit } from "../core/session_store.ts";
import { appendQueries } from "./append_queries.ts";
import { goesOnElsewhere } from "./resolve_session.ts";
import { runningTurn, sessionInfo } from "./session_rows.ts";
import type { Tables } from "./tables.ts";
import { usageSums } from "./usage_columns.ts";
import { tipRow } from "./whole_sessions.ts";
import { nextTitle } from "./titles.ts";

/** Closes a session and goes on with its running turn in a child; runs in a transaction of the caller's. */
export async function splitSession(
  transaction: Transaction<Tables>,
  sessionId: string,
  split: SessionSplit,
): Promise<void> {
  const { turnId, newTurnId, newSessionId, compaction, instructions, at } = split;
  const parent = await transaction
    .selectFrom("sessions")
    .selectAll()
    .where("id", "=", sessionId)
    .executeTakeFirstOrThrow();
  if (parent.ended_at !== null) throw goesOnElsewhere(sessionId);
  const { owner } = await transaction
    .updateTable("turns")
    .set({ ended_at: at, status: "continued" })
    .where("id", "=", turnId)
    .returning("owner")
    .executeTakeFirstOrThrow();
  await transaction
    .updateTable("sessions")
    .set({
      ended_at: at,
      end_reason: "compression",
      goal: null,
      updated_at: at,
      ...usageSums(split),
    })
    .where("id", "=", sessionId)
    .execute();
  await transaction
    .insertInto("sessions")
    .values({
      id: newSessionId,
      root_id: parent.root_id,
      source: parent.source,
      provider: parent.provider,
      model: parent.model,
      base_url: parent.base_url,
      runtime: parent.runtime,
      cwd: parent.cwd,
      instructions: instructions?.toWellFormed() ?? parent.instructions,
      title: await childTitle(transaction, parent.title),
      parent_id: sessionId,
      runtime_state: null,
      preview: parent.preview,
      goal: parent.goal,
      started_at: at,
      updated_at: at,
    })
    .execute();
  await transaction
    .insertInto("turns")
    .values(runningTurn({ turnId: newTurnId, sessionId: newSessionId, startedAt: at }, owner))
    .execute();
  const item = { item: compaction, at, turnId: newTurnId, sessionId: newSessionId };
  for (const query of appendQueries(item)) await transaction.executeQuery(query);
}

async function childTitle(db: Kysely<Tables>, title: string | null): Promise<string | null> {
  if (title === null) return null;
  const titled = await db
    .selectFrom("sessions")
    .select("title")
    .where("title", "is not", null)
    .execute();
  return nextTitle(
    title,
    titled.flatMap((row) => row.title ?? []),
  );
}

/** Whether the holder has the lock now. One whose process is gone has it no longer. */
export async function lockSession(
  db: Kysely<Tables>,
  lock: SessionLock,
  owners: ProcessOwners | undefined,
): Promise<boolean> {
  const owner = (await owners?.own()) ?? null;
  if (await takeLock(db, lock, owner)) return true;
  const held = await db
    .selectFrom("session_locks")
    .select(["holder", "owner"])
    .where("session_id", "=", lock.sessionId)
    .executeTakeFirst();
  if (held && !(held.owner !== null && (await owners?.isGone(held.owner)))) return false;
  // Of several that see it gone, one gets it.
  if (held) await unlockSession(db, { sessionId: lock.sessionId, holder: held.holder });
  return await takeLock(db, lock, owner);
}

async function takeLock(
  db: Kysely<Tables>,
  { sessionId, holder, at, lifeMs }: SessionLock,
  owner: string | null,
): Promise<boolean> {
  const expires_at = at + lifeMs;
  const written = await db
    .insertInto("session_locks")
    .values({ session_id: sessionId, holder, owner, expires_at })
    .onConflict((conflict) =>
      conflict
        .column("session_id")
        .doUpdateSet({ holder, owner, expires_at })
        .where((row) =>
          row.or([
            row("session_locks.expires_at", "<=", at),
            row("session_locks.holder", "=", holder),
          ]),
        ),
    )
    .returning("holder")
    .executeTakeFirst();
  return written !== undefined;
}

/** Gives the lock back, if the holder still has it. */
export async function unlockSession(
  db: Kysely<Tables>,
  { sessionId, holder }: Pick<SessionLock, "sessionId" | "holder">,
): Promise<void> {
  await db
    .deleteFrom("session_locks")
    .where("session_id", "=", sessionId)
    .where("holder", "=", holder)
    .execute();
}

/** The id of the session in which this one goes on. */
export async function tipOf(db: Kysely<Tables>, sessionId: string): Promise<string> {
  const tip = await db
    .selectFrom("sessions")
    .select("id")
    .where("root_id", "=", (own) =>
      own.selectFrom("sessions").select("root_id").where("id", "=", sessionId),
    )
    .where(tipRow)
    .orderBy("started_at", "desc")
    .orderBy(sql`rowid`, "desc")
    .executeTakeFirst();
  return tip?.id ?? sessionId;
}

/** The session behind those that it was compressed from, the oldest first. */
export async function lineageOf(
  db: Kysely<Tables>,
  sessionId: string,
): Promise<readonly SessionInfo[]> {
  const lineage: SessionInfo[] = [];
  let rootId: string | undefined;
  for (let id: string | null = sessionId; id !== null;) {
    const row = await db.selectFrom("sessions").selectAll().where("id", "=", id).executeTakeFirst();
    // A parent of another root is the one that it branched off.
    if (!row || row.root_id !== (rootId ??= row.root_id)) break;
    lineage.unshift(sessionInfo(row));
    id = row.parent_id;
  }
  return lineage;
}
