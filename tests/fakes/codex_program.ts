import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";
import type { Scenario } from "./codex_server.ts";

/** The fake codex as a program of its own, for `HERMES_CODEX_BIN`. */
export interface FakeCodexProgram extends AsyncDisposable {
  readonly path: string;
  /** What a process was sent, in order; the first one is number 1. */
  received(run: number): Promise<readonly JsonObject[]>;
}

/** Writes a program of which each process plays the next scenario; the last one stays. */
export async function writeFakeCodex(scenarios: readonly Scenario[]): Promise<FakeCodexProgram> {
  const directory = await mkdtemp(join(tmpdir(), "fake-codex-"));
  await writeFile(join(directory, "scenarios.json"), JSON.stringify(scenarios));
  const path = join(directory, "codex");
  const main = join(import.meta.dir, "codex_server_main.ts");
  const script = `#!/bin/sh\nexec '${process.execPath}' '${main}' '${directory}' "$@"\n`;
  await writeFile(path, script, { mode: 0o755 });
  return {
    path,
    async received(run) {
      const text = await readFile(join(directory, `received-${run}.jsonl`), "utf8");
      return text
        .split("\n")
        .map((line) => parseJson(line))
        .filter(isJsonObject);
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
