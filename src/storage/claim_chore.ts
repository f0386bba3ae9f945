import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** Whether something that is done every `everyMs` at most is due; it counts as done at `at` (ms since epoch) then. */
export async function claimChore(
  db: Kysely<Tables>,
  name: string,
  { at, everyMs }: { readonly at: number; readonly everyMs: number },
): Promise<boolean> {
  const claimed = await db
    .insertInto("chores")
    .values({ name, done_at: at })
    .onConflict((conflict) =>
      conflict
        .column("name")
        .doUpdateSet({ done_at: at })
        // A clock that was set back must not stop it for years.
        .where((row) =>
          row.or([
            row("chores.done_at", "<=", at - everyMs),
            row("chores.done_at", ">", at + everyMs),
          ]),
        ),
    )
    .returning("name")
    .executeTakeFirst();
  return claimed !== undefined;
}
