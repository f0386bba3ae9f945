import { plainTypography } from "./typography.ts";

/** Code units of a text from `start` up to, not including, `end`. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where a text stands in another one if white space may be of any length and quotes and dashes are what they look like.
 * The white space around the wanted text is not part of it; a line break there means that the line begins or ends.
 */
export function findLoosely(text: string, wanted: string): readonly TextRange[] {
  const core = collapse(wanted.trim()).text;
  if (core === "") return [];
  const [head, tail] = edgesOf(wanted);
  const { text: collapsed, starts } = collapse(text);
  const ranges: TextRange[] = [];
  for (let at = collapsed.indexOf(core); at >= 0; at = collapsed.indexOf(core, at + core.length)) {
    const start = starts[at] ?? 0;
    const end = (starts[at + core.length - 1] ?? 0) + 1;
    const isMeant =
      (!head.includes("\n") || lineBefore(text, start).trim() === "") &&
      (!tail.includes("\n") || lineAfter(text, end).trim() === "");
    if (isMeant) ranges.push({ start, end });
  }
  return ranges;
}

/** The white space before and after the rest of a text. */
export function edgesOf(text: string): readonly [head: string, tail: string] {
  const start = text.length - text.trimStart().length;
  return [text.slice(0, start), text.slice(text.trimEnd().length)];
}

function lineBefore(text: string, position: number): string {
  return text.slice(text.lastIndexOf("\n", position - 1) + 1, position);
}

function lineAfter(text: string, position: number): string {
  const end = text.indexOf("\n", position);
  return text.slice(position, end < 0 ? undefined : end);
}

/** The text with one blank for each run of white space, and where each of its characters stands in the whole one. */
function collapse(text: string): { readonly text: string; readonly starts: Uint32Array } {
  const plain = plainTypography(text);
  const starts = new Uint32Array(plain.length);
  const pieces: string[] = [];
  let length = 0;
  for (const { 0: piece, index } of plain.matchAll(/\s+|\S+/g)) {
    const isBlank = piece.trim() === "";
    pieces.push(isBlank ? " " : piece);
    for (let offset = 0; offset < (isBlank ? 1 : piece.length); offset++) {
      starts[length++] = index + offset;
    }
  }
  return { text: pieces.join(""), starts };
}
