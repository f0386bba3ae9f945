import { dirname } from "node:path/posix";
import { errnoOf } from "../core/errors.ts";
import type { FileStore } from "../core/ports.ts";
import { toStoreError } from "../storage/store_error.ts";

/**
 * What `work` gives while nobody else, in any process, has the lock; undefined where somebody has it, after `patienceMs`.
 * @throws what `work` throws; {HermesError} `store/full`, `store/unreadable` when the lock cannot be had at all
 */
export async function ifFree<T>(
  files: Pick<FileStore, "makeDirectory" | "withLock">,
  path: string,
  work: () => Promise<T>,
  patienceMs = 0,
): Promise<{ readonly result: T } | undefined> {
  let isOurs = false;
  try {
    await files.makeDirectory(dirname(path), { mode: 0o700 });
    const locked = (): Promise<T> => {
      isOurs = true;
      return work();
    };
    return { result: await files.withLock(path, locked, patienceMs) };
  } catch (error) {
    if (isOurs) throw error;
    if (errnoOf(error) === "EBUSY") return undefined;
    throw toStoreError(error, path, "Locks of jobs");
  }
}
