import type { CommandRun, FileChange } from "../../core/item.ts";
import { clip, oneLine } from "./plain.ts";

/** What a backend did by itself, with tools of its own. */
export type Work = CommandRun | FileChange;

/** Work in one line: the command, or the files (`update src/a.ts, add src/b.ts and 3 more`). */
export function workLine(work: Work, width = 100): string {
  if (work.type === "command") return clip(oneLine(work.command), width);
  const named = work.changes.slice(0, 3).map(({ kind, path }) => `${kind} ${path}`);
  const more = work.changes.length - named.length;
  return clip(oneLine(named.join(", ") + (more > 0 ? ` and ${more} more` : "")), width);
}

/** Why work did not do what it was for, in a few words; undefined when it did. */
export function workFailure(work: Work): string | undefined {
  switch (work.status) {
    case "in_progress":
      return "still running";
    case "completed":
      return work.type === "command" && work.exitCode !== null && work.exitCode !== 0
        ? `exit ${work.exitCode}`
        : undefined;
    case "failed":
      return work.type === "command" && work.exitCode !== null ? `exit ${work.exitCode}` : "failed";
    case "declined":
      return "not allowed";
    case "interrupted":
      return "interrupted";
    default:
      return work.status satisfies never;
  }
}
