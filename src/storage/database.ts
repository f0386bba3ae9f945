import { Kysely, SqliteDialect, type Transaction } from "kysely";
import { migrate, type Schema, sessionSchema } from "./migrate.ts";
import { ensureSqlite, openSqlite, type SqliteConnection } from "./sqlite.ts";
import { toStoreError } from "./store_error.ts";
import type { Tables } from "./tables.ts";

/** An open database: of sessions, where nothing else is said. */
export interface Database<Content = Tables> {
  readonly db: Kysely<Content>;
  /** Whether the search indexes are there. */
  readonly hasSearch: boolean;
  /** A transaction that survives a power failure once it resolves; others survive only the death of the process. */
  transactDurably<T>(work: (transaction: Transaction<Content>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens a database, creating or migrating it: write-ahead log, so that readers and one writer of many processes do not
 * stop one another.
 * @throws {HermesError} `store/unreadable`, `store/invalid`, `store/full`; the bytes of an invalid file stay as they are
 */
export function openDatabase<Content = Tables>(
  path: string,
  schema: Schema = sessionSchema,
): Database<Content> {
  try {
    const setUp = (connection: SqliteConnection): void => {
      migrate(connection, path, schema);
      connection.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    };
    ensureSqlite(path, setUp);
    const connection = openSqlite(path);
    try {
      setUp(connection);
      const hasSearch =
        connection.prepare("SELECT 1 FROM sqlite_master WHERE name = 'items_words'").all([])
          .length > 0;
      const db = new Kysely<Content>({ dialect: new SqliteDialect({ database: connection }) });
      return {
        db,
        hasSearch,
        // The connection is held for all of it: the level may not change inside anybody's transaction. It is set past
        // kysely, which keeps statements: a pragma may act when it is compiled, not when it runs (sqlite.org/pragma.html).
        transactDurably: (work) =>
          db.connection().execute(async (held) => {
            connection.exec("PRAGMA synchronous = FULL");
            try {
              return await held.transaction().execute(work);
            } finally {
              connection.exec("PRAGMA synchronous = NORMAL");
            }
          }),
        close: () => db.destroy(),
      };
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    throw toStoreError(error, path, schema.content);
  }
}
