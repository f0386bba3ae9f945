import type { SessionCatalog, StoredItem, WholeSession } from "../core/session_store.ts";

/** A session with all that was said in it, in its parts from before and after compressions too. */
export interface ToldSession {
  readonly session: WholeSession;
  readonly items: readonly StoredItem[];
}

/** The whole session that a name means, any of its parts. @throws {HermesError} `session/not_found`, `session/ambiguous` */
export async function loadWhole(
  catalog: Pick<SessionCatalog, "resolve" | "whole" | "items">,
  idOrTitle: string,
): Promise<ToldSession> {
  const session = await catalog.whole((await catalog.resolve(idOrTitle)).id);
  return { session, items: await wholeItems(catalog, session) };
}

/** What was said in a whole session, in order. */
export async function wholeItems(
  catalog: Pick<SessionCatalog, "items">,
  { ids }: Pick<WholeSession, "ids">,
): Promise<readonly StoredItem[]> {
  const items: StoredItem[] = [];
  for (const id of ids) items.push(...(await catalog.items(id)));
  return items;
}
