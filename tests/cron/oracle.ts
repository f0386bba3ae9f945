/**
 * A second way to say when a cron expression fires, which shares nothing with the first: every minute of a span is looked
 * at, with the clock of its zone beside it.
 */

const minuteMs = 60_000;
const dayMinutes = 1_440;

/** Five fields without names: `*`, numbers, lists, ranges, steps. */
interface Fields {
  readonly minute: ReadonlySet<number>;
  readonly hour: ReadonlySet<number>;
  readonly day: ReadonlySet<number>;
  readonly month: ReadonlySet<number>;
  readonly weekday: ReadonlySet<number>;
  /** Where both days are given, one of them is enough. */
  readonly isEitherDay: boolean;
  /** One minute of one hour: daylight saving neither drops nor doubles it. */
  readonly isFixedTime: boolean;
}

const nicknames: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

const names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const months = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");

function setOf(field: string, [low, high]: readonly [number, number]): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const [range = "", step = "1"] = part.split("/");
    const [first, last] = range === "*" ? [low, high] : range.split("-").map(Number);
    const to = last ?? (part.includes("/") ? high : (first ?? low));
    for (let value = first ?? low; value <= to; value += Number(step)) values.add(value);
  }
  return values;
}

function fieldsOf(expression: string): Fields {
  const plain = (nicknames[expression] ?? expression)
    .toLowerCase()
    .replace(/[a-z]{3}/g, (name) =>
      String(names.includes(name) ? names.indexOf(name) : months.indexOf(name) + 1),
    );
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = plain.split(" ");
  return {
    minute: setOf(minute, [0, 59]),
    hour: setOf(hour, [0, 23]),
    day: setOf(day, [1, 31]),
    month: setOf(month, [1, 12]),
    weekday: new Set([...setOf(weekday, [0, 6])].map((value) => value % 7)),
    isEitherDay: day !== "*" && weekday !== "*",
    isFixedTime: /^\d+$/.test(minute) && /^\d+$/.test(hour),
  };
}

/** The clock of a zone: what it shows in each minute of a span. */
export interface ZoneClock {
  readonly from: number;
  /** Minutes since 1970 as the zone's clock shows them, for each minute. */
  readonly shown: Int32Array;
}

/** The clock of a zone over a span, asked of Intl for every quarter of an hour. */
export function clockOf(timezone: string, from: number, days: number): ZoneClock {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const shown = new Int32Array(days * dayMinutes);
  for (let start = 0; start < shown.length; start += 15) {
    const parts =
      format
        .format(from + start * minuteMs)
        .match(/\d+/g)
        ?.map(Number) ?? [];
    const [month = 1, day = 1, year = 1970, hour = 0, minute = 0] = parts;
    const local = Date.UTC(year, month - 1, day, hour, minute) / minuteMs;
    for (let minutes = 0; minutes < 15; minutes++) shown[start + minutes] = local + minutes;
  }
  return { from, shown };
}

/** Every time at which the expression fires in the span of a clock, in ms since epoch. */
export function firings(expression: string, { from, shown }: ZoneClock): readonly number[] {
  const fields = fieldsOf(expression);
  const times: number[] = [];
  let latest = -Infinity;
  for (const [index, local] of shown.entries()) {
    const at = from + index * minuteMs;
    const before = index === 0 ? local - 1 : (shown[index - 1] ?? local - 1);
    if (fields.isFixedTime) {
      // What a jump of the clock left out comes with the minute behind it; what it repeats has been.
      for (let skipped = Math.max(before, latest) + 1; skipped <= local; skipped++) {
        if (matches(fields, skipped) && times.at(-1) !== at) times.push(at);
      }
      latest = Math.max(latest, local);
    } else if (matches(fields, local)) {
      times.push(at);
    }
  }
  return times;
}

function matches(fields: Fields, local: number): boolean {
  if (!fields.minute.has(local % 60) || !fields.hour.has(Math.floor(local / 60) % 24)) return false;
  const date = new Date(local * minuteMs);
  const isDay = fields.day.has(date.getUTCDate());
  const isWeekday = fields.weekday.has(date.getUTCDay());
  const isThisDay = fields.isEitherDay ? isDay || isWeekday : isDay && isWeekday;
  return isThisDay && fields.month.has(date.getUTCMonth() + 1);
}

/** Every time of an interval from its anchor up to, not including, `until`, in ms since epoch: added up one by one. */
export function beats(everyMs: number, anchor: number, until: number): readonly number[] {
  const times: number[] = [];
  for (let at = anchor; at < until; at += everyMs) times.push(at);
  return times;
}
