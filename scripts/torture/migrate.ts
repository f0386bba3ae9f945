import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { roundTrip } from "../../tests/codex/round_trip.ts";
import { codexVersions } from "../../tests/fakes/codex_binaries.ts";
import { randomConfig } from "../../tests/fakes/config_texts.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { createRandom } from "./random.ts";

/** Generated and hand-made `config.toml` files through migrate, migrate again and unmigrate, with every codex as judge. */
export const name = "migrate";
export const defaultCount = 1_000;
export const shortCount = 12;

const parallel = 3;
const reportEvery = 100;

/** The hand-made files come on top of `count`. */
export async function run({ count, seed, log }: CampaignOptions): Promise<CampaignResult> {
  const random = createRandom(seed);
  const made = await handMade();
  const generated = Array.from({ length: count }, (_, index) => ({
    name: `file ${index + 1} of seed ${seed}`,
    text: randomConfig(random),
  }));
  const cases = [...made, ...generated];
  const failures: string[] = [];
  let done = 0;
  const work = cases.entries();
  const worker = async (): Promise<void> => {
    for (const [index, { name: file, text }] of work) {
      // Each of them is the one that judges, in turns; all have to accept the result.
      const codex = codexVersions.map((_, at, all) => all[(index + at) % all.length]?.path ?? "");
      const found = await roundTrip(text, { codex });
      if (found.length > 0)
        failures.push(`${file}: ${found.join("; ")} in ${JSON.stringify(text)}`);
      if (++done % reportEvery === 0) log(`${done} of ${cases.length}, ${failures.length} failed`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  log(`${made.length} hand-made files, ${generated.length} generated ones`);
  return { cases: cases.length, failures };
}

async function handMade(): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const folder = resolve(import.meta.dir, "../../tests/fixtures/config");
  const names = (await readdir(folder)).filter((file) => file.endsWith(".toml")).toSorted();
  return await Promise.all(
    names.map(async (file) => ({ name: file, text: await readFile(join(folder, file), "utf8") })),
  );
}
