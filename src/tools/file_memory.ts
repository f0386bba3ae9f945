import type { FileStat } from "../core/ports.ts";

/** What a session saw of a file last; a different size or time says that somebody else wrote it since. */
interface Fingerprint {
  readonly size: number;
  readonly modifiedAt: number;
}

/** Lines of a file as they were read. */
export interface Reading {
  readonly sessionId: string;
  readonly turnId: string;
  readonly path: string;
  readonly firstLine: number;
  readonly lineCount: number;
  /** Taken before the lines were read. */
  readonly stat: FileStat;
}

interface TurnReadings {
  readonly turnId: string;
  readonly times: Map<string, { readonly fingerprint: Fingerprint; readonly times: number }>;
}

/** What each session has read and written, shared by the file tools. */
export class FileMemory {
  readonly #seen = new Map<string, Fingerprint>();
  /** By session, and only of its current turn: what an earlier turn read may be summarised away. */
  readonly #readings = new Map<string, TurnReadings>();
  readonly #writers = new Map<string, Promise<unknown>>();

  /** The session knows the file as it is now; `undefined` when it is gone. */
  note(sessionId: string, path: string, stat: FileStat | undefined): void {
    if (stat) this.#seen.set(seenKey(sessionId, path), fingerprintOf(stat));
    else this.#seen.delete(seenKey(sessionId, path));
  }

  /** Whether the file is another one than the session saw; false when it never saw it. */
  isStale(sessionId: string, path: string, stat: FileStat | undefined): boolean {
    const seen = this.#seen.get(seenKey(sessionId, path));
    return seen !== undefined && !isSame(seen, stat && fingerprintOf(stat));
  }

  /** How often the same lines were asked for in this turn while the file stayed as it is. */
  timesRead(reading: Reading): number {
    const readings = this.#readings.get(reading.sessionId);
    if (readings?.turnId !== reading.turnId) return 0;
    const last = readings.times.get(regionKey(reading));
    return last && isSame(last.fingerprint, fingerprintOf(reading.stat)) ? last.times : 0;
  }

  /** The lines were asked for, and the session has them. */
  countReading(reading: Reading): void {
    const times = this.timesRead(reading) + 1;
    const known = this.#readings.get(reading.sessionId);
    const readings: TurnReadings =
      known?.turnId === reading.turnId ? known : { turnId: reading.turnId, times: new Map() };
    this.#readings.set(reading.sessionId, readings);
    readings.times.set(regionKey(reading), { fingerprint: fingerprintOf(reading.stat), times });
  }

  /**
   * A session goes on under another id: it still knows which files somebody else has written since, but what it read is
   * not before its model any more.
   */
  move(from: string, to: string): void {
    this.#readings.delete(from);
    for (const [key, seen] of [...this.#seen]) {
      if (!key.startsWith(`${from}\n`)) continue;
      this.#seen.delete(key);
      this.#seen.set(seenKey(to, key.slice(from.length + 1)), seen);
    }
  }

  /** Runs `work` after every other writer of one of the paths in this process. */
  async exclusively<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
    const own = [...new Set(paths)];
    const before = Promise.all(own.map(async (path) => await this.#writers.get(path)));
    const done = before.then(work);
    const settled = done.catch(() => undefined);
    // Queued for all paths at once: two writers of the same files cannot each hold one of them.
    for (const path of own) this.#writers.set(path, settled);
    try {
      return await done;
    } finally {
      for (const path of own) {
        if (this.#writers.get(path) === settled) this.#writers.delete(path);
      }
    }
  }
}

function seenKey(sessionId: string, path: string): string {
  return `${sessionId}\n${path}`;
}

function regionKey({ path, firstLine, lineCount }: Reading): string {
  return `${path}\n${firstLine}\n${lineCount}`;
}

function fingerprintOf({ size, modifiedAt }: FileStat): Fingerprint {
  return { size, modifiedAt };
}

function isSame(a: Fingerprint, b: Fingerprint | undefined): boolean {
  return a.size === b?.size && a.modifiedAt === b.modifiedAt;
}
