import { type RawBuilder, sql } from "kysely";
import type { Item } from "../core/item.ts";
import type { ProcessOwners } from "../core/process_owner.ts";
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
import { type Database, openDatabase } from "./database.ts";
import { lastCursor, messagesAfter } from "./new_messages.ts";
import { chooseSession, sessionNotFound, wasRewound } from "./resolve_session.ts";
import { rewindSession } from "./rewind.ts";
import { searchItems } from "./search.ts";
import { lineageOf, lockSession, splitSession, tipOf, unlockSession } from "./lineage.ts";
import { itemOfBody, sessionInfo } from "./session_rows.ts";
import { toStoreError } from "./store_error.ts";
import { suggestTitle } from "./suggest_title.ts";
import { cleanTitle, titleTaken } from "./titles.ts";
import { usageSums } from "./usage_columns.ts";
import { listWholes, pruneWholes, wholesOf } from "./whole_sessions.ts";

export interface SessionStoreDeps {
  /** Whether the file is there; reading must not create it. */
  exists(path: string): Promise<boolean>;
  /** Who works on what; absent: a process that is gone cannot be told from one that works. */
  readonly owners?: ProcessOwners;
}

/**
 * Sessions in a SQLite file. Nothing is opened before it is needed, and only writing creates the file. Any number of
 * processes may use it at once. Failures are `store/unreadable`, `store/invalid` and `store/full`.
 */
export class SqliteSessionStore implements SessionStore, SessionCatalog {
  readonly #deps: SessionStoreDeps;
  readonly #path: string;
  #database: Database | undefined;
  /** Turn ids of this process with their session, so that an append need not look them up. */
  readonly #sessionOfTurn = new Map<string, string>();
  /** The last turn that was begun here since the session was loaded: whoever goes on still has it in mind. */
  readonly #lastTurnOf = new Map<string, string>();

  constructor(deps: SessionStoreDeps, path: string) {
    this.#deps = deps;
    this.#path = path;
  }

  async create(session: NewSession): Promise<void> {
    await this.#write(async ({ db }) => {
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
    this.#lastTurnOf.delete(sessionId);
    return { info, items: stored.map(({ item }) => item) };
  }

  async startTurn({ turnId, sessionId, startedAt }: NewTurn): Promise<void> {
    const owner = (await this.#deps.owners?.own()) ?? null;
    await this.#write(async ({ db }) => {
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
        .values({
          id: turnId,
          session_id: sessionId,
          started_at: startedAt,
          ended_at: null,
          status: "running",
          error_code: null,
          error_message: null,
          owner,
        })
        .execute();
    });
    this.#sessionOfTurn.set(turnId, sessionId);
    this.#lastTurnOf.set(sessionId, turnId);
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
    await this.#write(({ db }) =>
      db.transaction().execute(async (transaction) => {
        for (const query of queries) await transaction.executeQuery(query);
      }),
    );
  }

  async keepRuntimeState(turnId: string, state: string | null): Promise<void> {
    const sessionId = this.#sessionOf(turnId);
    await this.#write(async ({ db }) => {
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
    await this.#write((database) =>
      database.transactDurably(async (transaction) => {
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
          .set((row) => ({ updated_at: endedAt, ...usageSums(row, turn) }))
          .where("id", "=", sessionId)
          .execute();
      }),
    );
    this.#sessionOfTurn.delete(turnId);
  }

  async split(split: SessionSplit): Promise<void> {
    const sessionId = this.#sessionOf(split.turnId);
    await this.#write((database) =>
      database.transactDurably((transaction) => splitSession(transaction, sessionId, split)),
    );
    this.#sessionOfTurn.delete(split.turnId);
    this.#sessionOfTurn.set(split.newTurnId, split.newSessionId);
  }

  async goal(sessionId: string): Promise<string | null> {
    const row = await this.#read(undefined, ({ db }) =>
      db.selectFrom("sessions").select("goal").where("id", "=", sessionId).executeTakeFirst(),
    );
    return row?.goal ?? null;
  }

  async keepGoal(sessionId: string, goal: string | null): Promise<void> {
    await this.#write(async ({ db }) => {
      const kept = goal?.toWellFormed() ?? null;
      await db.updateTable("sessions").set({ goal: kept }).where("id", "=", sessionId).execute();
    });
  }

  async lock(lock: SessionLock): Promise<boolean> {
    const { owners } = this.#deps;
    return await this.#write(({ db }) => lockSession(db, lock, owners));
  }

  async unlock(lock: Pick<SessionLock, "sessionId" | "holder">): Promise<void> {
    await this.#write(({ db }) => unlockSession(db, lock));
  }

  async tip(sessionId: string): Promise<SessionInfo> {
    await this.#byId(sessionId);
    return await this.#byId(await this.#write(({ db }) => tipOf(db, sessionId)));
  }

  async lineage(sessionId: string): Promise<readonly SessionInfo[]> {
    await this.#byId(sessionId);
    return await this.#write(({ db }) => lineageOf(db, sessionId));
  }

  async whole(sessionId: string): Promise<WholeSession> {
    await this.#byId(sessionId);
    const whole = await this.#write(({ db }) => wholeById(db, sessionId));
    if (!whole) throw sessionNotFound(sessionId);
    return whole;
  }

  async list(options: {
    readonly limit: number;
    readonly source?: string;
  }): Promise<readonly WholeSession[]> {
    return await this.#read([], ({ db }) => listWholes(db, options));
  }

  async latest(): Promise<WholeSession | undefined> {
    const [newest] = await this.#read([], ({ db }) =>
      listWholes(db, { limit: 1, otherThan: unattendedSource }),
    );
    return newest;
  }

  async resolve(idOrTitle: string): Promise<SessionInfo> {
    const name = idOrTitle.trim().toWellFormed();
    if (name === "") throw sessionNotFound(JSON.stringify(idOrTitle));
    const none = { byId: undefined, byTitle: [], byPrefix: [] };
    const candidates = await this.#read(none, async ({ db }) => {
      const all = db.selectFrom("sessions").selectAll();
      const byId = await all.where("id", "=", name).executeTakeFirst();
      const byTitle = await all
        .where((row) => row.or([row("title", "=", name), beginsWith("title", `${name} #`)]))
        .execute();
      const byPrefix = await all.where(beginsWith("id", name)).limit(2).execute();
      return {
        byId: byId && sessionInfo(byId),
        byTitle: byTitle.map((row) => ({ info: sessionInfo(row), rootId: row.root_id })),
        byPrefix: byPrefix.map(sessionInfo),
      };
    });
    return chooseSession(name, candidates);
  }

  async items(sessionId: string): Promise<readonly StoredItem[]> {
    return await this.#read([], async ({ db }) => {
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
    return await this.#read([], (database) => searchItems(database, query, options));
  }

  async cursor(): Promise<number> {
    return await this.#read(0, lastCursor);
  }

  async messagesAfter(
    cursor: number,
    options: Pick<SearchOptions, "limit" | "within" | "except">,
  ): Promise<NewMessages> {
    return await this.#read({ messages: [], cursor }, (database) =>
      messagesAfter(database, cursor, options),
    );
  }

  async rename(sessionId: string, title: string): Promise<void> {
    const clean = cleanTitle(title);
    await this.#byId(sessionId);
    await this.#write(({ db }) =>
      db.transaction().execute(async (transaction) => {
        const { root_id } = await transaction
          .selectFrom("sessions")
          .select("root_id")
          .where("id", "=", sessionId)
          .executeTakeFirstOrThrow(() => sessionNotFound(sessionId));
        const owner = await transaction
          .selectFrom("sessions")
          .select("id")
          .where("title", "=", clean)
          .where("root_id", "!=", root_id)
          .executeTakeFirst();
        if (owner) throw titleTaken(owner.id, clean);
        const all = transaction.updateTable("sessions");
        await all.set({ title: null }).where("root_id", "=", root_id).execute();
        const tipId = await tipOf(transaction, sessionId);
        await all.set({ title: clean }).where("id", "=", tipId).execute();
      }),
    );
  }

  async suggestTitle(sessionId: string, title: string): Promise<string | undefined> {
    return await this.#write(({ db }) => suggestTitle(db, sessionId, title));
  }

  async delete(sessionId: string): Promise<readonly string[]> {
    await this.#byId(sessionId);
    return await this.#write(async ({ db }) => {
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
    return await this.#read([], ({ db }) => pruneWholes(db, before, options));
  }

  async rewind(rewind: Rewind): Promise<WholeSession> {
    await this.#byId(rewind.sessionId);
    await this.#write((database) =>
      database.transactDurably((transaction) =>
        rewindSession(transaction, rewind, this.#deps.owners),
      ),
    );
    // Who takes back here knows of it.
    this.#lastTurnOf.clear();
    return await this.whole(rewind.sessionId);
  }

  async branch(branching: Branching): Promise<WholeSession> {
    await this.#byId(branching.sessionId);
    await this.#write((database) =>
      database.transactDurably((transaction) => branchSession(transaction, branching)),
    );
    return await this.whole(branching.newSessionId);
  }

  async namedInBranches(prefix: string, names: readonly string[]): Promise<readonly string[]> {
    return await this.#read([], ({ db }) => namedInBranches(db, prefix, names));
  }

  async claimChore(
    name: string,
    { at, everyMs }: { readonly at: number; readonly everyMs: number },
  ): Promise<boolean> {
    return await this.#read(false, async ({ db }) => {
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
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database?.close();
    this.#database = undefined;
  }

  async #byId(sessionId: string): Promise<SessionInfo> {
    const row = await this.#read(undefined, ({ db }) =>
      db.selectFrom("sessions").selectAll().where("id", "=", sessionId).executeTakeFirst(),
    );
    if (!row) throw sessionNotFound(sessionId);
    return sessionInfo(row);
  }

  /** What `query` finds, or `absent` when there is no file yet. */
  async #read<T>(absent: T, query: (database: Database) => Promise<T>): Promise<T> {
    if (!this.#database && !(await this.#exists())) return absent;
    return await this.#write(query);
  }

  #sessionOf(turnId: string): string {
    const sessionId = this.#sessionOfTurn.get(turnId);
    if (sessionId !== undefined) return sessionId;
    throw new TypeError(`The turn was not started here: ${turnId}`);
  }

  async #write<T>(work: (database: Database) => Promise<T>): Promise<T> {
    this.#database ??= openDatabase(this.#path);
    try {
      return await work(this.#database);
    } catch (error) {
      throw toStoreError(error, this.#path);
    }
  }

  async #exists(): Promise<boolean> {
    try {
      return await this.#deps.exists(this.#path);
    } catch (error) {
      throw toStoreError(error, this.#path);
    }
  }
}

async function wholeById(db: Database["db"], sessionId: string): Promise<WholeSession | undefined> {
  const row = await db
    .selectFrom("sessions")
    .selectAll()
    .where("id", "=", await tipOf(db, sessionId))
    .executeTakeFirst();
  if (!row) return undefined;
  const [whole] = await wholesOf(db, [{ info: sessionInfo(row), rootId: row.root_id }]);
  return whole;
}

/** A column that begins with a text: the range of what does, so that its index finds it. */
function beginsWith(column: "id" | "title", prefix: string): RawBuilder<boolean> {
  const reference = sql.ref(column);
  return sql<boolean>`(${reference} >= ${prefix} AND ${reference} < ${`${prefix}\u{10FFFF}`})`;
}
