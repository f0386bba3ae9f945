import * as fs from "node:fs/promises";
import type { DatabaseSync } from "node:sqlite";
import { errnoOf } from "../core/errors.ts";
import { systemClock } from "./clock.ts";

/** Time between two attempts, in milliseconds. */
const pauseMs = 10;

/**
 * Runs `work` while nobody else, in this process or in another one, runs some with the same lock file. The file is made
 * where it is absent, stays empty and is never removed: removing it would give two of them the lock.
 * @throws the operating system's error; `EBUSY` when the lock was not given within `patienceMs`
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  patienceMs = 10_000,
): Promise<T> {
  await makePrivate(path);
  // Node has no locks on files, but SQLite does: the kernel's own, which end with the process that holds them. Loaded
  // here: few runs need it.
  const sqlite = await import("node:sqlite");
  const database = new sqlite.DatabaseSync(path);
  try {
    const givesUpAt = systemClock.monotonic() + patienceMs;
    while (!takeLock(database)) {
      if (systemClock.monotonic() >= givesUpAt) {
        throw Object.assign(new Error(`EBUSY: locked by another process: ${path}`), {
          code: "EBUSY",
        });
      }
      await systemClock.sleep(pauseMs);
    }
    return await work();
  } finally {
    database.close();
  }
}

/** Never opens a file that is there: closing it again would drop a lock that this process holds on it (POSIX, fcntl). */
async function makePrivate(path: string): Promise<void> {
  try {
    const file = await fs.open(path, "wx", 0o600);
    await file.close();
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    // SQLite would not tell the errno of a file that belongs to somebody else.
    await fs.access(path, fs.constants.R_OK | fs.constants.W_OK);
  }
}

/** Whether the lock was free. SQLite waits for none by itself: that would stop who holds it in this process, too. */
function takeLock(database: DatabaseSync): boolean {
  try {
    database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    // Deno leaves the result code out, so that the text has to do.
    if (error instanceof Error && /database is locked/i.test(error.message)) return false;
    throw error;
  }
}
