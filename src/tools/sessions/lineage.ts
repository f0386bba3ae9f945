import type { SessionCatalog } from "../../core/session_store.ts";

/** Sessions in a row that are followed. */
const maxAncestors = 32;

/** A session with those that it goes on from, as ids; none for no session. */
export async function lineageOf(
  catalog: Pick<SessionCatalog, "resolve">,
  sessionId: string,
): Promise<readonly string[]> {
  const lineage: string[] = [];
  let id = sessionId === "" ? null : sessionId;
  while (id !== null && lineage.length < maxAncestors && !lineage.includes(id)) {
    lineage.push(id);
    // A session has no row before its first turn has begun.
    const info = await catalog.resolve(id).catch(() => undefined);
    id = info?.parentId ?? null;
  }
  return lineage;
}
