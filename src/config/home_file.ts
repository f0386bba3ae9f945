import { errnoOf, HermesError } from "../core/errors.ts";
import type { FileStore } from "../core/ports.ts";

/** A text file of the home as it is on disk. */
export interface HomeFile {
  /** A byte order mark is its first character. */
  readonly text: string;
  /** Permission bits. */
  readonly mode: number;
}

/** More than anybody writes by hand; parsing takes about half a second for each MiB. */
const MAX_BYTES = 1024 * 1024;

/**
 * The file, or undefined when it is absent. Never waits for a device or a pipe.
 * @throws {HermesError} `config/unreadable` with the errno; `config/invalid` when it is too large or no UTF-8
 */
export async function readHomeFile(
  files: Pick<FileStore, "stat" | "readBytes">,
  path: string,
): Promise<HomeFile | undefined> {
  const found = await attempt(path, () => files.stat(path));
  if (!found) return undefined;
  if (found.kind !== "file") {
    throw unreadable(path, found.kind === "directory" ? "EISDIR" : "it is no regular file");
  }
  if (found.size > MAX_BYTES) {
    const size = Math.ceil(found.size / 1024);
    throw new HermesError("config/invalid", `${path} has ${size} KiB, more than 1,024 KiB`, {
      hint: `look at what is in it: head -c 1000 ${path}`,
    });
  }
  const bytes = await attempt(path, () => files.readBytes(path));
  return { text: decode(path, bytes), mode: found.mode };
}

async function attempt<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw unreadable(path, errnoOf(error) ?? "unknown reason", error);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): HermesError {
  return new HermesError("config/unreadable", `Could not read ${path}: ${reason}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: `look at its owner and mode: ls -ld ${path}`,
  });
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new HermesError("config/invalid", `${path} is no UTF-8 text`, {
      cause: error,
      hint: `convert it: iconv -t UTF-8 ${path}`,
    });
  }
}
