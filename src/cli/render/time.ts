const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How long ago something was, in words; its date when that is more than a month. Both in ms since epoch. */
export function relativeTime(at: number, now: number): string {
  const age = now - at;
  if (age < minute) return "just now";
  if (age < hour) return ago(Math.floor(age / minute), "minute");
  if (age < day) return ago(Math.floor(age / hour), "hour");
  if (age < 30 * day) return ago(Math.floor(age / day), "day");
  return isoTime(at).slice(0, 10);
}

/** A moment as programs read it: ISO 8601, UTC. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

function ago(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}
