/**
 * The fake `codex app-server` as a process: `bun tests/fakes/codex_server_main.ts DIRECTORY app-server`. The directory
 * holds `scenarios.json`, a list of scenarios; each process plays the next one, the last one stays, and writes what it
 * was sent to `received-N.jsonl`. See `writeFakeCodex`, which makes such a directory.
 */
import { appendFileSync, closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errnoOf } from "../../src/core/errors.ts";
import { type Scenario, serveCodex } from "./codex_server.ts";

const directory = process.argv[2];
if (directory === undefined) throw new TypeError("Usage: codex_server_main.ts DIRECTORY");
const scenarios: readonly Scenario[] = JSON.parse(
  readFileSync(join(directory, "scenarios.json"), "utf8"),
);
const run = takeNumber(directory);
const received = join(directory, `received-${run}.jsonl`);

const { code, signal } = await serveCodex(
  {
    input: process.stdin,
    print,
    printError: (text) => void process.stderr.write(text),
    closeOutput: () => closeSync(1),
    ignoreSignals: () => void process.on("SIGTERM", () => undefined),
    onReceived: (message) => appendFileSync(received, `${JSON.stringify(message)}\n`),
  },
  scenarios[run - 1] ?? scenarios.at(-1) ?? {},
  run,
);
if (signal === null) process.exit(code ?? 0);
process.kill(process.pid, signal);

/** To the descriptor itself: `process.stdout` would keep it open when it is closed. */
async function print(data: string | Uint8Array): Promise<void> {
  let left = Buffer.from(data);
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      // A reader that went away is a case under test.
      if (errnoOf(error) !== "EAGAIN") return;
      await sleep(1);
    }
  }
}

/** The first number that no process before has taken, by making the file of that number. */
function takeNumber(place: string): number {
  for (let number = 1; ; number++) {
    try {
      closeSync(openSync(join(place, `received-${number}.jsonl`), "wx"));
      return number;
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
  }
}
