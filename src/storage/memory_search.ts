import type { NewMessages, SearchHit, SearchOptions } from "../core/session_store.ts";
import { itemText } from "./item_text.ts";
import type { MemorySession } from "./memory_session.ts";
import { createTextScan } from "./scan_text.ts";
import { planSearch } from "./search_query.ts";

/** What a search finds in sessions that are in memory; `tipOf` tells with which part one goes on. */
export function searchMemory(
  sessions: readonly MemorySession[],
  { query, tipOf }: { readonly query: string; readonly tipOf: (sessionId: string) => string },
  { roles, order, limit }: Pick<SearchOptions, "roles" | "order" | "limit">,
): readonly SearchHit[] {
  const plan = planSearch(query, { hasIndex: false });
  if (plan.kind !== "scan") return [];
  const scan = createTextScan(plan.alternatives);
  const hits = sessions.flatMap(({ info, items }) =>
    items.flatMap(({ item, at, cursor }): readonly { hit: SearchHit; cursor: number }[] => {
      const { role, words } = itemText(item);
      if (role === "none" || words === null || !scan.matches(words)) return [];
      if (roles && !roles.includes(role)) return [];
      const tipId = tipOf(info.id);
      const snippet = scan.snippet(words);
      return [{ hit: { session: info, tipId, itemId: item.id, role, snippet, at }, cursor }];
    }),
  );
  const direction = order === "oldest" ? -1 : 1;
  return hits
    .toSorted((a, b) => (b.cursor - a.cursor) * direction)
    .slice(0, limit)
    .map(({ hit }) => hit);
}

/** Messages of sessions in memory behind a cursor; `last` is that of the last item of all. */
export function memoryMessagesAfter(
  sessions: readonly MemorySession[],
  {
    cursor,
    last,
    limit,
  }: { readonly cursor: number; readonly last: number; readonly limit: number },
): NewMessages {
  const messages = sessions
    .flatMap(({ info, items }) => items.map((stored) => ({ ...stored, sessionId: info.id })))
    .filter(({ item, cursor: at, isCopy }) => {
      if (isCopy) return false;
      const { role, words } = itemText(item);
      return at > cursor && words !== null && (role === "user" || role === "assistant");
    })
    .toSorted((a, b) => a.cursor - b.cursor)
    .slice(0, limit);
  const told = messages.at(-1)?.cursor ?? cursor;
  const isAll = messages.length < limit;
  return { messages, cursor: isAll ? Math.max(told, last) : told };
}
