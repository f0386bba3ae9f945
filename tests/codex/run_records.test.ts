import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordRun, sweepRuns } from "../../src/codex/run_records.ts";
import type { ProcessTable } from "../../src/core/ports.ts";
import { machineFiles } from "../../src/platform/files.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hermes-runs-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A machine on which these processes run, by number: when they started, and for which codex. */
function machine(running: Record<number, { readonly start: string; readonly marker?: string }>) {
  const killed: number[] = [];
  const processes: ProcessTable = {
    name: () => Promise.resolve("all"),
    startOf: (pid) => Promise.resolve(running[pid]?.start),
    withVariable: (_name, value) =>
      Promise.resolve(
        Object.keys(running)
          .map(Number)
          .filter((pid) => running[pid]?.marker === value),
      ),
    kill: (pid) => killed.push(pid) > 0,
  };
  return { deps: { files: machineFiles, processes }, killed };
}

const owner = 10;
const codex = 20;
const command = 30;

test("a sweep leaves alone what still has its owner", async () => {
  const { deps, killed } = machine({
    [owner]: { start: "1" },
    [codex]: { start: "2", marker: "m" },
  });
  await recordRun(deps, directory, { marker: "m", pid: codex, ownerPid: owner });
  await sweepRuns(deps, directory);
  expect([killed, await readdir(directory)]).toEqual([[], ["m.json"]]);
});

test("a sweep ends the codex of a dead owner and what it started, once", async () => {
  const { deps } = machine({ [owner]: { start: "1" }, [codex]: { start: "2", marker: "m" } });
  await recordRun(deps, directory, { marker: "m", pid: codex, ownerPid: owner });
  const later = machine({
    // The owner's number belongs to another process by now.
    [owner]: { start: "9" },
    [codex]: { start: "2" },
    [command]: { start: "3", marker: "m" },
  });
  await sweepRuns(later.deps, directory);
  expect([later.killed, await readdir(directory)]).toEqual([[codex, command], []]);
});

test("a sweep never ends a process that got the number of a codex", async () => {
  const { deps } = machine({ [owner]: { start: "1" }, [codex]: { start: "2" } });
  await recordRun(deps, directory, { marker: "m", pid: codex, ownerPid: owner });
  const later = machine({ [codex]: { start: "7" } });
  await sweepRuns(later.deps, directory);
  expect([later.killed, await readdir(directory)]).toEqual([[], []]);
});

test("a note that cannot be read ends nobody", async () => {
  const { deps, killed } = machine({ [codex]: { start: "2", marker: "m" } });
  await writeFile(join(directory, "m.json"), "{");
  await sweepRuns(deps, directory);
  await sweepRuns(deps, join(directory, "nowhere"));
  expect([killed, await readdir(directory)]).toEqual([[], ["m.json"]]);
});

test("a note is taken away when codex was ended", async () => {
  const { deps } = machine({});
  const forget = await recordRun(deps, directory, { marker: "m", pid: codex, ownerPid: owner });
  await forget();
  expect(await readdir(directory)).toEqual([]);
});
