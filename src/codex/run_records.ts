import { join } from "node:path/posix";
import { isJsonObject, type JsonObject, parseJson } from "../core/json.ts";
import type { FileStore, ProcessTable } from "../core/ports.ts";

/** Set in the environment of every codex, and so of every command that it runs: by its value they are found again. */
export const runVariable = "HERMES_CODEX_RUN";

export interface RunRecordDeps {
  readonly files: FileStore;
  readonly processes: ProcessTable;
}

/** One running codex. */
export interface Run {
  /** The value of `runVariable`. */
  readonly marker: string;
  readonly pid: number;
}

/**
 * Notes in `directory` that a codex runs for the process `ownerPid`, so that a later start can end what is left of it.
 * Resolves with what takes the note away again.
 */
export async function recordRun(
  { files, processes }: RunRecordDeps,
  directory: string,
  run: Run & { readonly ownerPid: number },
): Promise<() => Promise<void>> {
  const path = join(directory, `${run.marker}.json`);
  const record = {
    pid: run.pid,
    start: (await processes.startOf(run.pid)) ?? "",
    owner: { pid: run.ownerPid, start: (await processes.startOf(run.ownerPid)) ?? "" },
  };
  await files.makeDirectory(directory, { mode: 0o700 });
  await files.replaceFile(path, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  return () => files.remove(path).catch(() => undefined);
}

/** Ends every process that was started by this codex or for it, itself included if it still runs. */
export async function endRun({ processes }: RunRecordDeps, run: Run): Promise<void> {
  for (const pid of await processes.withVariable(runVariable, run.marker)) processes.kill(pid);
}

/** Ends what is left of codex processes whose owner died without ending them. What cannot be read is left alone. */
export async function sweepRuns(deps: RunRecordDeps, directory: string): Promise<void> {
  const entries = await deps.files.list(directory).catch(() => []);
  await Promise.all(
    entries
      .filter(({ name }) => name.endsWith(".json"))
      .map(({ name }) => sweepRun(deps, join(directory, name))),
  );
}

async function sweepRun(deps: RunRecordDeps, path: string): Promise<void> {
  const { files, processes } = deps;
  const record = parseJson(await files.readText(path).catch(() => ""));
  if (!isJsonObject(record) || !isJsonObject(record["owner"])) return;
  if (await isSameProcess(processes, record["owner"])) return;
  if ((await isSameProcess(processes, record)) && typeof record["pid"] === "number") {
    processes.kill(record["pid"]);
  }
  const marker = path.slice(path.lastIndexOf("/") + 1, -".json".length);
  await endRun(deps, { marker, pid: 0 });
  await files.remove(path).catch(() => undefined);
}

/** Whether the process that was noted still runs; a number alone may be somebody else's by now. */
async function isSameProcess(processes: ProcessTable, noted: JsonObject): Promise<boolean> {
  const { pid, start } = noted;
  if (typeof pid !== "number" || typeof start !== "string" || start === "") return false;
  return (await processes.startOf(pid)) === start;
}
