import type { Clock } from "../core/ports.ts";

/** Between two notes, in milliseconds: a command that prints a gigabyte is no reason to send as much. */
const pauseMs = 100;
const maxNoteChars = 200;

/** What is told of a call under way: `progress` only grows (MCP 2025-11-25, progress). */
export interface ProgressNote {
  /** Characters of output so far. */
  readonly progress: number;
  /** The last whole line. */
  readonly message: string;
}

/**
 * Takes live output in pieces and tells of it line by line, at most ten times a second. Only whole lines: half of a
 * secret is not recognised as one.
 */
export function progressOf(
  { clock, redact }: { readonly clock: Clock; readonly redact: (text: string) => string },
  tell: (note: ProgressNote) => void,
): (delta: string) => void {
  let progress = 0;
  let rest = "";
  let toldAt = Number.NEGATIVE_INFINITY;
  return (delta) => {
    progress += delta.length;
    const lines = (rest + delta).split("\n");
    // A line without an end is kept as far as a note could show it.
    rest = (lines.pop() ?? "").slice(-10 * maxNoteChars);
    const last = lines.findLast((line) => line.trim() !== "");
    if (last === undefined || clock.monotonic() - toldAt < pauseMs) return;
    toldAt = clock.monotonic();
    tell({ progress, message: redact(last.trim()).slice(0, maxNoteChars).toWellFormed() });
  };
}
