import type { Schedule } from "../../src/core/cron.ts";
import { nextRun } from "../../src/cron/next_run.ts";
import { parseSchedule } from "../../src/cron/parse_schedule.ts";
import { beats, clockOf, firings, type ZoneClock } from "../../tests/cron/oracle.ts";
import { expressions, intervals, onDays, zones } from "../../tests/cron/schedules.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { createRandom, type Random } from "./random.ts";

/**
 * Whole years of schedules as people type them, in zones with odd clocks: each fires exactly when an oracle says that it
 * does, however late the time before it was looked at.
 */
export const name = "schedules";

const minuteMs = 60_000;
const days = 365;

/** A schedule as it is typed, and its times in a span by the oracle. */
interface Case {
  readonly typed: string;
  readonly timezone: string;
  readonly expected: (clock: ZoneClock, until: number) => readonly number[];
}

const cases: readonly Case[] = zones.flatMap((timezone) => [
  ...[...expressions.map((typed) => [typed, typed] as const), ...onDays].map(
    ([typed, expression]): Case => ({
      typed,
      timezone,
      expected: (clock) => firings(expression, clock),
    }),
  ),
  ...intervals.map(([typed, everyMs]): Case => ({
    typed,
    timezone,
    expected: ({ from }, until) => beats(everyMs, from, until),
  })),
]);

export const defaultCount = cases.length;
export const shortCount = 16;

/** Compares `count` pairs of a schedule and a zone, each in a year that follows from `seed`. */
export async function run({ count, seed, log }: CampaignOptions): Promise<CampaignResult> {
  const random = createRandom(seed);
  const from = Date.UTC(2020 + random.integer(0, 15), 0, 1);
  const until = from + days * 24 * 60 * minuteMs;
  const chosen = cases
    .map((one) => ({ one, order: random.next() }))
    .toSorted((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ one }) => one);
  const clocks = new Map(zones.map((zone) => [zone, clockOf(zone, from, days)]));
  const failures: string[] = [];
  let times = 0;
  for (const { typed, timezone, expected } of chosen) {
    const clock = clocks.get(timezone) ?? clockOf(timezone, from, days);
    const right = expected(clock, until);
    // Typed a moment before the year, so that an interval begins with it.
    const schedule = parseSchedule(typed, { now: from, timezone });
    const fired = firedUntil(schedule, { from, until }, random);
    times += fired.length;
    const at = Array.from({ length: Math.max(right.length, fired.length) }).findIndex(
      (_, index) => fired[index] !== right[index],
    );
    if (at === -1) continue;
    const [mine, other] = [fired, right].map((list) => timeOrNone(list[at]));
    failures.push(`${typed} in ${timezone}: ${mine}, not ${other}`);
  }
  log(`the year ${new Date(from).getUTCFullYear()}, ${times} times`);
  return { cases: chosen.length, failures };
}

/** No two times of a schedule are nearer than this, in ms. */
const latestMs = 45_000;

/** The times of a schedule, each looked for some time behind the one before it, as by a daemon that was busy. */
function firedUntil(
  schedule: Schedule,
  { from, until }: { readonly from: number; readonly until: number },
  random: Random,
): readonly number[] {
  const fired: number[] = [];
  for (let at = nextRun(schedule, from - 1); at !== undefined && at < until;) {
    fired.push(at);
    at = nextRun(schedule, at + random.integer(0, latestMs - 1));
  }
  return fired;
}

function timeOrNone(at: number | undefined): string {
  return at === undefined ? "none" : new Date(at).toISOString();
}
