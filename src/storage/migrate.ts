import { HermesError } from "../core/errors.ts";
import { initial } from "./migrations/0001_initial.ts";
import { baseUrl } from "./migrations/0002_base_url.ts";
import { lineage } from "./migrations/0003_lineage.ts";
import type { SqliteConnection } from "./sqlite.ts";

/** One step of the schema. */
export interface Migration {
  readonly sql: string;
  /** Left out where SQLite was built without FTS5. */
  readonly searchSql?: string;
}

/** In order; the number of a migration is the schema version that it leads to. Never edited once released. */
const migrations: readonly Migration[] = [initial, baseUrl, lineage];

/** The schema version that this program reads and writes. */
export const schemaVersion = migrations.length;

/** "hrms": tells our files from other SQLite files (PRAGMA application_id). */
const applicationId = 0x68_72_6d_73;

/**
 * Brings a database to the newest schema, in one transaction that other processes wait for.
 * @throws {HermesError} `store/invalid` for a newer version or a file of another program
 */
export function migrate(connection: SqliteConnection, path: string): void {
  if (readVersion(connection, path) === schemaVersion) return;
  connection.exec("BEGIN IMMEDIATE");
  try {
    // Read again: another process may have migrated while this one waited for the lock.
    const version = readVersion(connection, path);
    const hasSearch = canSearch(connection);
    for (const { sql, searchSql } of migrations.slice(version)) {
      connection.exec(sql);
      if (searchSql !== undefined && hasSearch) connection.exec(searchSql);
    }
    connection.exec(`PRAGMA application_id = ${applicationId}`);
    connection.exec(`PRAGMA user_version = ${schemaVersion}`);
    connection.exec("COMMIT");
  } catch (error) {
    connection.prepare("rollback").run([]);
    throw error;
  }
}

function readVersion(connection: SqliteConnection, path: string): number {
  const version = readNumber(connection, "user_version");
  const id = readNumber(connection, "application_id");
  const isOurs = id === applicationId || (id === 0 && version === 0 && isEmpty(connection));
  if (!isOurs) {
    throw new HermesError("store/invalid", `This is the database of another program: ${path}`, {
      hint: `move it away: mv ${path} ${path}.other`,
    });
  }
  if (version > schemaVersion) {
    throw new HermesError(
      "store/invalid",
      `Sessions were written by a newer hermes (schema ${version}, this one reads ${schemaVersion}): ${path}`,
      { hint: "update hermes, or use another home with HERMES_HOME" },
    );
  }
  return version;
}

function readNumber(connection: SqliteConnection, name: string): number {
  const [row] = connection.prepare(`PRAGMA ${name}`).all([]);
  const value: unknown = Object.values(row ?? {})[0];
  return typeof value === "number" ? value : 0;
}

function isEmpty(connection: SqliteConnection): boolean {
  return connection.prepare("SELECT 1 FROM sqlite_master LIMIT 1").all([]).length === 0;
}

function canSearch(connection: SqliteConnection): boolean {
  const options = connection.prepare("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'");
  return options.all([]).length > 0;
}
