import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startResponsesServer } from "../../tests/fakes/responses_server.ts";
import { callTool, type ServerStep, textAnswer } from "../../tests/fakes/server_steps.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { isSettled, judgeHome, oftenName, ranFile, singleName } from "./cron_judge.ts";
import { binaryPath, createSandbox, runHermes, type Sandbox } from "./hermes.ts";
import { processesOf } from "./processes_of.ts";
import { createRandom, type Random } from "./random.ts";

/**
 * `kill -9` of `hermes cron daemon`, which has twenty recurring jobs and, each time, two more that run once: no recurring
 * job runs twice for one time, none that runs once is lost, and the books know of everything that ran.
 */
export const name = "cron-kill";
export const defaultCount = 200;
export const shortCount = 4;

/** A daemon lives so long at most, in ms. */
const longestLifeMs = 5_000;
/**
 * So often a daemon is killed only when no single job is owed any more: one whose work takes longer than any daemon lives
 * would be given up, however slow the machine is.
 */
const restEvery = 5;
/** What single jobs are owed has to come within this time, in ms, when nothing is killed any more. */
const patienceMs = 120_000;
const reportEvery = 25;

/** Tells of itself before and behind its work, some of which outlives its daemon. */
const script = `#!/bin/sh
echo "begin $HERMES_CRON_JOB_NAME $HERMES_CRON_RUN_ID $HERMES_CRON_DUE_AT" >>"$HERMES_HOME/${ranFile}"
sleep 0.0$(($$ % 10))
(sleep 0.1; true) &
echo "begin of $HERMES_CRON_RUN_ID"
seq 1 500
echo "end of $HERMES_CRON_RUN_ID"
`;

/** How jobs are made, as a person would: what goes behind the schedule. */
const byScript = ["--script", "work.sh", "--no-agent"];
const byPrompt = ["Say how it is"];
const byBoth = ["Wait, then say how it is", "--script", "work.sh"];
const slowDelivery = ["--deliver", "command:sleep 0.1; cat >/dev/null"];
const kinds = [byScript, [...byScript, ...slowDelivery], byPrompt, byBoth] as const;

/** @throws {Error} when the binary is missing, or a job cannot be added */
export async function run({ count, seed, log }: CampaignOptions): Promise<CampaignResult> {
  const random = createRandom(seed);
  await using server = await startResponsesServer({ repeat: true, steps: [answer] });
  await using sandbox = await createSandbox({ url: server.url, apiMode: "codex_responses" });
  await mkdir(join(sandbox.home, "scripts"));
  await writeFile(join(sandbox.home, "scripts", "work.sh"), script, { mode: 0o700 });
  const config = join(sandbox.home, "config.yaml");
  const text = await readFile(config, "utf8");
  await writeFile(config, `${text}cron: {max_parallel_jobs: 6, timezone: UTC}\n`);

  await addRecurring(sandbox);
  for (let round = 1; round <= count; round++) {
    const [daemon] = await Promise.all([
      round % restEvery === 0
        ? liveUntilSettled(sandbox)
        : liveShortly(sandbox, random.integer(0, longestLifeMs)),
      addSingles(sandbox, random, round),
    ]);
    if (daemon.exitCode !== null) throw new Error(`A daemon ended with ${daemon.exitCode}`);
    if (round % reportEvery === 0) log(`${round} of ${count}`);
  }
  const failures = [
    ...(await settle(sandbox)),
    ...(await judgeHome(sandbox, count, log)),
    ...(await processesOf(sandbox.home)).map((line) => `left behind: ${line}`),
  ];
  return { cases: count, failures };
}

/** What waits asks for a program first, so that a turn can die between two requests. */
function answer({ body }: { readonly body: unknown }): ServerStep {
  const input = JSON.stringify(body);
  const isWaiting = input.includes("Wait, then say") && !input.includes("function_call_output");
  if (!isWaiting) return textAnswer("All is well.\n\nThe end.", { delayMs: 50 });
  return callTool("terminal", { command: "sleep 0.1; echo waited" }, { delayMs: 50 });
}

async function addRecurring(sandbox: Sandbox): Promise<void> {
  for (let index = 0; index < 20; index++) {
    const isTurn = index % 5 === 4;
    // Every job of seconds has its own beat; the shortest interval is 10 s.
    const often = `${index % 3}-59/${3 + (index % 7)} * * * * *`;
    const schedule = isTurn || index % 5 === 0 ? "every 10s" : often;
    await add(sandbox, schedule, {
      name: oftenName(index),
      task: isTurn ? byPrompt : (kinds[index % 2] ?? byScript),
    });
  }
}

async function addSingles(sandbox: Sandbox, random: Random, round: number): Promise<void> {
  for (const letter of ["a", "b"]) {
    await add(sandbox, `${random.integer(1, 20) / 10}s`, {
      name: singleName(round, letter),
      task: random.pick(kinds),
    });
  }
}

async function add(
  sandbox: Sandbox,
  schedule: string,
  job: { readonly name: string; readonly task: readonly string[] },
): Promise<void> {
  const args = ["cron", "add", schedule, ...job.task, "--name", job.name, "--json"];
  const { code, stderr } = await runHermes(sandbox, args);
  if (code !== 0) throw new Error(`${job.name} cannot be added: ${stderr.trim()}`);
}

/** A daemon that is killed after some time. */
async function liveShortly(sandbox: Sandbox, lifeMs: number): Promise<ChildProcess> {
  const daemon = startDaemon(sandbox);
  const gone = once(daemon, "close");
  await sleep(lifeMs);
  daemon.kill("SIGKILL");
  await gone;
  return daemon;
}

/** A daemon that is killed when nothing that runs once is owed any more. */
async function liveUntilSettled(sandbox: Sandbox): Promise<ChildProcess> {
  const daemon = startDaemon(sandbox);
  const gone = once(daemon, "close");
  await settled(sandbox, daemon);
  daemon.kill("SIGKILL");
  await gone;
  return daemon;
}

async function settled(sandbox: Sandbox, { pid }: ChildProcess): Promise<void> {
  const givesUpAt = performance.now() + patienceMs;
  while (!(await isSettled(sandbox, pid)) && performance.now() < givesUpAt) await sleep(200);
}

/** Lets a daemon live until nothing that runs once is owed any more; then it is told to end, and does. */
async function settle(sandbox: Sandbox): Promise<readonly string[]> {
  const daemon = startDaemon(sandbox);
  const gone = once(daemon, "close");
  await settled(sandbox, daemon);
  daemon.kill("SIGTERM");
  await gone;
  return daemon.exitCode === 0 ? [] : [`The last daemon ended with ${daemon.exitCode}`];
}

function startDaemon({ home, cwd }: Sandbox): ChildProcess {
  return spawn(binaryPath(), ["cron", "daemon"], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: home, HERMES_HOME: home },
    stdio: "ignore",
  });
}
