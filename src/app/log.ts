import { dirname } from "node:path/posix";
import type { Log, LogFields, LogLevel } from "../core/log.ts";
import type { Clock, FileStore, Host } from "../core/ports.ts";

export interface LogDeps {
  readonly files: Pick<
    FileStore,
    "stat" | "makeDirectory" | "appendFile" | "rename" | "remove" | "withLock"
  >;
  readonly clock: Pick<Clock, "now">;
  readonly host: Pick<Host, "pid">;
  /** Masks secrets. */
  readonly mask: (text: string) => string;
}

export interface LogOptions {
  readonly file: string;
  /** The directory that must be there already: a log alone is no reason to make a home. */
  readonly home: string;
  /** Lines below it are not written. */
  readonly level: LogLevel;
}

/** Bytes of a file that is full; the three that were full before are kept beside it as `.1` to `.3`. */
const fullBytes = 5 * 1024 * 1024;
const keptFiles = 3;
/** Characters of a value that are written. */
const maxValueChars = 500;

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3 };

/**
 * A file of one line for each thing that happened, read with `tail` and `grep`: time (UTC), level, what, and fields as
 * `name=value`. Any number of processes may write to it. What cannot be written is lost: a log must not fail what it
 * tells of. Ends when all lines are written.
 */
export function createLog(deps: LogDeps, options: LogOptions): Log & AsyncDisposable {
  const sink = new LogFile(deps, options);
  let written: Promise<void> = Promise.resolve();
  return {
    write(level, what, fields = {}) {
      if (rank[level] < rank[options.level]) return;
      const line = formatLine(deps, { level, what, fields });
      written = written.then(() => sink.append(line)).catch(() => undefined);
    },
    async [Symbol.asyncDispose]() {
      await written;
    },
  };
}

interface Entry {
  readonly level: LogLevel;
  readonly what: string;
  readonly fields: LogFields;
}

function formatLine({ clock, host, mask }: LogDeps, { level, what, fields }: Entry): string {
  const pairs = Object.entries({ pid: host.pid, ...fields }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${formatValue(mask(String(value)))}`],
  );
  const time = new Date(clock.now()).toISOString();
  return `${[time, level.padEnd(7), what, ...pairs].join(" ")}\n`;
}

/** A value without blanks and quotes as it is, any other one as a JSON string: a line stays a line. */
function formatValue(text: string): string {
  const short = text.length > maxValueChars ? `${text.slice(0, maxValueChars - 1)}…` : text;
  return /^[\w.:/@+,%#~-]+$/.test(short) ? short : JSON.stringify(short.toWellFormed());
}

/** A file that is put aside when it is full. */
class LogFile {
  readonly #deps: LogDeps;
  readonly #file: string;
  readonly #home: string;
  /** Bytes as far as this process knows; undefined before the first line. */
  #size: number | undefined;

  constructor(deps: LogDeps, { file, home }: LogOptions) {
    this.#deps = deps;
    this.#file = file;
    this.#home = home;
  }

  async append(line: string): Promise<void> {
    const { files } = this.#deps;
    if (this.#size === undefined) {
      if ((await files.stat(this.#home)) === undefined) return;
      await files.makeDirectory(dirname(this.#file), { mode: 0o700 });
      this.#size = await this.#sizeNow();
    }
    if (this.#size >= fullBytes) await this.#putAside();
    await files.appendFile(this.#file, line, { mode: 0o600 });
    this.#size += new TextEncoder().encode(line).length;
  }

  async #putAside(): Promise<void> {
    const { files } = this.#deps;
    await files.withLock(`${this.#file}.lock`, async () => {
      // Another process may have done so.
      if ((await this.#sizeNow()) < fullBytes) return;
      for (let number = keptFiles - 1; number >= 0; number--) {
        const name = number === 0 ? this.#file : `${this.#file}.${number}`;
        if (await files.stat(name)) await files.rename(name, `${this.#file}.${number + 1}`);
      }
    });
    this.#size = await this.#sizeNow();
  }

  async #sizeNow(): Promise<number> {
    return (await this.#deps.files.stat(this.#file))?.size ?? 0;
  }
}
