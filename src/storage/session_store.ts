import { sql } from "kysely";
import type { Item } from "../core/item.ts";
import type { ProcessOwners } from "../core/process_owner.ts";
import type { SideUsage } from "../core/spending.ts";
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
import { appendQueries } from "./append_queries.ts";
import { branchSession, namedInBranches } from "./branch.ts";
import { claimChore } from "./claim_chore.ts";
import type { Database } from "./database.ts";
import { DatabaseFile, type DatabaseFileDeps } from "./database_file.ts";
import { lineageOf, lockSession, splitSession, tipOf, unlockSession } from "./lineage.ts";
import { lastCursor, messagesAfter } from "./new_messages.ts";
import { chooseSession, sessionNotFound, wasRewound } from "./resolve_session.ts";
import { rewindSession } from "./rewind.ts";
import { searchItems } from "./search.ts";
import { candidatesFor } from "./session_candidates.ts";
import { itemOfBody, runningTurn, sessionInfo } from "./session_rows.ts";
import { renameWhole, suggestTitle } from "./title_queries.ts";
import { cleanTitle } from "./titles.ts";
import { keepSideUsage, sideUsageOf } from "./side_usage.ts";
import { usageSums } from "./usage_columns.ts";
import { listWholes, pruneWholes, wholeById } from "./whole_sessions.ts";

export interface SessionStoreDeps extends DatabaseFileDeps {
  /** Who works on what; absent: a process that is gone cannot be told from one that works. */
  readonly owners?: ProcessOwners;
}

/**
 * Sessions in a SQLite file. Nothing is opened before it is needed, and only writing creates the file. Any number of
 * processes may use it at once. Failures are `store/unreadable`, `store/invalid` and `store/full`.
 */
export class SqliteSessionStore implements SessionStore, SessionCatalog {
  readonly #owners: ProcessOwners | undefined;
  readonly #file: DatabaseFile;
  /** Turn ids of this process with their session, so that an append need not look them up. */
  readonly #sessionOfTurn = new Map<string, string>();
  /** The last turn that something was said in, as far as it is known here: whoever goes on has it in mind. */
  readonly #lastTurnOf = new Map<string, string>();
  /** The turns of sessions that are known here: those that were loaded, and our own. */
  readonly #knownTurns = new Map<string, Set<string>>();

  constructor(deps: SessionStoreDeps, path: string) {
    this.#owners = deps.owners;
    this.#file = new DatabaseFile(deps, path);
  }

  async create(session: NewSession): Promise<void> {
    await this.#file.write(async ({ db }) => {
      await db
        .insertInto("sessions")
        .values({
          id: session.id,
          root_id: session.id,
          source: session.source,
          provider: session.provider,
          model: session.model,
          base_url: session.baseUrl ?? null,
          runtime: session.runtime,
          cwd: session.cwd,
          instructions: session.instructions.toWellFormed(),
          title: session.title === undefined ? null : cleanTitle(session.title),
          parent_id: session.parentId ?? null,
          runtime_state: null,
          preview: "",
          started_at: session.startedAt,
          updated_at: session.startedAt,
        })
        .execute();
    });
  }

  async load(sessionId: string): Promise<{ info: SessionInfo; items: readonly Item[] }> {
    const [info, stored] = await Promise.all([this.#byId(sessionId), this.items(sessionId)]);
    const last = stored.at(-1);
    if (last) this.#lastTurnOf.set(sessionId, last.turnId);
    else this.#lastTurnOf.delete(sessionId);
    this.#knownTurns.set(sessionId, new Set(stored.map(({ turnId }) => turnId)));
    return { info, items: stored.map(({ item }) => item) };
  }

  async startTurn({ turnId, sessionId, startedAt }: NewTurn): Promise<void> {
    const owner = (await this.#owners?.own()) ?? null;
    await this.#file.write(async ({ db }) => {
      const { end_reason: ended } =
        (await db
          .selectFrom("sessions")
          .select("end_reason")
          .where("id", "=", sessionId)
          .executeTakeFirst()) ?? {};
      if (ended === "rewound") throw wasRewound(sessionId);
      if (await this.#isLastTurnHidden({ db }, sessionId)) throw wasRewound(sessionId);
      await db
        .insertInto("turns")
        .values(runningTurn({ turnId, sessionId, startedAt }, owner))
        .execute();
    });
    this.#sessionOfTurn.set(turnId, sessionId);
  }

  /** Whether somebody took back what the caller has in mind: the model must not get it, so that no turn goes on from it. */
  async #isLastTurnHidden({ db }: Pick<Database, "db">, sessionId: string): Promise<boolean> {
    const turnId = this.#lastTurnOf.get(sessionId);
    if (turnId === undefined) return false;
    const items = db.selectFrom("items").select("id").where("turn_id", "=", turnId);
    return (await items.where("hidden_at", "is not", null).executeTakeFirst()) !== undefined;
  }

  async append(turnId: string, item: Item, at: number): Promise<void> {
    const sessionId = this.#sessionOf(turnId);
    const queries = appendQueries({ item, at, turnId, sessionId });
    await this.#file.write(({ db }) =>
      db.transaction().execute(async (transaction) => {
        for (const query of queries) await transaction.executeQuery(query);
      }),
    );
    this.#lastTurnOf.set(sessionId, turnId);
    const known = this.#knownTurns.get(sessionId);
    if (known) known.add(turnId);
    else this.#knownTurns.set(sessionId, new Set([turnId]));
  }

  async keepRuntimeState(turnId: string, state: string | null): Promise<void> {
    const sessionId = this.#sessionOf(turnId);
    await this.#file.write(async ({ db }) => {
      await db
        .updateTable("sessions")
        .set({ runtime_state: state })
        .where("id", "=", sessionId)
        .execute();
    });
  }

  async endTurn(turn: EndedTurn): Promise<void> {
    const { turnId, outcome, endedAt } = turn;
    const sessionId = this.#sessionOf(turnId);
    const error = outcome.status === "failed" ? outcome.error : undefined;
    await this.#file.writeDurably(async (transaction) => {
      await transaction
        .updateTable("turns")
        .set({
          ended_at: endedAt,
          status: outcome.status,
          error_code: error?.code ?? null,
          error_message: error?.message ?? null,
        })
        .where("id", "=", turnId)
        .execute();
      await transaction
        .updateTable("sessions")
        .set({ updated_at: endedAt, ...usageSums(turn) })
        .where("id", "=", sessionId)
        .execute();
    });
    this.#sessionOfTurn.delete(turnId);
  }

  async split(split: SessionSplit): Promise<void> {
    const sessionId = this.#sessionOf(split.turnId);
    await this.#file.writeDurably((transaction) => splitSession(transaction, sessionId, split));
    this.#sessionOfTurn.delete(split.turnId);
    this.#sessionOfTurn.set(split.newTurnId, split.newSessionId);
    this.#knownTurns.set(split.newSessionId, new Set([split.newTurnId]));
  }

  async keepSideUsage(sessionId: string, side: SideUsage): Promise<void> {
    await this.#file.write(({ db }) =>
      db.transaction().execute((transaction) => keepSideUsage(transaction, sessionId, side)),
    );
  }

  async sideUsage(sessionId: string): Promise<readonly SideUsage[]> {
    return await this.#file.read([], ({ db }) => sideUsageOf(db, sessionId));
  }

  async goal(sessionId: string): Promise<string | null> {
    const row = await this.#file.read(undefined, ({ db }) =>
      db.selectFrom("sessions").select("goal").where("id", "=", sessionId).executeTakeFirst(),
    );
    return row?.goal ?? null;
  }

  async keepGoal(sessionId: string, goal: string | null): Promise<void> {
    await this.#file.write(async ({ db }) => {
      const kept = goal?.toWellFormed() ?? null;
      await db.updateTable("sessions").set({ goal: kept }).where("id", "=", sessionId).execute();
    });
  }

  async lock(lock: SessionLock): Promise<boolean> {
    return await this.#file.write(({ db }) => lockSession(db, lock, this.#owners));
  }

  async unlock(lock: Pick<SessionLock, "sessionId" | "holder">): Promise<void> {
    await this.#file.write(({ db }) => unlockSession(db, lock));
  }

  async isBehind(sessionId: string): Promise<boolean> {
    const known = JSON.stringify([...(this.#knownTurns.get(sessionId) ?? [])]);
    const unknown = await this.#file.read(undefined, ({ db }) =>
      db
        .selectFrom("items")
        .select("seq")
        .where("session_id", "=", sessionId)
        .where("hidden_at", "is", null)
        .where(sql<boolean>`turn_id NOT IN (SELECT value FROM json_each(${known}))`)
        .limit(1)
        .executeTakeFirst(),
    );
    return unknown !== undefined;
  }

  async tip(sessionId: string): Promise<SessionInfo> {
    await this.#byId(sessionId);
    return await this.#byId(await this.#file.write(({ db }) => tipOf(db, sessionId)));
  }

  async lineage(sessionId: string): Promise<readonly SessionInfo[]> {
    await this.#byId(sessionId);
    return await this.#file.write(({ db }) => lineageOf(db, sessionId));
  }

  async whole(sessionId: string): Promise<WholeSession> {
    await this.#byId(sessionId);
    const whole = await this.#file.write(async ({ db }) =>
      wholeById(db, await tipOf(db, sessionId)),
    );
    if (!whole) throw sessionNotFound(sessionId);
    return whole;
  }

  async list(options: {
    readonly limit: number;
    readonly source?: string;
  }): Promise<readonly WholeSession[]> {
    return await this.#file.read([], ({ db }) => listWholes(db, options));
  }

  async latest(): Promise<WholeSession | undefined> {
    const [newest] = await this.#file.read([], ({ db }) =>
      listWholes(db, { limit: 1, otherThan: unattendedSource }),
    );
    return newest;
  }

  async resolve(idOrTitle: string): Promise<SessionInfo> {
    const name = idOrTitle.trim().toWellFormed();
    if (name === "") throw sessionNotFound(JSON.stringify(idOrTitle));
    const none = { byId: undefined, byTitle: [], byPrefix: [] };
    const candidates = await this.#file.read(none, ({ db }) => candidatesFor(db, name));
    return chooseSession(name, candidates);
  }

  async items(sessionId: string): Promise<readonly StoredItem[]> {
    return await this.#file.read([], async ({ db }) => {
      const rows = await db
        .selectFrom("items")
        .select(["body", "turn_id", "at"])
        .where("session_id", "=", sessionId)
        .where("hidden_at", "is", null)
        .orderBy("seq")
        .execute();
      return rows.map((row) => ({ item: itemOfBody(row.body), turnId: row.turn_id, at: row.at }));
    });
  }

  async search(query: string, options: SearchOptions): Promise<readonly SearchHit[]> {
    return await this.#file.read([], (database) => searchItems(database, query, options));
  }

  async cursor(): Promise<number> {
    return await this.#file.read(0, lastCursor);
  }

  async messagesAfter(
    cursor: number,
    options: Pick<SearchOptions, "limit" | "within" | "except">,
  ): Promise<NewMessages> {
    return await this.#file.read({ messages: [], cursor }, (database) =>
      messagesAfter(database, cursor, options),
    );
  }

  async rename(sessionId: string, title: string): Promise<void> {
    const clean = cleanTitle(title);
    await this.#byId(sessionId);
    await this.#file.write(({ db }) =>
      db.transaction().execute((transaction) => renameWhole(transaction, sessionId, clean)),
    );
  }

  async suggestTitle(sessionId: string, title: string): Promise<string | undefined> {
    return await this.#file.write(({ db }) => suggestTitle(db, sessionId, title));
  }

  async delete(sessionId: string): Promise<readonly string[]> {
    await this.#byId(sessionId);
    return await this.#file.write(async ({ db }) => {
      const deleted = await db
        .deleteFrom("sessions")
        .where("root_id", "=", (own) =>
          own.selectFrom("sessions").select("root_id").where("id", "=", sessionId),
        )
        .returning("id")
        .execute();
      return deleted.map(({ id }) => id);
    });
  }

  async prune(
    before: number,
    options: { readonly dryRun: boolean; readonly except?: readonly string[] },
  ): Promise<readonly WholeSession[]> {
    return await this.#file.read([], ({ db }) => pruneWholes(db, before, options));
  }

  async rewind(rewind: Rewind): Promise<WholeSession> {
    await this.#byId(rewind.sessionId);
    await this.#file.writeDurably((transaction) =>
      rewindSession(transaction, rewind, this.#owners),
    );
    // Who takes back here knows of it.
    this.#lastTurnOf.clear();
    return await this.whole(rewind.sessionId);
  }

  async branch(branching: Branching): Promise<WholeSession> {
    await this.#byId(branching.sessionId);
    await this.#file.writeDurably((transaction) => branchSession(transaction, branching));
    return await this.whole(branching.newSessionId);
  }

  async namedInBranches(prefix: string, names: readonly string[]): Promise<readonly string[]> {
    return await this.#file.read([], ({ db }) => namedInBranches(db, prefix, names));
  }

  async claimChore(
    name: string,
    due: { readonly at: number; readonly everyMs: number },
  ): Promise<boolean> {
    return await this.#file.read(false, ({ db }) => claimChore(db, name, due));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }

  async #byId(sessionId: string): Promise<SessionInfo> {
    const row = await this.#file.read(undefined, ({ db }) =>
      db.selectFrom("sessions").selectAll().where("id", "=", sessionId).executeTakeFirst(),
    );
    if (!row) throw sessionNotFound(sessionId);
    return sessionInfo(row);
  }

  #sessionOf(turnId: string): string {
    const sessionId = this.#sessionOfTurn.get(turnId);
    if (sessionId !== undefined) return sessionId;
    throw new TypeError(`The turn was not started here: ${turnId}`);
  }
}
