/** Methods of the console that print to stdout. */
const printing = [
  "log",
  "info",
  "debug",
  "dir",
  "dirxml",
  "table",
  "group",
  "groupCollapsed",
  "count",
  "timeLog",
  "timeEnd",
] as const;

/** What the console and `process.stdout` are given goes to stderr from here on; descriptor 1 stays open for others. */
export function reserveStdout(): void {
  for (const name of printing) {
    // oxlint-disable-next-line no-console
    console[name] = (...values: readonly unknown[]) => console.error(...values);
  }
  // A getter: setting up either stream takes milliseconds that most runs need not spend.
  Object.defineProperty(process, "stdout", { configurable: true, get: () => process.stderr });
}
