import type { SqliteDatabase, SqliteStatement } from "kysely";
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path/posix";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { errnoOf, HermesError } from "../core/errors.ts";

/** How long a writer waits for another process, in milliseconds. */
const busyTimeoutMs = 10_000;

/** How long the write lock is left to others between two of many writes, in milliseconds. */
const writePauseMs = 50;

/** A connection with what kysely does not cover. */
export interface SqliteConnection extends SqliteDatabase {
  /** Runs statements without parameters and without results. */
  exec(sql: string): void;
}

/**
 * Opens a database file as kysely's own dialect wants it. Statements are prepared once and kept: the same few are run
 * for every item.
 * @throws the error of node:sqlite or of the file system
 */
export function openSqlite(path: string): SqliteConnection {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true });
  database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  const statements = new Map<string, SqliteStatement>();
  return {
    exec: (sql) => database.exec(sql),
    close() {
      statements.clear();
      database.close();
    },
    prepare(sql) {
      const known = statements.get(sql);
      if (known) return known;
      // kysely says `begin`. The write lock is taken there, where SQLite waits for it: a transaction that begins by
      // reading cannot wait for the lock later.
      const statement = database.prepare(sql === "begin" ? "begin immediate" : sql);
      // SQLite itself ends a transaction on a full disk or an I/O error; what follows must not hide why.
      const isMoot = (): boolean => sql === "rollback" && !database.isTransaction;
      const adapted: SqliteStatement = {
        reader: statement.columns().length > 0,
        all: (parameters) => (isMoot() ? [] : statement.all(...bindable(parameters))),
        run: (parameters) =>
          isMoot() ? { changes: 0, lastInsertRowid: 0 } : statement.run(...bindable(parameters)),
        iterate: (parameters) => statement.iterate(...bindable(parameters)),
      };
      statements.set(sql, adapted);
      return adapted;
    },
  };
}

/** Lets writers of other processes have their turn: they do not queue, but look for the lock every 100 ms or so. */
export function letOthersWrite(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, writePauseMs);
  });
}

/**
 * Makes sure that there is a database, readable by its owner alone, with its directory. A new one is set up under
 * another name and then linked into its place: no other process ever sees half of it.
 */
export function ensureSqlite(path: string, setUp: (connection: SqliteConnection) => void): void {
  if (existsSync(path)) return;
  refuseLogAlone(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${crypto.randomUUID()}.new`;
  // SQLite itself would create it with the modes of the umask.
  closeSync(openSync(draft, "wx", 0o600));
  try {
    const connection = openSqlite(draft);
    try {
      setUp(connection);
    } finally {
      connection.close();
    }
    placeNew(draft, path);
  } catch (error) {
    // Another process was faster: its database is as good.
    if (errnoOf(error) !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A log whose database was moved away would be played into the new one, and damage it. */
function refuseLogAlone(path: string): void {
  const log = `${path}-wal`;
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  // Looked at again: another process makes its log only after its database.
  if (size === 0 || existsSync(path)) return;
  throw new HermesError("store/invalid", `The sessions are gone, but not their log: ${log}`, {
    hint: `put ${path} back, or move its log away too: mv ${log} ${log}.lost`,
  });
}

/** Gives a file its name unless there is one of that name already. @throws EEXIST then */
function placeNew(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    // File systems without hard links (FAT, some network shares): the moment between the two calls is the price.
    const isWithoutLinks = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(
      errnoOf(error) ?? "",
    );
    if (!isWithoutLinks) throw error;
    if (!existsSync(path)) renameSync(draft, path);
  }
}

function bindable(parameters: readonly unknown[]): readonly SQLInputValue[] {
  return parameters.map((value) => {
    switch (typeof value) {
      case "string":
      case "number":
      case "bigint":
        return value;
      case "boolean":
        return value ? 1 : 0;
      default:
        if (value === null || value === undefined) return null;
        throw new TypeError(`SQLite cannot hold a value of type ${typeof value}`);
    }
  });
}
