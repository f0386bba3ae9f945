import { errnoOf, HermesError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { Clock, FileStore, Host } from "../core/ports.ts";
import { placeWarnings } from "./auth_place.ts";
import { type AuthFile, parseAuthFile, renderAuthFile } from "./auth_file.ts";

export interface AuthStoreDeps {
  readonly files: FileStore;
  readonly clock: Clock;
  readonly host: Pick<Host, "userId">;
}

/** Where the logins of one home are kept. */
export interface AuthStore {
  readonly path: string;
  /** A file of this store that stands beside `auth.json`: locks, tokens that are on their way into it. */
  beside(name: string): string;
  /**
   * The file as it is now; a file that is not there has no logins. Changes nothing.
   * @throws {HermesError} `store/unreadable`, `store/invalid`
   */
  read(): Promise<AuthFile>;
  /**
   * Changes the file as it is by now, while nobody else does: what others changed meanwhile stays. Written only when
   * there is something to write. What `change` returns is the file and anything else that the caller wants back.
   * @throws {HermesError} `store/unreadable`, `store/invalid`, `file/unwritable`
   */
  update<T>(
    change: (json: JsonObject) => { readonly json: JsonObject; readonly result: T },
  ): Promise<T>;
  /** What is wrong with the place of the file, one sentence each. */
  warnings(): Promise<readonly string[]>;
}

/** The logins in the file `path`, an `auth.json`. */
export function createAuthStore(deps: AuthStoreDeps, path: string): AuthStore {
  return new Store(deps, path);
}

class Store implements AuthStore {
  readonly path: string;
  readonly #deps: AuthStoreDeps;

  constructor(deps: AuthStoreDeps, path: string) {
    this.#deps = deps;
    this.path = path;
  }

  beside(name: string): string {
    return `${this.#directory}/${name}`;
  }

  async read(): Promise<AuthFile> {
    return parseAuthFile(await this.#text(), this.path);
  }

  async update<T>(
    change: (json: JsonObject) => { readonly json: JsonObject; readonly result: T },
  ): Promise<T> {
    const { files, clock } = this.#deps;
    try {
      await files.makeDirectory(this.#directory, { mode: 0o700 });
      await this.#checkPlace();
      return await files.withLock(this.beside("auth.json.lock"), async () => {
        const file = await this.read();
        if (file.isNewer) throw newer(this.path);
        const { json, result } = change(file.json);
        if (json !== file.json) {
          await files.replaceFile(this.path, renderAuthFile(json, clock.now()), {
            mode: 0o600,
            isModeFixed: true,
          });
        }
        return result;
      });
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  async warnings(): Promise<readonly string[]> {
    return await placeWarnings(this.#deps.files, this.path);
  }

  get #directory(): string {
    return this.path.slice(0, this.path.lastIndexOf("/"));
  }

  async #text(): Promise<string | undefined> {
    const { files } = this.#deps;
    try {
      const found = await files.stat(this.path);
      if (!found) return undefined;
      if (found.kind !== "file") throw Object.assign(new Error(), { code: "EISDIR" });
      return await files.readText(this.path);
    } catch (error) {
      throw new HermesError(
        "store/unreadable",
        `Could not read the logins in ${this.path}: ${errnoOf(error) ?? "unknown reason"}`,
        { cause: error, hint: `look at its owner and mode: ls -ld ${this.path}` },
      );
    }
  }

  /** Logins are written neither into a file of somebody else's nor where everybody can replace it. */
  async #checkPlace(): Promise<void> {
    const { files, host } = this.#deps;
    const [file, directory] = await Promise.all([
      files.stat(this.path),
      files.stat(this.#directory),
    ]);
    const isForeign = file !== undefined && file.owner !== host.userId;
    if (isForeign) {
      throw unsafe(`${this.path} belongs to user ${file.owner}`, `ls -l ${this.path}`);
    }
    const isOpen = directory !== undefined && (directory.mode & 0o002) !== 0;
    const isSticky = directory !== undefined && (directory.mode & 0o1000) !== 0;
    if (isOpen && !isSticky) {
      throw unsafe(`everybody can write to ${this.#directory}`, `chmod 700 ${this.#directory}`);
    }
  }

  #unwritable(error: unknown): unknown {
    if (error instanceof HermesError) return error;
    const errno = errnoOf(error);
    if (errno === undefined) return error;
    const isBusy = errno === "EBUSY";
    return new HermesError(
      "store/unreadable",
      `Could not write the logins to ${this.path}: ${errno}`,
      {
        cause: error,
        hint: isBusy
          ? "another hermes is writing them: try again"
          : `look at the place: ls -ld ${this.#directory}; df ${this.#directory}`,
      },
    );
  }
}

function newer(path: string): HermesError {
  return new HermesError("store/invalid", `${path} was written by a later hermes`, {
    hint: "use that one, or move the file away",
  });
}

function unsafe(what: string, look: string): HermesError {
  return new HermesError("store/unreadable", `The logins are not written: ${what}`, { hint: look });
}
