import { Kysely, SqliteDialect } from "kysely";
import { migrate } from "./migrate.ts";
import { ensureSqlite, openSqlite, type SqliteConnection } from "./sqlite.ts";
import { toStoreError } from "./store_error.ts";
import type { Tables } from "./tables.ts";

/** An open database of sessions. */
export interface Database {
  readonly db: Kysely<Tables>;
  /** Whether the search indexes are there. */
  readonly hasSearch: boolean;
  /** Makes the next commits survive a power failure (`full`), or only the death of the process (`normal`). */
  setDurability(durability: "normal" | "full"): void;
  close(): Promise<void>;
}

/**
 * Opens a database, creating or migrating it: write-ahead log, so that readers and one writer of many processes do not
 * stop one another.
 * @throws {HermesError} `store/unreadable`, `store/invalid`, `store/full`; the bytes of an invalid file stay as they are
 */
export function openDatabase(path: string): Database {
  try {
    const setUp = (connection: SqliteConnection): void => {
      migrate(connection, path);
      connection.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    };
    ensureSqlite(path, setUp);
    const connection = openSqlite(path);
    try {
      setUp(connection);
      const hasSearch =
        connection.prepare("SELECT 1 FROM sqlite_master WHERE name = 'items_words'").all([])
          .length > 0;
      const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: connection }) });
      return {
        db,
        hasSearch,
        setDurability: (durability) => connection.exec(`PRAGMA synchronous = ${durability}`),
        close: () => db.destroy(),
      };
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    throw toStoreError(error, path);
  }
}
