import type { SessionCatalog, StoredItem, WholeSession } from "./session_store.ts";

/** What was said in a whole session, in its parts from before and after compressions, in order. */
export async function wholeItems(
  catalog: Pick<SessionCatalog, "items">,
  { ids }: Pick<WholeSession, "ids">,
): Promise<readonly StoredItem[]> {
  const items: StoredItem[] = [];
  for (const id of ids) items.push(...(await catalog.items(id)));
  return items;
}
