import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Candidates } from "./resolve_session.ts";
import { sessionInfo } from "./session_rows.ts";
import type { Tables } from "./tables.ts";

/** The sessions that a name could mean. */
export async function candidatesFor(db: Kysely<Tables>, name: string): Promise<Candidates> {
  const all = db.selectFrom("sessions").selectAll();
  const byId = await all.where("id", "=", name).executeTakeFirst();
  const byTitle = await all
    .where((row) => row.or([row("title", "=", name), beginsWith("title", `${name} #`)]))
    .execute();
  const byPrefix = await all.where(beginsWith("id", name)).limit(2).execute();
  return {
    byId: byId && sessionInfo(byId),
    byTitle: byTitle.map((row) => ({ info: sessionInfo(row), rootId: row.root_id })),
    byPrefix: byPrefix.map(sessionInfo),
  };
}

/** A column that begins with a text: the range of what does, so that its index finds it. */
function beginsWith(column: "id" | "title", prefix: string): RawBuilder<boolean> {
  const reference = sql.ref(column);
  return sql<boolean>`(${reference} >= ${prefix} AND ${reference} < ${`${prefix}\u{10FFFF}`})`;
}
