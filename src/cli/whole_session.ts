import type { SessionCatalog, StoredItem, WholeSession } from "../core/session_store.ts";
import type { SideUsage } from "../core/spending.ts";
import { wholeItems } from "../core/whole_items.ts";

/** A session with all that was said in it, in its parts from before and after compressions too. */
export interface ToldSession {
  readonly session: WholeSession;
  readonly items: readonly StoredItem[];
  /** What of its usage was not the conversation's own. */
  readonly sides: readonly SideUsage[];
}

/** The whole session that a name means, any of its parts. @throws {HermesError} `session/not_found`, `session/ambiguous` */
export async function loadWhole(
  catalog: Pick<SessionCatalog, "resolve" | "whole" | "items" | "sideUsage">,
  idOrTitle: string,
): Promise<ToldSession> {
  const session = await catalog.whole((await catalog.resolve(idOrTitle)).id);
  const [items, sides] = await Promise.all([
    wholeItems(catalog, session),
    catalog.sideUsage(session.id),
  ]);
  return { session, items, sides };
}
