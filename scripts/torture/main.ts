/**
 * Runs campaigns: `bun scripts/torture/main.ts [campaign...] [--short] [--count N] [--seed S]`. Prints a table; the last
 * line counts the cases. The seed is printed, to run the same cases again.
 */
import { parseArgs } from "node:util";
import type { Campaign, CampaignResult } from "./campaign.ts";
import * as codex from "./codex.ts";
import * as cronKill from "./cron_kill.ts";
import * as crontab from "./crontab.ts";
import * as disk from "./disk.ts";
import * as kill from "./kill.ts";
import * as logins from "./logins.ts";
import * as migrate from "./migrate.ts";
import * as migrateKill from "./migrate_kill.ts";
import * as renewals from "./renewals.ts";
import * as schedules from "./schedules.ts";
import * as soak from "./soak.ts";
import * as soakKill from "./soak_kill.ts";
import * as sse from "./sse.ts";

const campaigns: readonly Campaign[] = [
  kill,
  sse,
  codex,
  renewals,
  logins,
  disk,
  migrate,
  migrateKill,
  soak,
  soakKill,
  schedules,
  cronKill,
  crontab,
];

/** Failed cases that are shown of a campaign. */
const maxShown = 20;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: "boolean", default: false },
    count: { type: "string" },
    seed: { type: "string" },
  },
});
const seed = wholeNumber("--seed", values.seed) ?? Date.now() % 2 ** 32;
const count = wholeNumber("--count", values.count);

const rows: string[][] = [["campaign", "cases", "failed", "seconds", "seed"]];
let passed = 0;
let failed = 0;
for (const campaign of chosen(positionals)) {
  const usual = values.short ? campaign.shortCount : campaign.defaultCount;
  const startedAt = performance.now();
  const { cases, failures } = await runCampaign(campaign, count ?? usual);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  for (const line of failures.slice(0, maxShown)) console.log(`${campaign.name}: ${line}`);
  rows.push([campaign.name, String(cases), String(failures.length), seconds, String(seed)]);
  // One case may have several failures.
  passed += Math.max(0, cases - failures.length);
  failed += failures.length;
}

console.log(table(rows));
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
if (failed > 0) process.exitCode = 1;

async function runCampaign(campaign: Campaign, cases: number): Promise<CampaignResult> {
  const log = (line: string): void => console.log(`${campaign.name}: ${line}`);
  try {
    return await campaign.run({ count: cases, seed, log });
  } catch (error) {
    // A campaign that cannot run is a failure, not a success of nothing.
    return { cases: 1, failures: [error instanceof Error ? error.message : String(error)] };
  }
}

function chosen(names: readonly string[]): readonly Campaign[] {
  const unknown = names.find((name) => !campaigns.some((campaign) => campaign.name === name));
  if (unknown !== undefined) {
    const known = campaigns.map((campaign) => campaign.name).join(", ");
    throw new TypeError(`No campaign has this name, there are ${known}: ${unknown}`);
  }
  return names.length === 0 ? campaigns : campaigns.filter(({ name }) => names.includes(name));
}

function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new TypeError(`${flag} takes a whole number: ${text}`);
  return Number(text);
}

function table(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? "").length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
