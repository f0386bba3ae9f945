import { type Kysely, sql, type Transaction } from "kysely";
import type { Branching } from "../core/session_store.ts";
import { lineageOf, tipOf } from "./lineage.ts";
import { sessionNotFound } from "./resolve_session.ts";
import type { Tables } from "./tables.ts";
import { branchTitle, cleanTitle, titleTaken } from "./titles.ts";

/** Copies a whole session into a new one; runs in a transaction of the caller's. */
export async function branchSession(
  transaction: Transaction<Tables>,
  { sessionId, newSessionId, title, at }: Branching,
): Promise<void> {
  const tipId = await tipOf(transaction, sessionId);
  const parts = await lineageOf(transaction, tipId);
  const tip = await transaction
    .selectFrom("sessions")
    .selectAll()
    .where("id", "=", tipId)
    .executeTakeFirst();
  if (!tip) throw sessionNotFound(sessionId);
  await transaction
    .insertInto("sessions")
    .values({
      id: newSessionId,
      root_id: newSessionId,
      source: tip.source,
      provider: tip.provider,
      model: tip.model,
      base_url: tip.base_url,
      runtime: tip.runtime,
      cwd: tip.cwd,
      instructions: tip.instructions,
      title: await titleFor(transaction, title, parts.flatMap((part) => part.title ?? [])[0]),
      parent_id: tipId,
      // Another program goes on in a conversation of its own, with what was said so far.
      runtime_state: null,
      preview: tip.preview,
      started_at: at,
      updated_at: at,
      message_count: parts.reduce((sum, part) => sum + part.messageCount, 0),
      tool_call_count: parts.reduce((sum, part) => sum + part.toolCallCount, 0),
    })
    .execute();
  const ids = JSON.stringify(parts.map(({ id }) => id));
  const turns = await transaction
    .selectFrom("turns")
    .selectAll()
    .where(sql<boolean>`session_id IN (SELECT value FROM json_each(${ids}))`)
    .execute();
  const newIds: Record<string, string> = {};
  for (const turn of turns) {
    const newId = `turn_${crypto.randomUUID().replaceAll("-", "")}`;
    newIds[turn.id] = newId;
    await transaction
      .insertInto("turns")
      .values({
        ...turn,
        id: newId,
        session_id: newSessionId,
        // It goes on where it is; here it ends with what was said.
        status: turn.status === "running" ? "interrupted" : turn.status,
      })
      .execute();
  }
  await sql`
    INSERT INTO items (id, session_id, turn_id, role, at, body, words, trigrams, is_copy)
    SELECT items.id, ${newSessionId}, turn.value, role, at, body, words, trigrams, 1
    FROM items JOIN json_each(${JSON.stringify(newIds)}) turn ON turn.key = items.turn_id
    WHERE items.session_id IN (SELECT value FROM json_each(${ids})) AND items.hidden_at IS NULL
    ORDER BY items.seq`.execute(transaction);
}

/** Those of the names that follow `prefix` in an item that a branch has copied. */
export async function namedInBranches(
  db: Kysely<Tables>,
  prefix: string,
  names: readonly string[],
): Promise<readonly string[]> {
  // Few copies name anything like it: only those are looked at for each of the names.
  const { rows } = await sql<{ name: string }>`
    WITH told AS MATERIALIZED (
      SELECT body FROM items WHERE is_copy = 1 AND instr(body, ${prefix}) > 0)
    SELECT value AS name FROM json_each(${JSON.stringify(names)})
    WHERE EXISTS (SELECT 1 FROM told WHERE instr(body, ${prefix} || value) > 0)`.execute(db);
  return rows.map(({ name }) => name);
}

async function titleFor(
  transaction: Transaction<Tables>,
  wanted: string | undefined,
  source: string | undefined,
): Promise<string | null> {
  const titled = await transaction
    .selectFrom("sessions")
    .select(["id", "title"])
    .where("title", "is not", null)
    .execute();
  if (wanted !== undefined) {
    const clean = cleanTitle(wanted);
    const owner = titled.find((row) => row.title === clean);
    if (owner) throw titleTaken(owner.id, clean);
    return clean;
  }
  return source === undefined
    ? null
    : branchTitle(
        source,
        titled.flatMap((row) => row.title ?? []),
      );
}
