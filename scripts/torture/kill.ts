import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { createSandbox, type Endpoint, eventsOf, runHermes } from "./hermes.ts";
import { type KillMoment, runKillCase } from "./kill_case.ts";
import { startKillServer } from "./kill_server.ts";
import { createRandom, type Random } from "./random.ts";

/** `kill -9` at random moments of a turn: what was reported as complete is stored, and the session goes on. */
export const name = "kill";
export const defaultCount = 500;
export const shortCount = 25;

/** Cases beside one another; more would disturb their moments. */
const parallel = 2;
const reportEvery = 50;

/** @throws {Error} when the binary is missing, or the turn fails without being killed */
export async function run({ count, seed, log }: CampaignOptions): Promise<CampaignResult> {
  await using server = await startKillServer();
  const random = createRandom(seed);
  const whole = await measureTurn({ url: server.url, apiMode: "codex_responses" });
  log(`an undisturbed turn takes ${Math.round(whole.ms)} ms and prints ${whole.lines} lines`);

  const cases = Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    moment: randomMoment(random, whole),
    apiMode: random.pick(["codex_responses", "chat_completions"] as const),
  }));
  const failures: string[] = [];
  let done = 0;
  let acknowledged = 0;
  const work = cases.values();
  const worker = async (): Promise<void> => {
    for (const { number, moment, apiMode } of work) {
      const outcome = await runKillCase({ url: server.url, apiMode }, moment);
      acknowledged += outcome.acknowledged;
      done++;
      if (outcome.failure !== undefined) {
        failures.push(
          `case ${number} of seed ${seed} (${apiMode}, ${told(moment)}): ${outcome.failure}`,
        );
      }
      if (done % reportEvery === 0) log(`${done} of ${count}, ${failures.length} failed`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  log(`${acknowledged} items had been reported before the kills`);
  return { cases: count, failures };
}

interface WholeTurn {
  readonly ms: number;
  readonly lines: number;
}

async function measureTurn(endpoint: Endpoint): Promise<WholeTurn> {
  await using sandbox = await createSandbox(endpoint);
  const startedAt = performance.now();
  const { code, stdout, stderr } = await runHermes(sandbox, ["-z", "Do the work", "--json"]);
  const events = eventsOf(stdout);
  if (code !== 0) {
    const reason = JSON.stringify(events.at(-1) ?? stderr.trim());
    throw new Error(`The turn fails without being killed, with ${code}: ${reason}`);
  }
  return { ms: performance.now() - startedAt, lines: events.length };
}

/** Half of the kills anywhere in time, half close to something that was just reported. */
function randomMoment(random: Random, whole: WholeTurn): KillMoment {
  return random.next() < 0.5
    ? { after: "start", ms: random.next() * whole.ms }
    : { after: "line", line: random.integer(1, whole.lines - 1), ms: random.pick([0, 0, 1, 2, 5]) };
}

function told(moment: KillMoment): string {
  return moment.after === "start"
    ? `killed after ${moment.ms.toFixed(1)} ms`
    : `killed ${moment.ms} ms after line ${moment.line}`;
}
