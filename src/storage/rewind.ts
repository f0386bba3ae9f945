import { sql, type Transaction } from "kysely";
import { HermesError } from "../core/errors.ts";
import type { ProcessOwners } from "../core/process_owner.ts";
import type { Rewind } from "../core/session_store.ts";
import { itemCounts } from "./item_text.ts";
import { sessionNotFound } from "./resolve_session.ts";
import { itemOfBody } from "./session_rows.ts";
import type { Tables } from "./tables.ts";

/**
 * Hides an item and all behind it; runs in a transaction of the caller's. The part that holds it is the one that goes on:
 * those that it was compressed into are given up.
 */
export async function rewindSession(
  transaction: Transaction<Tables>,
  { sessionId, itemId, isForced = false, at }: Rewind,
  owners: ProcessOwners | undefined,
): Promise<void> {
  const parts = await transaction
    .selectFrom("sessions")
    .select(["id", "title", "goal"])
    .where("root_id", "=", (one) =>
      one.selectFrom("sessions").select("root_id").where("id", "=", sessionId),
    )
    .orderBy("started_at")
    .orderBy(sql`rowid`)
    .execute();
  if (parts.length === 0) throw sessionNotFound(sessionId);
  const ids = parts.map(({ id }) => id);
  if (!isForced && (await isBusy(transaction, { ids, at }, owners))) throw sessionBusy(sessionId);
  const first = await transaction
    .selectFrom("items")
    .select(["seq", "session_id"])
    .where("session_id", "in", ids)
    .where("id", "=", itemId)
    .where("hidden_at", "is", null)
    .orderBy("seq")
    .executeTakeFirst();
  if (!first) throw notInSession(sessionId, itemId);
  const hidden = await transaction
    .updateTable("items")
    .set({ hidden_at: at })
    .where("session_id", "in", ids)
    .where("seq", ">=", first.seq)
    .where("hidden_at", "is", null)
    .returning(["session_id", "body"])
    .execute();
  for (const [id, rows] of Map.groupBy(hidden, (row) => row.session_id)) {
    const counts = rows.map(({ body }) => itemCounts(itemOfBody(body)));
    const messages = counts.reduce((sum, each) => sum + each.messages, 0);
    const toolCalls = counts.reduce((sum, each) => sum + each.toolCalls, 0);
    await transaction
      .updateTable("sessions")
      .set((row) => ({
        message_count: row("message_count", "-", messages),
        tool_call_count: row("tool_call_count", "-", toolCalls),
      }))
      .where("id", "=", id)
      .execute();
  }
  await transaction
    .updateTable("sessions")
    .set({
      end_reason: null,
      ended_at: null,
      updated_at: at,
      // What another program remembers of it has the items in it that are gone.
      runtime_state: null,
    })
    .where("id", "=", first.session_id)
    .execute();
  await giveUp(transaction, parts.slice(ids.indexOf(first.session_id)), at);
  await forgetPreview(transaction, first.session_id);
}

/** The parts behind the first one are given up: what they are called and work towards is the first one's again. */
async function giveUp(
  transaction: Transaction<Tables>,
  [kept, ...given]: readonly {
    readonly id: string;
    readonly title: string | null;
    readonly goal: string | null;
  }[],
  at: number,
): Promise<void> {
  if (!kept || given.length === 0) return;
  await transaction
    .updateTable("sessions")
    .set({ end_reason: "rewound", ended_at: at, title: null, goal: null })
    .where(
      "id",
      "in",
      given.map(({ id }) => id),
    )
    .execute();
  const titles = [kept, ...given].flatMap(({ title }) => title ?? []);
  const goals = [kept, ...given].flatMap(({ goal }) => goal ?? []);
  await transaction
    .updateTable("sessions")
    .set({ title: titles[0] ?? null, goal: goals[0] ?? null })
    .where("id", "=", kept.id)
    .execute();
}

/** A session without a message is not told by the one that it had; one that goes on from others is told by theirs. */
async function forgetPreview(transaction: Transaction<Tables>, id: string): Promise<void> {
  await sql`
    UPDATE sessions SET preview = '' WHERE id = ${id} AND root_id = ${id} AND NOT EXISTS (
      SELECT 1 FROM items WHERE session_id = ${id} AND role = 'user' AND hidden_at IS NULL
    )`.execute(transaction);
}

/** Whether a process works on one of the sessions that is not known to be gone. */
async function isBusy(
  transaction: Transaction<Tables>,
  { ids, at }: { readonly ids: readonly string[]; readonly at: number },
  owners: ProcessOwners | undefined,
): Promise<boolean> {
  const turns = await transaction
    .selectFrom("turns")
    .select("owner")
    .distinct()
    .where("session_id", "in", ids)
    .where("status", "=", "running")
    .execute();
  const locks = await transaction
    .selectFrom("session_locks")
    .select("owner")
    .where("session_id", "in", ids)
    .where("expires_at", ">", at)
    .execute();
  for (const { owner } of [...turns, ...locks]) {
    if (owner === null || !(await owners?.isGone(owner))) return true;
  }
  return false;
}

/** The failure of changing what another process works on, or seems to: not everywhere is it seen that a process died. */
export function sessionBusy(sessionId: string): HermesError {
  return new HermesError(
    "session/busy",
    `A turn runs in session ${sessionId}, or its process died in the middle of one`,
    { hint: "wait until it has ended; if nothing runs there, add --force" },
  );
}

export function notInSession(sessionId: string, itemId: string): HermesError {
  return new HermesError(
    "usage/invalid",
    `There is no such item in session ${sessionId}: ${itemId}`,
    {
      hint: `hermes sessions show ${sessionId} --json tells the ids`,
    },
  );
}
