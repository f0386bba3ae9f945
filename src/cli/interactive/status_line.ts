import { seconds } from "./result_summary.ts";

/** Changes ten times a second. */
export const frameMs = 100;

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** What runs now. */
export interface Activity {
  readonly label: string;
  /** Of `clock.monotonic()`. */
  readonly startedAt: number;
  /** The last line that it printed. */
  readonly detail?: string;
}

/** One line about what runs now and since when, with a spinner: `⠹ terminal npm test · 12 s · 3 passed`. */
export function statusLine(activities: readonly Activity[], now: number): string {
  const [first, ...others] = activities;
  if (!first) return "";
  const frame = frames[Math.floor(now / frameMs) % frames.length] ?? "";
  const elapsed = now - first.startedAt;
  const facts = [
    others.length === 0 ? first.label : `${first.label} and ${others.length} more`,
    ...(elapsed < 1_000 ? [] : [seconds(Math.floor(elapsed / 1_000) * 1_000).replace(".0", "")]),
    ...(first.detail === undefined || first.detail === "" ? [] : [first.detail]),
    ...(elapsed < 3_000 ? [] : ["Ctrl-C interrupts"]),
  ];
  return `${frame} ${facts.join(" · ")}`;
}
