import { joinBytes } from "../../core/bytes.ts";
import { dirname } from "node:path/posix";
import { errnoOf, errorMessage } from "../../core/errors.ts";
import type { FileStore } from "../../core/ports.ts";

export interface OutputCopyDeps {
  readonly files: Pick<FileStore, "appendFile" | "makeDirectory" | "remove">;
}

/** Bytes that are collected before they are written. */
const blockBytes = 1024 * 1024;
/** A command that prints without end must not fill the disk. */
const maxCopyBytes = 4 * 1024 ** 3;

/**
 * A copy of everything that a command prints, in a file for its owner alone. Nothing is written before `flush`, so
 * that small outputs never touch the disk. A failure ends the copy, not the command: see `problem`. The bytes are kept
 * as they came: who may read the file may run the command.
 */
export class OutputCopy {
  readonly path: string;
  /** Why the copy is not whole, in words that follow "could not be saved". */
  problem: string | undefined;
  readonly #deps: OutputCopyDeps;
  #blocks: Uint8Array[] = [];
  #pendingBytes = 0;
  #writtenBytes = 0;
  #isCreated = false;

  constructor(deps: OutputCopyDeps, path: string) {
    this.#deps = deps;
    this.path = path;
  }

  /** Whether enough has gathered to write it. */
  get isFull(): boolean {
    return this.#pendingBytes >= blockBytes;
  }

  push(bytes: Uint8Array): void {
    if (this.problem !== undefined) return;
    this.#blocks.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  /** Writes what has gathered. Never throws. */
  async flush(): Promise<void> {
    if (this.problem !== undefined || this.#pendingBytes === 0) return;
    const data = joinBytes(this.#blocks);
    this.#blocks = [];
    this.#pendingBytes = 0;
    if (this.#writtenBytes + data.length > maxCopyBytes) {
      this.problem = `only its first ${this.#writtenBytes} bytes are in ${this.path}`;
      return;
    }
    try {
      if (!this.#isCreated) await this.#create();
      await this.#deps.files.appendFile(this.path, data, { mode: 0o600 });
      this.#writtenBytes += data.length;
    } catch (error) {
      this.problem = problemOf(error);
      // Half a copy helps nobody on a full disk.
      if (this.#isCreated) await this.#deps.files.remove(this.path).catch(() => undefined);
    }
  }

  /** Takes the file away again: the output turned out to be small. */
  async discard(): Promise<void> {
    this.#blocks = [];
    this.#pendingBytes = 0;
    if (this.#writtenBytes > 0) await this.#deps.files.remove(this.path).catch(() => undefined);
  }

  async #create(): Promise<void> {
    const { files } = this.#deps;
    await files.makeDirectory(dirname(this.path), { mode: 0o700 });
    // An earlier call of the session may have had the same id.
    await files.remove(this.path).catch((error: unknown) => {
      if (errnoOf(error) !== "ENOENT") throw error;
    });
    this.#isCreated = true;
  }
}

function problemOf(error: unknown): string {
  const errno = errnoOf(error);
  if (errno === "ENOSPC" || errno === "EDQUOT") return "no space left on the device";
  return errorMessage(error);
}
