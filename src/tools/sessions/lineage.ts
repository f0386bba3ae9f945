import type { SessionCatalog } from "../../core/session_store.ts";

/** Branches in a row that are followed. */
const maxBranches = 32;

/** A session with those that it goes on from, by compression or as their branch, as ids; none for no session. */
export async function lineageOf(
  catalog: Pick<SessionCatalog, "lineage">,
  sessionId: string,
): Promise<readonly string[]> {
  const lineage: string[] = [];
  let id = sessionId === "" ? null : sessionId;
  for (let branches = 0; id !== null && branches < maxBranches; branches++) {
    // A session has no row before its first turn has begun.
    const parts = await catalog.lineage(id).catch(() => []);
    lineage.push(...(parts.length === 0 ? [id] : parts.map((part) => part.id)));
    id = parts[0]?.parentId ?? null;
  }
  return lineage;
}
