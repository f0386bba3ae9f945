import { errnoOf } from "../../core/errors.ts";
import type { FileStore } from "../../core/ports.ts";

/** The directory that each session's commands are in, as a shell would keep it, and the files that tell it. */
export class ShellSessions implements AsyncDisposable {
  readonly #files: FileStore;
  readonly #directories = new Map<string, string>();
  #place: Promise<string> | undefined;
  #count = 0;

  constructor(files: FileStore) {
    this.#files = files;
  }

  /** Where the session's next command runs; `fallback` at first, and when its directory is gone. */
  async directory(sessionId: string, fallback: string): Promise<string> {
    const directory = this.#directories.get(sessionId);
    if (directory === undefined) return fallback;
    return (await isDirectory(this.#files, directory)) ? directory : fallback;
  }

  /** The path of a file in which a command can leave its directory. */
  async newDirectoryFile(): Promise<string> {
    this.#place ??= this.#files.makeTemporaryDirectory("hermes-shell-");
    return `${await this.#place}/${++this.#count}`;
  }

  /** The session's next command runs there. */
  setDirectory(sessionId: string, directory: string): void {
    this.#directories.set(sessionId, directory);
  }

  /** A session goes on under another id. */
  move(from: string, to: string): void {
    const directory = this.#directories.get(from);
    if (directory !== undefined) this.#directories.set(to, directory);
    this.#directories.delete(from);
  }

  /** Takes the directory that a command left in a file; undefined when it left none. */
  async takeDirectory(file: string): Promise<string | undefined> {
    try {
      const directory = (await this.#files.readText(file)).replace(/\n$/, "");
      await this.#files.remove(file);
      return directory.startsWith("/") ? directory : undefined;
    } catch (error) {
      // Killed, replaced by `exec`, or its directory was removed: it stays where it was.
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const place = await this.#place?.catch(() => undefined);
    if (place !== undefined) await this.#files.remove(place, { recursive: true });
  }
}

/** Whether a path is a directory that can be looked at. */
export async function isDirectory(files: Pick<FileStore, "stat">, path: string): Promise<boolean> {
  const stat = await files.stat(path).catch(() => undefined);
  return stat?.kind === "directory";
}
