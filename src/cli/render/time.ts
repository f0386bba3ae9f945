import { counted } from "../../core/counted.ts";

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

/** How far off something is, in words; `due` when its time has come. Both in ms since epoch. */
export function timeUntil(at: number, now: number): string {
  const left = at - now;
  if (left <= 0) return "due";
  if (left < minute) return `in ${counted(Math.ceil(left / 1_000), "second")}`;
  if (left < hour) return `in ${counted(Math.round(left / minute), "minute")}`;
  if (left < 2 * day) return `in ${counted(Math.round(left / hour), "hour")}`;
  return `in ${counted(Math.round(left / day), "day")}`;
}

/** How long something took, in few characters: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** A moment as programs read it: ISO 8601, UTC. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

function ago(count: number, unit: string): string {
  return `${counted(count, unit)} ago`;
}
