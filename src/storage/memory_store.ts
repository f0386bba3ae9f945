import { addUsage, noUsage } from "../core/event.ts";
import type { Item } from "../core/item.ts";
import type {
  EndedTurn,
  NewMessages,
  NewSession,
  NewTurn,
  SearchHit,
  SearchOptions,
  SessionCatalog,
  SessionInfo,
  SessionLock,
  SessionSplit,
  SessionStore,
  StoredItem,
} from "../core/session_store.ts";
import { itemCounts, itemText, previewOf } from "./item_text.ts";
import { chooseSession, goesOnElsewhere, sessionNotFound } from "./resolve_session.ts";
import { createTextScan } from "./scan_text.ts";
import { planSearch } from "./search_query.ts";
import { cleanTitle, freeTitle, lineageNumber, nextTitle, titleTaken } from "./titles.ts";

interface MemorySession {
  info: SessionInfo;
  readonly items: (StoredItem & { readonly cursor: number })[];
}

/** Sessions that end with the process: the twin of the SQLite store, for `--ephemeral` and for embedders. */
export class MemorySessionStore implements SessionStore, SessionCatalog {
  readonly #sessions = new Map<string, MemorySession>();
  readonly #sessionOfTurn = new Map<string, MemorySession>();
  readonly #locks = new Map<string, { readonly holder: string; readonly expiresAt: number }>();
  /** The number of the last item, counted over all sessions. */
  #lastCursor = 0;

  async create({ baseUrl, title, parentId, ...session }: NewSession): Promise<void> {
    const clean = title === undefined ? null : cleanTitle(title);
    if (clean !== null) this.#refuseTaken(clean, session.id);
    this.#sessions.set(session.id, {
      info: {
        ...session,
        baseUrl: baseUrl ?? null,
        title: clean,
        parentId: parentId ?? null,
        updatedAt: session.startedAt,
        messageCount: 0,
        toolCallCount: 0,
        usage: noUsage,
        preview: "",
        runtimeState: null,
        endedAt: null,
        endReason: null,
      },
      items: [],
    });
  }

  async load(sessionId: string): Promise<{ info: SessionInfo; items: readonly Item[] }> {
    const { info, items } = this.#byId(sessionId);
    return { info, items: items.map(({ item }) => item) };
  }

  async startTurn({ turnId, sessionId }: NewTurn): Promise<void> {
    this.#sessionOfTurn.set(turnId, this.#byId(sessionId));
  }

  async append(turnId: string, item: Item, at: number): Promise<void> {
    const session = this.#ofTurn(turnId);
    const { messages, toolCalls } = itemCounts(item);
    const { info } = session;
    this.#lastCursor += 1;
    session.items.push({ item, turnId, at, cursor: this.#lastCursor });
    session.info = {
      ...info,
      updatedAt: at,
      messageCount: info.messageCount + messages,
      toolCallCount: info.toolCallCount + toolCalls,
      preview: info.preview === "" ? previewOf(item) : info.preview,
    };
  }

  async keepRuntimeState(turnId: string, state: string | null): Promise<void> {
    const session = this.#ofTurn(turnId);
    session.info = { ...session.info, runtimeState: state };
  }

  async endTurn({ turnId, usage, endedAt }: EndedTurn): Promise<void> {
    const session = this.#ofTurn(turnId);
    const { info } = session;
    session.info = {
      ...info,
      updatedAt: endedAt,
      usage: addUsage(info.usage, usage),
    };
    this.#sessionOfTurn.delete(turnId);
  }

  async split(split: SessionSplit): Promise<void> {
    const session = this.#ofTurn(split.turnId);
    const { info } = session;
    if (info.endedAt !== null) throw goesOnElsewhere(info.id);
    const { at, compaction, newSessionId, newTurnId } = split;
    session.info = {
      ...info,
      endedAt: at,
      endReason: "compression",
      updatedAt: at,
      usage: addUsage(info.usage, split.usage),
    };
    const titles = this.#newestFirst().flatMap(({ title }) => title ?? []);
    const child: MemorySession = {
      info: {
        ...info,
        id: newSessionId,
        instructions: split.instructions ?? info.instructions,
        title: info.title === null ? null : nextTitle(info.title, titles),
        parentId: info.id,
        runtimeState: null,
        startedAt: at,
        updatedAt: at,
        messageCount: 0,
        toolCallCount: 0,
        usage: noUsage,
      },
      items: [],
    };
    this.#sessions.set(newSessionId, child);
    this.#sessionOfTurn.delete(split.turnId);
    this.#sessionOfTurn.set(newTurnId, child);
    await this.append(newTurnId, compaction, at);
  }

  async lock({ sessionId, holder, at, lifeMs }: SessionLock): Promise<boolean> {
    const held = this.#locks.get(sessionId);
    if (held && held.holder !== holder && held.expiresAt > at) return false;
    this.#locks.set(sessionId, { holder, expiresAt: at + lifeMs });
    return true;
  }

  async unlock({ sessionId, holder }: Pick<SessionLock, "sessionId" | "holder">): Promise<void> {
    if (this.#locks.get(sessionId)?.holder === holder) this.#locks.delete(sessionId);
  }

  async tip(sessionId: string): Promise<SessionInfo> {
    let { info } = this.#byId(sessionId);
    while (info.endReason === "compression") {
      const { id, endedAt } = info;
      const child = this.#newestFirst().find(
        ({ parentId, startedAt }) => parentId === id && startedAt === endedAt,
      );
      if (!child) break;
      info = child;
    }
    return info;
  }

  async lineage(sessionId: string): Promise<readonly SessionInfo[]> {
    const lineage = [this.#byId(sessionId).info];
    for (let id = lineage[0]?.parentId ?? null; id !== null;) {
      const parent = this.#sessions.get(id)?.info;
      if (parent?.endReason !== "compression") break;
      lineage.unshift(parent);
      id = parent.parentId;
    }
    return lineage;
  }

  async list(options: {
    readonly limit: number;
    readonly source?: string;
  }): Promise<readonly SessionInfo[]> {
    return this.#newestFirst()
      .filter(({ source }) => options.source === undefined || source === options.source)
      .slice(0, options.limit);
  }

  async latest(): Promise<SessionInfo | undefined> {
    return this.#newestFirst()[0];
  }

  async resolve(idOrTitle: string): Promise<SessionInfo> {
    const name = idOrTitle.trim().toWellFormed();
    if (name === "") throw sessionNotFound(JSON.stringify(idOrTitle));
    const infos = this.#newestFirst();
    return chooseSession(name, {
      byId: this.#sessions.get(name)?.info,
      byTitle: infos.filter(({ title }) => lineageNumber(title ?? "", name) !== undefined),
      byPrefix: infos.filter(({ id }) => id.startsWith(name)),
    });
  }

  async items(sessionId: string): Promise<readonly StoredItem[]> {
    const items = this.#sessions.get(sessionId)?.items ?? [];
    return items.map(({ item, turnId, at }) => ({ item, turnId, at }));
  }

  async search(query: string, options: SearchOptions): Promise<readonly SearchHit[]> {
    const plan = planSearch(query, { hasIndex: false });
    if (plan.kind !== "scan") return [];
    const scan = createTextScan(plan.alternatives);
    const { roles, order } = options;
    const hits = this.#sessionsOf(options).flatMap(({ info, items }) =>
      items.flatMap(({ item, at }): readonly SearchHit[] => {
        const { role, words } = itemText(item);
        if (role === "none" || words === null || !scan.matches(words)) return [];
        if (roles && !roles.includes(role)) return [];
        return [{ session: info, itemId: item.id, role, snippet: scan.snippet(words), at }];
      }),
    );
    const direction = order === "oldest" ? -1 : 1;
    return hits.toSorted((a, b) => (b.at - a.at) * direction).slice(0, options.limit);
  }

  async cursor(): Promise<number> {
    return this.#lastCursor;
  }

  async messagesAfter(
    cursor: number,
    options: Pick<SearchOptions, "limit" | "within" | "except">,
  ): Promise<NewMessages> {
    const messages = this.#sessionsOf(options)
      .flatMap(({ info, items }) => items.map((stored) => ({ ...stored, sessionId: info.id })))
      .filter(({ item, cursor: at }) => {
        const { role, words } = itemText(item);
        return at > cursor && words !== null && (role === "user" || role === "assistant");
      })
      .toSorted((a, b) => a.cursor - b.cursor)
      .slice(0, options.limit);
    const told = messages.at(-1)?.cursor ?? cursor;
    const isAll = messages.length < options.limit;
    return { messages, cursor: isAll ? Math.max(told, this.#lastCursor) : told };
  }

  async rename(sessionId: string, title: string): Promise<void> {
    const clean = cleanTitle(title);
    const session = this.#byId(sessionId);
    this.#refuseTaken(clean, sessionId);
    session.info = { ...session.info, title: clean };
  }

  async suggestTitle(sessionId: string, title: string): Promise<string | undefined> {
    const session = this.#sessions.get(sessionId);
    if (!session || session.info.title !== null) return undefined;
    const taken = this.#newestFirst().flatMap((info) => info.title ?? []);
    const given = freeTitle(cleanTitle(title), taken);
    session.info = { ...session.info, title: given };
    return given;
  }

  async delete(sessionId: string): Promise<void> {
    this.#byId(sessionId);
    this.#sessions.delete(sessionId);
  }

  async prune(
    before: number,
    options: { readonly dryRun: boolean },
  ): Promise<readonly SessionInfo[]> {
    const old = this.#newestFirst()
      .filter((info) => info.updatedAt < before)
      .toReversed();
    if (!options.dryRun) for (const { id } of old) this.#sessions.delete(id);
    return old;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sessions.clear();
  }

  #refuseTaken(title: string, sessionId: string): void {
    const owner = this.#newestFirst().find((info) => info.title === title && info.id !== sessionId);
    if (owner) throw titleTaken(owner.id, title);
  }

  #sessionsOf({ within, except = [] }: Pick<SearchOptions, "within" | "except">) {
    return [...this.#sessions.values()].filter(
      ({ info: { id } }) => (within === undefined || id === within) && !except.includes(id),
    );
  }

  #newestFirst(): readonly SessionInfo[] {
    return [...this.#sessions.values()]
      .map(({ info }) => info)
      .toSorted((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1));
  }

  #byId(sessionId: string): MemorySession {
    const session = this.#sessions.get(sessionId);
    if (!session) throw sessionNotFound(sessionId);
    return session;
  }

  #ofTurn(turnId: string): MemorySession {
    const session = this.#sessionOfTurn.get(turnId);
    if (!session) throw new TypeError(`The turn was not started here: ${turnId}`);
    if (!this.#sessions.has(session.info.id)) throw sessionNotFound(session.info.id);
    return session;
  }
}
