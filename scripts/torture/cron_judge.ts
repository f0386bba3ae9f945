import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Job, JobRun } from "../../src/core/cron.ts";
import { SqliteCronStore } from "../../src/storage/cron_store.ts";
import { type Machine, runHermes } from "./hermes.ts";

/** Below the home: a line for each time that a script began. */
export const ranFile = "ran";

export function oftenName(index: number): string {
  return `often${index}`;
}

export function singleName(round: number, letter: string): string {
  return `single${round}${letter}`;
}

/** Whether a daemon is at work, has ended in the books what died before it, and owes no single job any more. */
export async function isSettled(machine: Machine, daemonPid: number | undefined): Promise<boolean> {
  const record = await readFile(join(machine.home, "cron", "daemon.json"), "utf8").catch(() => "");
  if (!record.includes(`"pid":${daemonPid},`)) return false;
  return await withStore(machine, async (store) => {
    const isOwed = (await store.jobs()).some((job) => isSingle(job) && job.state === "active");
    return !isOwed && (await store.running()).every(({ pid }) => pid === daemonPid);
  });
}

/** What is wrong with the books, the outcomes and what scripts say themselves, one line each. */
export async function judgeHome(
  machine: Machine,
  rounds: number,
  log: (line: string) => void,
): Promise<readonly string[]> {
  const ran = await scriptRuns(machine);
  const failures: string[] = [];
  const known = new Set<string>();
  const counts = new Map<string, number>();
  let mostLost = 0;
  let recurred = 0;
  const jobs = await withStore(machine, (store) => store.jobs());
  for (const job of jobs) {
    const runs = await withStore(machine, (store) => store.runs(job.id, { limit: 100_000 }));
    for (const { id, status } of runs) {
      known.add(id);
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    failures.push(...runs.flatMap((run) => recordProblems(job, run)));
    if (isSingle(job)) failures.push(...singleProblems(job, runs));
    else failures.push(...recurringProblems(job, runs, ran));
    if (!isSingle(job) && runs.length > 0) recurred++;
    if (isSingle(job)) mostLost = Math.max(mostLost, countOf(runs, "lost"));
  }
  failures.push(
    ...(jobs.length === 20 + 2 * rounds ? [] : [`${jobs.length} jobs are there`]),
    ...ran.flatMap(({ runId }) => (known.has(runId) ? [] : [`${runId} is not in the books`])),
    ...[...twice(ran.map(({ runId }) => runId))].map((id) => `${id} began twice`),
    ...(await outcomeProblems(machine)),
    ...(await opens(machine)),
  );
  // Few rounds are shorter than the longest interval.
  if (recurred < (rounds < 20 ? 10 : 20)) failures.push(`Only ${recurred} recurring jobs ran`);
  const told = [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
  log(`${jobs.length} jobs, ${known.size} runs: ${told}; ${ran.length} scripts began`);
  log(`a single job died ${mostLost} times at most`);
  return failures;
}

interface ScriptRun {
  readonly name: string;
  readonly runId: string;
  readonly dueAt: string;
}

async function scriptRuns({ home }: Machine): Promise<readonly ScriptRun[]> {
  const lines = (await readFile(join(home, ranFile), "utf8")).trimEnd().split("\n");
  return lines.map((line) => {
    const [, name, runId, dueAt] = /^begin (\w+) (run_[0-9a-f]{32}) (\d{4}-\S+Z)$/.exec(line) ?? [];
    if (name === undefined || runId === undefined || dueAt === undefined) {
      throw new Error(`A script wrote what it should not: ${line}`);
    }
    return { name, runId, dueAt };
  });
}

/** A run has ended; one whose process died says so. */
function recordProblems(job: Job, run: JobRun): readonly string[] {
  const what = `${job.name}, ${run.id}`;
  if (run.status === "running" || run.endedAt === null) return [`${what}: it goes on for ever`];
  const isLost = run.status === "lost";
  if (isLost !== (run.error?.code === "cron/lost")) return [`${what}: ${run.error?.message}`];
  const isExpected = ["completed", "lost", "interrupted", "missed"].includes(run.status);
  return isExpected ? [] : [`${what} is ${run.status}: ${run.error?.message}`];
}

/** One that runs once has run and is done: one that was given up is lost. */
function singleProblems(job: Job, runs: readonly JobRun[]): readonly string[] {
  const completed = countOf(runs, "completed");
  if (job.state === "done" && completed === 1) return [];
  const lost = countOf(runs, "lost");
  return [`${job.name} is ${job.state}: ${completed} runs are completed, ${lost} were lost`];
}

function countOf(runs: readonly JobRun[], wanted: JobRun["status"]): number {
  return runs.filter(({ status }) => status === wanted).length;
}

/** No time of one that recurs has two runs, neither in the books nor by what its script says; and it goes on. */
function recurringProblems(
  job: Job,
  runs: readonly JobRun[],
  ran: readonly ScriptRun[],
): readonly string[] {
  const begun = ran.filter(({ name }) => name === job.name);
  return [
    ...[...twice(runs.map(({ dueAt }) => dueAt))].map((at) => `${job.name} has two runs for ${at}`),
    ...[...twice(begun.map(({ dueAt }) => dueAt))].map((at) => `${job.name} ran twice for ${at}`),
    ...(job.state === "active" && job.nextRunAt !== null ? [] : [`${job.name} is ${job.state}`]),
  ];
}

/** Every outcome is whole, and nothing lies beside it that was begun before it: the next outcome of a job takes that away. */
async function outcomeProblems({ home }: Machine): Promise<readonly string[]> {
  const directory = join(home, "cron", "output");
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const problems: string[] = [];
  for (const entry of entries.filter((found) => found.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if (!/^\d{4}-\d\d-\d\dT[\d.-]+Z\.md$/.test(entry.name)) {
      if (!(await isNewest(entry.parentPath, entry.name))) problems.push(`No outcome: ${path}`);
      continue;
    }
    const text = await readFile(path, "utf8");
    const id = /^- run: (run_[0-9a-f]{32})$/m.exec(text)?.[1] ?? "";
    const isCompleted = text.includes("\n- status: completed\n");
    const isWhole = [`end of ${id}\n`, "The end.\n"].some((end) => text.endsWith(end));
    if (isCompleted && !isWhole) problems.push(`Half an outcome: ${path}`);
  }
  return problems;
}

/** Whether nothing in its directory was written after it. */
async function isNewest(directory: string, name: string): Promise<boolean> {
  const writtenAt = async (file: string): Promise<number> =>
    (await stat(join(directory, file))).mtimeMs;
  const times = await Promise.all((await readdir(directory)).map(writtenAt));
  return (await writtenAt(name)) >= Math.max(...times);
}

/** The program itself can read what is left. */
async function opens(machine: Machine): Promise<readonly string[]> {
  const { code, stderr } = await runHermes(machine, ["cron", "list", "--json"]);
  return code === 0 ? [] : [`hermes cron list ends with ${code}: ${stderr.trim()}`];
}

function isSingle({ name }: Job): boolean {
  return name.startsWith("single");
}

function twice<Value>(values: readonly Value[]): ReadonlySet<Value> {
  const seen = new Set<Value>();
  return new Set(values.filter((value) => seen.size === seen.add(value).size));
}

async function withStore<T>(
  { home }: Machine,
  work: (store: SqliteCronStore) => Promise<T>,
): Promise<T> {
  const exists = async (path: string): Promise<boolean> => existsSync(path);
  await using store = new SqliteCronStore({ exists }, join(home, "cron", "jobs.db"));
  return await work(store);
}
