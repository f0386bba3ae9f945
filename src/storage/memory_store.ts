import type { Item } from "../core/item.ts";
import { isCountedByTurns, type SideUsage } from "../core/spending.ts";
import type {
  Branching,
  EndedTurn,
  NewMessages,
  NewSession,
  NewTurn,
  Rewind,
  SearchHit,
  SearchOptions,
  SessionCatalog,
  SessionInfo,
  SessionLock,
  SessionSplit,
  SessionStore,
  StoredItem,
  WholeSession,
} from "../core/session_store.ts";
import { unattendedSource } from "../core/session_store.ts";
import { itemCounts, previewOf } from "./item_text.ts";
import { memoryMessagesAfter, searchMemory } from "./memory_search.ts";
import {
  branchOf,
  childOf,
  hideFrom,
  type MemorySession,
  newSession,
  saysNothing,
} from "./memory_session.ts";
import { chooseSession, goesOnElsewhere, sessionNotFound, wasRewound } from "./resolve_session.ts";
import { notInSession, sessionBusy } from "./rewind.ts";
import { branchTitle, cleanTitle, freeTitle, nextTitle, titleTaken } from "./titles.ts";
import { summedSides } from "./side_usage.ts";
import { withUsage } from "./usage_columns.ts";
import { isTip, wholeOf } from "./whole_sessions.ts";

/** Sessions that end with the process: the twin of the SQLite store, for `--ephemeral` and for embedders. */
export class MemorySessionStore implements SessionStore, SessionCatalog {
  readonly #sessions = new Map<string, MemorySession>();
  readonly #sessionOfTurn = new Map<string, MemorySession>();
  readonly #locks = new Map<string, { readonly holder: string; readonly expiresAt: number }>();
  readonly #chores = new Map<string, number>();
  /** The number of the last item, counted over all sessions. */
  #lastCursor = 0;

  async create(session: NewSession): Promise<void> {
    const created = newSession(session);
    const { id, title } = created.info;
    if (title !== null) this.#refuseTaken(title, [id]);
    this.#sessions.set(id, created);
  }

  async load(sessionId: string): Promise<{ info: SessionInfo; items: readonly Item[] }> {
    const { info, items } = this.#byId(sessionId);
    return { info, items: items.map(({ item }) => item) };
  }

  async startTurn({ turnId, sessionId }: NewTurn): Promise<void> {
    const session = this.#byId(sessionId);
    if (session.info.endReason === "rewound") throw wasRewound(sessionId);
    this.#sessionOfTurn.set(turnId, session);
  }

  async append(turnId: string, item: Item, at: number): Promise<void> {
    const session = this.#ofTurn(turnId);
    const { messages, toolCalls } = itemCounts(item);
    const { info } = session;
    session.items.push({ item, turnId, at, cursor: this.#nextCursor() });
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

  async endTurn(turn: EndedTurn): Promise<void> {
    const { turnId, endedAt } = turn;
    const session = this.#ofTurn(turnId);
    session.info = { ...withUsage(session.info, turn), updatedAt: endedAt };
    this.#sessionOfTurn.delete(turnId);
  }

  async split(split: SessionSplit): Promise<void> {
    const session = this.#ofTurn(split.turnId);
    const { info } = session;
    if (info.endedAt !== null) throw goesOnElsewhere(info.id);
    const { at, compaction, newSessionId, newTurnId } = split;
    const titles = this.#newestFirst().flatMap(({ title }) => title ?? []);
    const child = childOf(session, {
      id: newSessionId,
      instructions: split.instructions ?? info.instructions,
      title: info.title === null ? null : nextTitle(info.title, titles),
      startedAt: at,
    });
    session.info = {
      ...withUsage(info, split),
      endedAt: at,
      endReason: "compression",
      updatedAt: at,
    };
    session.goal = null;
    this.#sessions.set(newSessionId, child);
    this.#sessionOfTurn.delete(split.turnId);
    this.#sessionOfTurn.set(newTurnId, child);
    await this.append(newTurnId, compaction, at);
  }

  async keepSideUsage(sessionId: string, side: SideUsage): Promise<void> {
    const session = this.#sessions.get(sessionId);
    if (!session) return;
    session.sides = summedSides([...(session.sides ?? []), side]);
    if (!isCountedByTurns(side)) session.info = withUsage(session.info, side);
  }

  async sideUsage(sessionId: string): Promise<readonly SideUsage[]> {
    const { rootId } = this.#sessions.get(sessionId) ?? {};
    const parts = [...this.#sessions.values()].filter((part) => part.rootId === rootId);
    return summedSides(parts.flatMap(({ sides = [] }) => sides));
  }

  async goal(sessionId: string): Promise<string | null> {
    return this.#sessions.get(sessionId)?.goal ?? null;
  }

  async keepGoal(sessionId: string, goal: string | null): Promise<void> {
    const session = this.#sessions.get(sessionId);
    if (session) session.goal = goal?.toWellFormed() ?? null;
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

  /** No other process has it. */
  isBehind(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async tip(sessionId: string): Promise<SessionInfo> {
    return (
      this.#parts(sessionId).findLast(({ info }) => isTip(info))?.info ?? this.#byId(sessionId).info
    );
  }

  async lineage(sessionId: string): Promise<readonly SessionInfo[]> {
    const { info, rootId } = this.#byId(sessionId);
    const lineage = [info];
    for (let id = info.parentId; id !== null;) {
      const parent = this.#sessions.get(id);
      if (parent?.rootId !== rootId) break;
      lineage.unshift(parent.info);
      id = parent.info.parentId;
    }
    return lineage;
  }

  async whole(sessionId: string): Promise<WholeSession> {
    return wholeOf(
      await this.tip(sessionId),
      this.#parts(sessionId).map(({ info }) => info),
    );
  }

  async list(options: {
    readonly limit: number;
    readonly source?: string;
  }): Promise<readonly WholeSession[]> {
    const tips = this.#newestFirst()
      .filter(isTip)
      .filter(({ source }) => options.source === undefined || source === options.source)
      .slice(0, options.limit);
    return await Promise.all(tips.map(({ id }) => this.whole(id)));
  }

  async latest(): Promise<WholeSession | undefined> {
    const newest = this.#newestFirst()
      .filter(isTip)
      .find(({ source }) => source !== unattendedSource);
    return newest && (await this.whole(newest.id));
  }

  async resolve(idOrTitle: string): Promise<SessionInfo> {
    const name = idOrTitle.trim().toWellFormed();
    if (name === "") throw sessionNotFound(JSON.stringify(idOrTitle));
    const infos = this.#newestFirst();
    return chooseSession(name, {
      byId: this.#sessions.get(name)?.info,
      byTitle: [...this.#sessions.values()],
      byPrefix: infos.filter(({ id }) => id.startsWith(name)),
    });
  }

  async items(sessionId: string): Promise<readonly StoredItem[]> {
    const items = this.#sessions.get(sessionId)?.items ?? [];
    return items.map(({ item, turnId, at }) => ({ item, turnId, at }));
  }

  async search(query: string, options: SearchOptions): Promise<readonly SearchHit[]> {
    const tipOf = (id: string) =>
      this.#parts(id).findLast(({ info }) => isTip(info))?.info.id ?? id;
    return searchMemory(this.#sessionsOf(options), { query, tipOf }, options);
  }

  async cursor(): Promise<number> {
    return this.#lastCursor;
  }

  async messagesAfter(
    cursor: number,
    options: Pick<SearchOptions, "limit" | "within" | "except">,
  ): Promise<NewMessages> {
    const { limit } = options;
    return memoryMessagesAfter(this.#sessionsOf(options), {
      cursor,
      last: this.#lastCursor,
      limit,
    });
  }

  async rename(sessionId: string, title: string): Promise<void> {
    const clean = cleanTitle(title);
    const parts = this.#parts(sessionId);
    this.#refuseTaken(
      clean,
      parts.map(({ info }) => info.id),
    );
    const tip = await this.tip(sessionId);
    for (const part of parts) {
      part.info = { ...part.info, title: part.info.id === tip.id ? clean : null };
    }
  }

  async suggestTitle(sessionId: string, title: string): Promise<string | undefined> {
    const session = this.#sessions.get(sessionId);
    if (!session || session.info.title !== null) return undefined;
    const taken = this.#newestFirst().flatMap((info) => info.title ?? []);
    const given = freeTitle(cleanTitle(title), taken);
    session.info = { ...session.info, title: given };
    return given;
  }

  async delete(sessionId: string): Promise<readonly string[]> {
    const ids = this.#parts(sessionId).map(({ info }) => info.id);
    for (const id of ids) this.#sessions.delete(id);
    return ids;
  }

  async prune(
    before: number,
    options: { readonly dryRun: boolean; readonly except?: readonly string[] },
  ): Promise<readonly WholeSession[]> {
    const { dryRun, except = [] } = options;
    const old = (await this.list({ limit: Infinity }))
      .filter((whole) => whole.updatedAt < before && !whole.ids.some((id) => except.includes(id)))
      .toReversed();
    if (!dryRun) for (const { ids } of old) for (const id of ids) this.#sessions.delete(id);
    return old;
  }

  async rewind({ sessionId, itemId, isForced = false, at }: Rewind): Promise<WholeSession> {
    const parts = this.#parts(sessionId);
    const ids = new Set(parts.map(({ info }) => info.id));
    const isBusy =
      [...this.#sessionOfTurn.values()].some(({ info }) => ids.has(info.id)) ||
      [...this.#locks].some(([id, { expiresAt }]) => ids.has(id) && expiresAt > at);
    if (isBusy && !isForced) throw sessionBusy(sessionId);
    const first = parts.findIndex(({ items }) => items.some(({ item }) => item.id === itemId));
    const kept = parts[first];
    if (!kept) throw notInSession(sessionId, itemId);
    const given = parts.slice(first + 1);
    const titles = [kept, ...given].flatMap(({ info }) => info.title ?? []);
    hideFrom(
      kept,
      kept.items.findIndex(({ item }) => item.id === itemId),
    );
    for (const part of given) {
      hideFrom(part, 0);
      part.info = { ...part.info, endReason: "rewound", endedAt: at, title: null };
    }
    kept.info = {
      ...kept.info,
      endReason: null,
      endedAt: null,
      updatedAt: at,
      runtimeState: null,
      title: titles[0] ?? null,
      preview: saysNothing(kept) && kept.rootId === kept.info.id ? "" : kept.info.preview,
    };
    return await this.whole(sessionId);
  }

  async branch({ sessionId, newSessionId, title, at }: Branching): Promise<WholeSession> {
    const whole = await this.whole(sessionId);
    const titles = this.#newestFirst().flatMap((info) => info.title ?? []);
    const clean = title === undefined ? undefined : cleanTitle(title);
    if (clean !== undefined) this.#refuseTaken(clean, []);
    const lineage = await this.lineage(whole.id);
    const branch = branchOf(
      lineage.map(({ id }) => this.#byId(id)),
      {
        newSessionId,
        title: clean ?? (whole.title === null ? null : branchTitle(whole.title, titles)),
        tip: await this.tip(sessionId),
        at,
        nextCursor: () => this.#nextCursor(),
      },
    );
    this.#sessions.set(newSessionId, branch);
    return await this.whole(newSessionId);
  }

  async namedInBranches(prefix: string, names: readonly string[]): Promise<readonly string[]> {
    const copies = [...this.#sessions.values()].flatMap(({ items }) =>
      items.filter(({ isCopy }) => isCopy).map(({ item }) => JSON.stringify(item)),
    );
    return names.filter((name) => copies.some((copy) => copy.includes(`${prefix}${name}`)));
  }

  async claimChore(
    name: string,
    { at, everyMs }: { readonly at: number; readonly everyMs: number },
  ): Promise<boolean> {
    const doneAt = this.#chores.get(name);
    if (doneAt !== undefined && Math.abs(at - doneAt) < everyMs) return false;
    this.#chores.set(name, at);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sessions.clear();
  }

  #nextCursor(): number {
    this.#lastCursor += 1;
    return this.#lastCursor;
  }

  /** The parts of a whole, the oldest first. */
  #parts(sessionId: string): readonly MemorySession[] {
    const { rootId } = this.#byId(sessionId);
    return [...this.#sessions.values()]
      .filter((session) => session.rootId === rootId)
      .toSorted((a, b) => a.info.startedAt - b.info.startedAt);
  }

  #refuseTaken(title: string, except: readonly string[]): void {
    const owner = this.#newestFirst().find(
      (info) => info.title === title && !except.includes(info.id),
    );
    if (owner) throw titleTaken(owner.id, title);
  }

  #sessionsOf({ within, except = [] }: Pick<SearchOptions, "within" | "except">) {
    const root = within === undefined ? undefined : this.#sessions.get(within)?.rootId;
    return [...this.#sessions.values()].filter(
      ({ info: { id }, rootId }) =>
        (within === undefined || rootId === root) && !except.includes(id),
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
