import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEnd } from "../../src/core/cron.ts";
import type { TickDeps } from "../../src/cron/tick.ts";
import { SqliteCronStore } from "../../src/storage/cron_store.ts";

/** The end of a run that went well and had nothing to tell. */
export const doneEnd: RunEnd = {
  endedAt: 0,
  status: "completed",
  exitCode: 0,
  error: null,
  sessionId: null,
  usage: null,
  outputFile: null,
  deliveries: [],
};

/** A store of jobs in a directory of its own, which goes with it. */
export async function openOwnCronStore(): Promise<{ store: SqliteCronStore } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), "hermes-jobs-"));
  const exists = async (file: string) => existsSync(file);
  const store = new SqliteCronStore({ exists }, join(directory, "jobs.db"));
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * What runs jobs in one process on one clock: every run goes well at once, nobody is told of anything. `held` are the jobs
 * that somebody works at; the ids of runs are `run_1`, `run_2`, ...
 */
export function createTickDeps(parts: Pick<TickDeps, "store" | "clock"> & Partial<TickDeps>): {
  readonly deps: TickDeps;
  readonly held: Set<string>;
} {
  const held = new Set<string>();
  let runs = 0;
  const deps: TickDeps = {
    pid: 7,
    newRunId: () => `run_${++runs}`,
    async withJob(jobId, work) {
      if (held.has(jobId)) return undefined;
      held.add(jobId);
      try {
        return await work();
      } finally {
        held.delete(jobId);
      }
    },
    run: () => Promise.resolve({ ...doneEnd, endedAt: parts.clock.now() }),
    alert: () => Promise.resolve([]),
    endLeftovers: () => Promise.resolve(),
    onRun: () => undefined,
    ...parts,
  };
  return { deps, held };
}
