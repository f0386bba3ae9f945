/**
 * The fake model endpoint as a process: `bun tests/fakes/responses_server_main.ts SCENARIO.json`. The scenario is a
 * `ServerOptions` with plain steps; the first line of stdout is the URL. Runs until a signal comes, or stdin ends where it
 * is a pipe, so that it dies with the process that started it.
 */
import { fstatSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type ServerOptions, startResponsesServer } from "./responses_server.ts";

const path = process.argv[2];
if (path === undefined) throw new TypeError("Usage: responses_server_main.ts SCENARIO.json");
const options: ServerOptions = JSON.parse(await readFile(path, "utf8"));
await using server = await startResponsesServer(options);
process.stdout.write(`${server.url}\n`);
await new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve());
  const stdin = fstatSync(0);
  if (stdin.isFIFO() || stdin.isSocket()) process.stdin.once("end", () => resolve()).resume();
});
