import { HermesError } from "../core/errors.ts";
import { initial } from "./migrations/0001_initial.ts";
import { baseUrl } from "./migrations/0002_base_url.ts";
import { lineage } from "./migrations/0003_lineage.ts";
import { sideUsage } from "./migrations/0004_side_usage.ts";
import type { SqliteConnection } from "./sqlite.ts";

/** One step of the schema. */
export interface Migration {
  readonly sql: string;
  /** Left out where SQLite was built without FTS5. */
  readonly searchSql?: string;
}

/** What a database file holds. */
export interface Schema {
  /** What users call it, as the beginning of a sentence: `Sessions`. */
  readonly content: string;
  /** Four letters that tell its files from other SQLite files (PRAGMA application_id). */
  readonly applicationId: number;
  /** In order; the number of a migration is the schema version that it leads to. Never edited once released. */
  readonly migrations: readonly Migration[];
}

/** `sessions.db`; "hrms". */
export const sessionSchema: Schema = {
  content: "Sessions",
  applicationId: 0x68_72_6d_73,
  migrations: [initial, baseUrl, lineage, sideUsage],
};

/** The version of sessions that this program reads and writes. */
export const schemaVersion = sessionSchema.migrations.length;

/**
 * Brings a database to the newest schema, in one transaction that other processes wait for.
 * @throws {HermesError} `store/invalid` for a newer version or a file of another program
 */
export function migrate(connection: SqliteConnection, path: string, schema: Schema): void {
  const { applicationId, migrations } = schema;
  if (readVersion(connection, path, schema) === migrations.length) return;
  connection.exec("BEGIN IMMEDIATE");
  try {
    // Read again: another process may have migrated while this one waited for the lock.
    const version = readVersion(connection, path, schema);
    const hasSearch = canSearch(connection);
    for (const { sql, searchSql } of migrations.slice(version)) {
      connection.exec(sql);
      if (searchSql !== undefined && hasSearch) connection.exec(searchSql);
    }
    connection.exec(`PRAGMA application_id = ${applicationId}`);
    connection.exec(`PRAGMA user_version = ${migrations.length}`);
    connection.exec("COMMIT");
  } catch (error) {
    connection.prepare("rollback").run([]);
    throw error;
  }
}

function readVersion(
  connection: SqliteConnection,
  path: string,
  { content, applicationId, migrations }: Schema,
): number {
  const version = readNumber(connection, "user_version");
  const id = readNumber(connection, "application_id");
  const isOurs = id === applicationId || (id === 0 && version === 0 && isEmpty(connection));
  if (!isOurs) {
    throw new HermesError("store/invalid", `This is the database of another program: ${path}`, {
      hint: `move it away: mv ${path} ${path}.other`,
    });
  }
  if (version > migrations.length) {
    throw new HermesError(
      "store/invalid",
      `${content} were written by a newer hermes (schema ${version}, this one reads ${migrations.length}): ${path}`,
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
