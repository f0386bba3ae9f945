import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAuthFile } from "../../src/auth/auth_file.ts";
import { type AuthLab, openAuthLab } from "../../tests/e2e/auth/lab.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { createRandom } from "./random.ts";

/**
 * `kill -9` in the middle of renewals: of callers, which never costs a login, and of the helper that renews, which may
 * cost one only while it waits for the server, and then it is told.
 */
export const name = "logins";
export const defaultCount = 1_200;
export const shortCount = 24;

const parallel = 2;
const reportEvery = 100;
const email = "ada@example.com";
/** The server takes so long, in milliseconds: most of the kills fall into it. */
const latencyMs = 20;
/** An undisturbed turn with a renewal is over by then. */
const longestMs = 160;

type Victim = "caller" | "helper";

interface Kill {
  readonly number: number;
  readonly victim: Victim;
  readonly afterMs: number;
}

/** What became of a login. */
interface Outcome {
  readonly isLost: boolean;
  readonly failure: string | undefined;
}

export async function run({ count, seed, log }: CampaignOptions): Promise<CampaignResult> {
  const random = createRandom(seed);
  const kills: readonly Kill[] = Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    // One in six: the helper's window is narrow, and every loss in it is a sign-in of somebody's.
    victim: index % 6 === 5 ? "helper" : "caller",
    afterMs: random.next() * longestMs,
  }));
  const failures: string[] = [];
  const lost = { caller: 0, helper: 0 };
  let done = 0;
  const work = kills.values();
  const worker = async (): Promise<void> => {
    for (const kill of work) {
      const { isLost, failure } = await runKill(kill);
      done++;
      if (isLost) lost[kill.victim]++;
      if (failure !== undefined) {
        failures.push(
          `case ${kill.number} of seed ${seed} (${kill.victim} after ${kill.afterMs.toFixed(0)} ms): ${failure}`,
        );
      }
      if (done % reportEvery === 0) log(`${done} of ${count}, ${failures.length} failed`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  log(
    `lost: ${lost.caller} to kills of callers, ${lost.helper} to kills of the helper in its window`,
  );
  return { cases: count, failures };
}

async function runKill({ victim, afterMs }: Kill): Promise<Outcome> {
  await using lab = await openAuthLab({ latencyMs });
  await lab.writeLogins([{ vendor: "xai-oauth", email, lifeSeconds: 0 }]);
  const turn = lab.start(["-z", "Say hello"]);
  if (victim === "caller") {
    await sleep(afterMs);
    turn.signal("SIGKILL");
  } else {
    const helper = await helperOf(lab);
    await sleep((afterMs / longestMs) * 70);
    if (helper !== undefined) end(helper);
  }
  await turn.ended;
  await untilNoHelper(lab);
  const text = await readFile(lab.storePath, "utf8");
  const torn = parses(text, lab.storePath) ? undefined : `the file is torn: ${text.slice(0, 80)}`;
  const next = await lab.run(["-z", "Say hello"]);
  const isLost = next.code !== 0;
  const isTold = next.code === 4 && /a renewal was cut off at/.test(next.stderr);
  const mayBeLost = victim === "helper" && isTold;
  const failure =
    torn ??
    (isLost && !mayBeLost ? `the login is lost (${next.code}): ${next.stderr.trim()}` : undefined);
  return { isLost, failure };
}

function parses(text: string, path: string): boolean {
  try {
    parseAuthFile(text, path);
    return true;
  } catch {
    return false;
  }
}

/** The process that renews for this home, as soon as there is one. */
async function helperOf(lab: AuthLab): Promise<number | undefined> {
  for (let tries = 0; tries < 200; tries++) {
    const [helper] = await helpers(lab);
    if (helper !== undefined) return helper;
    await sleep(1);
  }
  return undefined;
}

async function untilNoHelper(lab: AuthLab): Promise<void> {
  while ((await helpers(lab)).length > 0) await sleep(5);
}

/** Processes that renew, of this home alone: others run beside. */
async function helpers(lab: AuthLab): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (!command.includes("\0auth\0refresh\0")) return [];
      const env = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      return env.includes(`HERMES_HOME=${lab.sandbox.home}`) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It had just ended.
  }
}
