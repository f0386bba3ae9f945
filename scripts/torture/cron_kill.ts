import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job, JobRun } from "../../src/core/cron.ts";
import { SqliteCronStore } from "../../src/storage/cron_store.ts";
import { createJob } from "../../tests/fakes/job.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { createRandom, type Random } from "./random.ts";

/**
 * `kill -9` of a daemon that has twenty recurring jobs and, each time, some single ones: no recurring job runs twice for
 * one time, no single one is lost, and the books know of everything that ran.
 */
export const name = "cron-kill";
export const defaultCount = 200;
export const shortCount = 5;

const recurring = 20;
const singlesEachTime = 3;
/** A daemon lives so long at most, in ms. */
const longestLifeMs = 700;
const reportEvery = 50;

const script = `echo "$HERMES_CRON_RUN_ID" >>../ran
sleep "0.0$(($$ % 10))"
echo "of $HERMES_CRON_JOB_NAME"
`;

export async function run({ count, seed, log }: CampaignOptions): Promise<CampaignResult> {
  const random = createRandom(seed);
  const home = await mkdtemp(join(tmpdir(), "hermes-cron-kill-"));
  try {
    await mkdir(join(home, "scripts"));
    await writeFile(join(home, "scripts", "work.sh"), script);
    await addRecurring(home, random);
    for (let round = 1; round <= count; round++) {
      const until = Date.now() + 200;
      const singles = Array.from({ length: singlesEachTime }, (_, index) =>
        job({ id: `single${round}n${index}`, nextRunAt: until + random.integer(0, 400) }),
      );
      await withStore(home, async (store) => {
        for (const single of singles) await store.add(single);
      });
      const daemon = await startDaemon(home);
      await sleep(random.integer(0, longestLifeMs));
      daemon.kill("SIGKILL");
      await once(daemon, "close");
      if (round % reportEvery === 0) log(`${round} of ${count}`);
    }
    const failures = [...(await settle(home)), ...(await judge(home, log))];
    return { cases: count, failures };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function job(rest: Partial<Job> & Pick<Job, "id">): Job {
  return createJob({
    name: rest.id,
    deliver: [{ kind: "command", command: "sleep 0.02; cat >/dev/null" }],
    task: { script: "work.sh", withAgent: false },
    ...rest,
  });
}

async function addRecurring(home: string, random: Random): Promise<void> {
  const now = Date.now();
  await withStore(home, async (store) => {
    for (let index = 0; index < recurring; index++) {
      const schedule = {
        kind: "interval",
        everyMs: random.integer(300, 3_000),
        anchor: now,
      } as const;
      await store.add(job({ id: `often${index}`, schedule, nextRunAt: now }));
    }
  });
}

/** Lets a daemon live until nothing is owed any more; what stays owed is a failure. */
async function settle(home: string): Promise<readonly string[]> {
  const daemon = await startDaemon(home);
  let owed: readonly Job[] = [];
  for (let look = 0; look < 300; look++) {
    await sleep(100);
    owed = await withStore(home, async (store) =>
      (await store.jobs()).filter(({ id, state }) => id.startsWith("single") && state === "active"),
    );
    if (owed.length === 0) break;
  }
  daemon.kill("SIGTERM");
  await once(daemon, "close");
  return owed.map(({ id }) => `${id} was lost`);
}

async function judge(home: string, log: CampaignOptions["log"]): Promise<readonly string[]> {
  const counts = new Map<string, number>();
  const ran = (await readFile(join(home, "ran"), "utf8")).trim().split("\n");
  const failures = [...twice(ran)].map((id) => `${id} ran twice`);
  const known = new Set<string>();
  await withStore(home, async (store) => {
    for (const { id, state } of await store.jobs()) {
      const runs = await store.runs(id, { limit: 10_000 });
      for (const { id: runId, status } of runs) {
        known.add(runId);
        counts.set(status, (counts.get(status) ?? 0) + 1);
      }
      failures.push(...problemsOf(id, runs));
      const isDone = runs.some(({ status }) => status === "completed");
      if (state === "done" && !isDone) failures.push(`${id} is done and never was`);
    }
    for (const { id } of await store.running()) failures.push(`${id} goes on for ever`);
  });
  log([...counts].map(([status, count]) => `${count} ${status}`).join(", "));
  const unknown = ran.filter((id) => !known.has(id));
  return [...failures, ...unknown.map((id) => `${id} ran and is not in the books`)];
}

function problemsOf(id: string, runs: readonly JobRun[]): readonly string[] {
  if (!id.startsWith("often")) return [];
  return [...twice(runs.map(({ dueAt }) => String(dueAt)))].map(
    (dueAt) => `${id} was run twice for ${dueAt}`,
  );
}

function twice(values: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(values.filter((value) => seen.size === seen.add(value).size));
}

async function withStore<T>(
  home: string,
  work: (store: SqliteCronStore) => Promise<T>,
): Promise<T> {
  const directory = join(home, "cron");
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const exists = async (path: string): Promise<boolean> => existsSync(path);
  await using store = new SqliteCronStore({ exists }, join(directory, "jobs.db"));
  return await work(store);
}

async function startDaemon(home: string): Promise<ChildProcess> {
  const program = join(import.meta.dirname, "cron_daemon.ts");
  const child = spawn(process.execPath, [program, home], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}
