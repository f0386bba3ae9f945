import { nextRun } from "../../src/cron/next_run.ts";
import { clockOf, firings } from "../../tests/cron/oracle.ts";
import { expressions, zones } from "../../tests/cron/schedules.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { createRandom } from "./random.ts";

/** Whole years of cron expressions in zones with odd clocks: each fires exactly when an oracle says that it does. */
export const name = "schedules";
export const defaultCount = expressions.length * zones.length;
export const shortCount = 12;

const minuteMs = 60_000;
const days = 365;

/** Compares `count` pairs of an expression and a zone, each in a year that follows from `seed`. */
export async function run({ count, seed, log }: CampaignOptions): Promise<CampaignResult> {
  const random = createRandom(seed);
  const from = Date.UTC(2020 + random.integer(0, 15), 0, 1);
  const until = from + days * 24 * 60 * minuteMs;
  const pairs = zones.flatMap((timezone) =>
    expressions.map((expression) => ({ timezone, expression, order: random.next() })),
  );
  const failures: string[] = [];
  for (const { timezone, expression } of pairs
    .toSorted((a, b) => a.order - b.order)
    .slice(0, count)) {
    const fired: number[] = [];
    const schedule = { kind: "cron", expression, timezone } as const;
    for (let at = nextRun(schedule, from - 1); at !== undefined && at < until;) {
      fired.push(at);
      at = nextRun(schedule, at);
    }
    const expected = firings(expression, clockOf(timezone, from, days));
    const at = expected.findIndex((time, index) => fired[index] !== time);
    if (at !== -1 || fired.length !== expected.length) {
      const [mine, other] = [fired, expected].map((times) =>
        new Date(times[at] ?? 0).toISOString(),
      );
      failures.push(`${expression} in ${timezone}: ${mine}, not ${other}`);
    }
  }
  log(`the year ${new Date(from).getUTCFullYear()}`);
  return { cases: Math.min(count, pairs.length), failures };
}
