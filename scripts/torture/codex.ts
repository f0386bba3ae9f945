import { codexVersions } from "../../tests/fakes/codex_binaries.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { type CodexKill, codexWork, runCodexKill } from "./codex_case.ts";
import { createRandom } from "./random.ts";

/** `kill -9` of hermes in the middle of turns on the real codex: nothing that was started outlives it. */
export const name = "codex";
export const defaultCount = 200;
export const shortCount = 12;

/** Cases beside one another; more would disturb their moments. */
const parallel = 2;
const reportEvery = 25;
/** An undisturbed turn has begun its work by then, in milliseconds. */
const longestMs = 900;

/** @throws {Error} when the binary or a codex is missing */
export async function run({ count, seed, log }: CampaignOptions): Promise<CampaignResult> {
  const random = createRandom(seed);
  const [oldest, newest] = codexVersions;
  if (!oldest || !newest) throw new Error("There are two versions of codex to test with");
  const cases = Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    kill: {
      codex: random.pick([oldest, newest]),
      work: random.pick(codexWork),
      afterMs: random.next() * longestMs,
    } satisfies CodexKill,
  }));
  const failures: string[] = [];
  let done = 0;
  let longest = 0;
  const work = cases.values();
  const worker = async (): Promise<void> => {
    for (const { number, kill } of work) {
      const { failure, goneAfterMs } = await runCodexKill(kill);
      longest = Math.max(longest, goneAfterMs);
      done++;
      if (failure !== undefined) {
        const told = `${kill.codex.version}, ${kill.work}, killed after ${kill.afterMs.toFixed(0)} ms`;
        failures.push(`case ${number} of seed ${seed} (${told}): ${failure}`);
      }
      if (done % reportEvery === 0) log(`${done} of ${count}, ${failures.length} failed`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  log(`everything was gone ${longest.toFixed(0)} ms after a kill at the latest`);
  return { cases: count, failures };
}
