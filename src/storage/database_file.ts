import type { Transaction } from "kysely";
import { type Database, openDatabase } from "./database.ts";
import { type Schema, sessionSchema } from "./migrate.ts";
import { toStoreError } from "./store_error.ts";
import type { Tables } from "./tables.ts";

export interface DatabaseFileDeps {
  /** Whether the file is there; reading must not create it. */
  exists(path: string): Promise<boolean>;
}

/**
 * A database that is opened when it is needed first: of sessions, where nothing else is said. Only writing creates its
 * file. Failures are `store/unreadable`, `store/invalid` and `store/full`.
 */
export class DatabaseFile<Content = Tables> implements AsyncDisposable {
  readonly #deps: DatabaseFileDeps;
  readonly #path: string;
  readonly #schema: Schema;
  #database: Database<Content> | undefined;

  constructor(deps: DatabaseFileDeps, path: string, schema: Schema = sessionSchema) {
    this.#deps = deps;
    this.#path = path;
    this.#schema = schema;
  }

  /** What `query` finds, or `absent` when there is no file yet. */
  async read<T>(absent: T, query: (database: Database<Content>) => Promise<T>): Promise<T> {
    if (!this.#database && !(await this.#exists())) return absent;
    return await this.write(query);
  }

  async write<T>(work: (database: Database<Content>) => Promise<T>): Promise<T> {
    this.#database ??= openDatabase<Content>(this.#path, this.#schema);
    try {
      return await work(this.#database);
    } catch (error) {
      throw toStoreError(error, this.#path, this.#schema.content);
    }
  }

  /** In one transaction that survives a power failure once it resolves. */
  async writeDurably<T>(work: (transaction: Transaction<Content>) => Promise<T>): Promise<T> {
    return await this.write((database) => database.transactDurably(work));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database?.close();
    this.#database = undefined;
  }

  async #exists(): Promise<boolean> {
    try {
      return await this.#deps.exists(this.#path);
    } catch (error) {
      throw toStoreError(error, this.#path, this.#schema.content);
    }
  }
}
