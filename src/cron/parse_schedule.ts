import type { Schedule } from "../core/cron.ts";
import { HermesError } from "../core/errors.ts";
import { nextRun, readExpression } from "./next_run.ts";

/** What a schedule is read with. */
export interface ScheduleContext {
  /** ms since epoch. */
  readonly now: number;
  /** IANA name of the zone whose clock is meant. */
  readonly timezone: string;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** An interval below this is a mistake, or a program that should be a service. */
const shortestMs = 10_000;
const longestMs = 366 * dayMs;
/** A single time is this far away at most: what is more is a slip of the hand, and no `Date` reaches for ever. */
const farthestMs = 100 * longestMs;

const units: Readonly<Record<string, number>> = {
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  m: minuteMs,
  min: minuteMs,
  minute: minuteMs,
  h: hourMs,
  hr: hourMs,
  hour: hourMs,
  d: dayMs,
  day: dayMs,
  w: 7 * dayMs,
  week: 7 * dayMs,
};

/** Names of days as `every` takes them, with what cron calls them. */
const days: Readonly<Record<string, string>> = {
  day: "*",
  weekday: "1-5",
  weekend: "0,6",
  sunday: "0",
  monday: "1",
  tuesday: "2",
  wednesday: "3",
  thursday: "4",
  friday: "5",
  saturday: "6",
};

/**
 * A schedule from what a person types: `30m` (once, from now), `every 90s`, `every 2h 30m`, `every day at 09:00`,
 * `every monday,friday at 17:30`, a cron expression with names or a nickname (`0 9 * * MON-FRI`, `@daily`), or a time
 * (`2026-12-24T18:00`, read in the zone unless it says its own).
 * @throws {HermesError} `usage/invalid` saying what is wrong with the nearest thing it could have been
 */
export function parseSchedule(typed: string, context: ScheduleContext): Schedule {
  checkTimezone(context.timezone);
  const text = typed.trim().replace(/\s+/g, " ");
  const lower = text.toLowerCase();
  if (text === "") throw wrong("A schedule is missing");
  if (lower.startsWith("every ")) return parseEvery(lower.slice("every ".length), context);
  if (/^\d{4}-/.test(text)) return parseTime(text, context);
  const delay = durationOf(lower.replace(/^in /, ""));
  if (delay !== undefined) {
    if (delay > farthestMs) throw wrong(`A single time is within a hundred years, found: ${text}`);
    return { kind: "once", at: context.now + delay };
  }
  return parseExpression(text, context);
}

function parseEvery(rest: string, context: ScheduleContext): Schedule {
  const daily = /^(.+?) at (.+)$/.exec(rest);
  if (daily) return parseDays(daily[1] ?? "", daily[2] ?? "", context);
  if (Object.hasOwn(days, rest) && rest !== "day") return parseDays(rest, "00:00", context);
  const everyMs = durationOf(rest) ?? durationOf(`1 ${rest}`);
  if (everyMs === undefined) {
    throw wrong(`An interval is a number with a unit (s, m, h, d, w), found: every ${rest}`);
  }
  if (everyMs < shortestMs) throw wrong(`An interval is at least 10 s, found: every ${rest}`);
  if (everyMs > longestMs) throw wrong(`An interval is a year at most, found: every ${rest}`);
  return { kind: "interval", everyMs, anchor: context.now };
}

function parseDays(named: string, time: string, { timezone }: ScheduleContext): Schedule {
  const fields = named.split(/ ?, ?| and /).map((name) => {
    const day = name.replace(/s$/, "");
    return Object.hasOwn(days, day) ? days[day] : undefined;
  });
  if (fields.includes(undefined)) {
    throw wrong(`Days are day, weekday, weekend and monday to sunday, found: ${named}`);
  }
  const [hour, minute] = clockTime(time);
  const onDays = fields.includes("*") ? "*" : fields.join(",");
  return { kind: "cron", expression: `${minute} ${hour} * * ${onDays}`, timezone };
}

function clockTime(text: string): readonly [number, number] {
  const match = /^(\d{1,2})(?::(\d{2}))? ?(am|pm)?$/.exec(text);
  const half = match?.[3];
  const [hour, minute] = [Number(match?.[1] ?? NaN), Number(match?.[2] ?? 0)];
  const isGood = half === undefined ? hour <= 23 : hour >= 1 && hour <= 12;
  if (!isGood || minute > 59) throw wrong(`A time of day is 00:00 to 23:59, found: ${text}`);
  if (half === undefined) return [hour, minute];
  return [(hour % 12) + (half === "pm" ? 12 : 0), minute];
}

function parseTime(text: string, { now, timezone }: ScheduleContext): Schedule {
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:\.\d+)? ?(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(
      text,
    );
  if (!match) throw wrong(`A time is written as 2026-12-24T18:00, found: ${text}`);
  const [, date = "", clock = "00:00", seconds = ":00", offset] = match;
  const iso = `${date}T${clock}${seconds}`;
  // A day that is not there must not become the next one.
  const plain = Date.parse(`${iso}Z`);
  const isReal = !Number.isNaN(plain) && new Date(plain).toISOString().startsWith(iso);
  if (!isReal) throw wrong(`There is no such time: ${text}`);
  const at =
    offset === undefined
      ? readExpression(iso, timezone).nextRun(new Date(0))?.getTime()
      : Date.parse(`${iso}${offset.toUpperCase()}`);
  if (at === undefined || Number.isNaN(at)) throw wrong(`There is no such time: ${text}`);
  if (at <= now) throw wrong(`This time has passed: ${text}`);
  return { kind: "once", at };
}

function parseExpression(text: string, { now, timezone }: ScheduleContext): Schedule {
  const schedule = { kind: "cron", expression: text, timezone } as const;
  const fields = text.split(" ").length;
  if (!text.startsWith("@") && fields !== 5 && fields !== 6) {
    throw wrong(
      `A schedule has five fields as cron has them, or is a time or an interval, found: ${text}`,
    );
  }
  let next: number | undefined;
  try {
    next = nextRun(schedule, now);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^\w+: /, "") : String(error);
    throw wrong(`Cannot read the schedule "${text}": ${reason}`);
  }
  if (next === undefined) throw wrong(`This schedule never comes: ${text}`);
  return schedule;
}

/** ms of `90s`, `2h 30m`, `1.5h`, `1 day`; undefined for anything else. */
function durationOf(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)? ?[a-z]+ ?)+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, number = "", unit = ""] of text.matchAll(/(\d+(?:\.\d+)?) ?([a-z]+)/g)) {
    // A letter has no plural: `ms` are no minutes.
    const ms = units[unit] ?? units[unit.replace(/(?<=..)s$/, "")];
    if (ms === undefined) return undefined;
    sum += Number(number) * ms;
  }
  return sum > 0 ? Math.round(sum) : undefined;
}

function checkTimezone(timezone: string): void {
  try {
    Intl.DateTimeFormat("en", { timeZone: timezone });
  } catch {
    throw new HermesError("usage/invalid", `There is no such time zone: ${timezone}`, {
      hint: "zones are named like Europe/Berlin or UTC: --timezone NAME",
    });
  }
}

function wrong(problem: string): HermesError {
  return new HermesError("usage/invalid", problem, {
    hint: 'for example "every day at 09:00", "every 30m", "0 9 * * MON-FRI", "2026-12-24T18:00"',
  });
}
