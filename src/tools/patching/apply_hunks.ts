import { findBlock, findLines } from "./find_lines.ts";
import { type LineEdit, linesBefore, mergeLines } from "./line_edit.ts";
import { joinLines, splitLines } from "./text_lines.ts";
import { plainTypography } from "./typography.ts";
import type { Hunk } from "./v4a.ts";

export type AppliedHunks =
  | { readonly kind: "text"; readonly text: string }
  /** `wanted`: the lines that were not found, or found more than once. */
  | { readonly kind: "failed"; readonly problem: string; readonly wanted: string };

type Place =
  | { readonly kind: "place"; readonly start: number; readonly edits: readonly LineEdit[] }
  | { readonly kind: "problem"; readonly problem: string };

/**
 * Applies hunks to a text. Each is looked for behind the one before, then from the beginning; one without an `@@` line
 * must fit in one place only. Pure: nothing is written.
 */
export function applyHunks(text: string, hunks: readonly Hunk[]): AppliedHunks {
  const { lines: before, endsInBreak } = splitLines(text);
  let lines = before;
  let position = 0;
  for (const [index, hunk] of hunks.entries()) {
    const place = findPlace(hunk, lines, position);
    if (place.kind === "problem") {
      const wanted = [...hunk.anchors, ...linesBefore(hunk.edits)].join("\n");
      const problem = `hunk ${index + 1} of ${hunks.length}: ${place.problem}`;
      return { kind: "failed", problem, wanted };
    }
    const { start, edits } = place;
    const count = linesBefore(edits).length;
    const merged = mergeLines(lines.slice(start, start + count), edits);
    lines = lines.toSpliced(start, count, ...merged);
    position = start + merged.length;
  }
  return { kind: "text", text: joinLines({ lines, endsInBreak }) };
}

/** Where a hunk fits: behind `position`, or else anywhere, for not all of them come in the order of the file. */
function findPlace(hunk: Hunk, lines: readonly string[], position: number): Place {
  const behind = placeFrom(hunk, lines, position);
  if (behind.kind === "place" || position === 0) return behind;
  const anywhere = placeFrom(hunk, lines, 0);
  return anywhere.kind === "place" ? anywhere : behind;
}

function placeFrom(
  { edits, anchors, endsFile }: Hunk,
  lines: readonly string[],
  position: number,
): Place {
  const anchor = findAnchors(lines, anchors, position);
  if (anchor === undefined) {
    return { kind: "problem", problem: `there is no line as after @@: ${anchors.join(" / ")}` };
  }
  if (linesBefore(edits).length === 0) {
    // Nothing to hold on to: behind the anchor, or at the end of the file.
    return { kind: "place", start: anchors.length > 0 ? anchor + 1 : lines.length, edits };
  }
  for (const candidate of [edits, withoutBlankEdges(edits)]) {
    const starts = findEdits(lines, candidate, anchor);
    const count = linesBefore(candidate).length;
    const atEnd = starts.find((start) => start + count === lines.length);
    const [first, ...others] = starts;
    const start = endsFile ? (atEnd ?? first) : first;
    if (start === undefined) continue;
    if (others.length > 0 && anchors.length === 0 && start !== atEnd) {
      const problem = `it fits in ${starts.length} places: add lines of context, or an @@ line before it`;
      return { kind: "problem", problem };
    }
    return { kind: "place", start, edits: candidate };
  }
  return { kind: "problem", problem: "its context and removed lines were not found" };
}

/** Where the lines before some edits stand, from an index on. */
function findEdits(
  lines: readonly string[],
  edits: readonly LineEdit[],
  from: number,
): readonly number[] {
  const rest = lines.slice(from);
  const wanted = linesBefore(edits);
  const starts = findLines(rest, wanted);
  return (starts.length > 0 ? starts : findBlock(rest, wanted)).map((start) => from + start);
}

/**
 * The index of the line that the last anchor names, which some repeat as the first line of the context. Each is looked
 * for behind the one before; `position` where there is none, undefined where one is not found.
 */
function findAnchors(
  lines: readonly string[],
  anchors: readonly string[],
  position: number,
): number | undefined {
  let next = position;
  for (const anchor of anchors) {
    const index = findAnchor(lines, anchor, next);
    if (index === undefined) return undefined;
    next = index + 1;
  }
  return anchors.length > 0 ? next - 1 : position;
}

function findAnchor(lines: readonly string[], anchor: string, from: number): number | undefined {
  const wanted = plainTypography(anchor).trim();
  const rules: readonly ((line: string) => boolean)[] = [
    (line) => line === wanted,
    (line) => line.startsWith(wanted),
    (line) => line.includes(wanted),
  ];
  const rest = lines.slice(from).map((line) => plainTypography(line).trim());
  for (const rule of rules) {
    const index = rest.findIndex(rule);
    if (index >= 0) return from + index;
  }
  return undefined;
}

/** Without blank lines of context at the beginning and the end. */
function withoutBlankEdges(edits: readonly LineEdit[]): readonly LineEdit[] {
  const isBlank = ({ kind, text }: LineEdit): boolean => kind === "keep" && text.trim() === "";
  const first = edits.findIndex((edit) => !isBlank(edit));
  const last = edits.findLastIndex((edit) => !isBlank(edit));
  return edits.slice(first, last + 1);
}
