import { type Kysely, sql, type Transaction } from "kysely";
import { tipOf } from "./lineage.ts";
import { sessionNotFound } from "./resolve_session.ts";
import type { Tables } from "./tables.ts";
import { cleanTitle, freeTitle, titleTaken } from "./titles.ts";

/** How often somebody else may take the very title that was free a moment ago. */
const maxRaces = 5;

/**
 * Gives a session without a title this one, or the next of its lineage where it is taken. Another process that gives it
 * one at the same moment wins. The title that was given, or undefined.
 */
export async function suggestTitle(
  db: Kysely<Tables>,
  sessionId: string,
  suggestion: string,
): Promise<string | undefined> {
  const clean = cleanTitle(suggestion);
  for (let race = 0; race < maxRaces; race++) {
    const rows = await db
      .selectFrom("sessions")
      .select("title")
      .where("title", "is not", null)
      .execute();
    const title = freeTitle(
      clean,
      rows.flatMap((row) => row.title ?? []),
    );
    // One statement, so that neither a title of the user's nor a second owner can come between.
    const { numAffectedRows } = await sql`
      UPDATE OR IGNORE sessions SET title = ${title} WHERE id = ${sessionId} AND title IS NULL`.execute(
      db,
    );
    if (numAffectedRows === 1n) return title;
    const row = await db
      .selectFrom("sessions")
      .select("title")
      .where("id", "=", sessionId)
      .executeTakeFirst();
    if (!row || row.title !== null) return undefined;
  }
  return undefined;
}

/**
 * Gives a whole session this title, and its parts none besides; runs in a transaction of the caller's.
 * @throws {HermesError} `session/title_taken`, `session/not_found`
 */
export async function renameWhole(
  transaction: Transaction<Tables>,
  sessionId: string,
  title: string,
): Promise<void> {
  const { root_id } = await transaction
    .selectFrom("sessions")
    .select("root_id")
    .where("id", "=", sessionId)
    .executeTakeFirstOrThrow(() => sessionNotFound(sessionId));
  const owner = await transaction
    .selectFrom("sessions")
    .select("id")
    .where("title", "=", title)
    .where("root_id", "!=", root_id)
    .executeTakeFirst();
  if (owner) throw titleTaken(owner.id, title);
  const all = transaction.updateTable("sessions");
  await all.set({ title: null }).where("root_id", "=", root_id).execute();
  const tipId = await tipOf(transaction, sessionId);
  await all.set({ title }).where("id", "=", tipId).execute();
}
