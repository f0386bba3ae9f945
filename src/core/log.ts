/** How much a line matters: `debug` is written for those who asked for it. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** What a line says besides its name; what is undefined is left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** What happened, for those who look afterwards. */
export interface Log {
  /** Notes something that happened, named like `turn.failed`; never throws, and nobody waits for it. */
  write(level: LogLevel, what: string, fields?: LogFields): void;
}

/** Notes nothing. */
export const noLog: Log = { write() {} };
