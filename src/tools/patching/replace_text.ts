import { findBlock, findLines } from "./find_lines.ts";
import { editsBetween, mergeLines } from "./line_edit.ts";
import { edgesOf, findLoosely, type TextRange } from "./loose_text.ts";
import { joinLines, splitLines } from "./text_lines.ts";

/** What is to be put in the place of what. */
export interface Replacement {
  readonly oldText: string;
  readonly newText: string;
  readonly replaceAll: boolean;
}

export type ReplacedText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "missing" }
  /** It stands there several times, and which one is meant is not said. */
  | { readonly kind: "ambiguous"; readonly count: number };

/**
 * Replaces text that a model remembers, although its memory may differ from the file in white space, indentation,
 * quotes, dashes, escapes, or some lines of a block. The strictest way that finds anything decides.
 */
export function replaceText(text: string, replacement: Replacement): ReplacedText {
  return (
    replaceExactly(text, replacement) ??
    replaceLines(text, replacement) ??
    replaceLines(text, withoutBlankEdges(replacement)) ??
    replaceExactly(text, unescaped(replacement)) ??
    replaceLines(text, unescaped(replacement)) ??
    replaceLoosely(text, replacement) ??
    replaceBlock(text, replacement) ?? { kind: "missing" }
  );
}

function replaceExactly(
  text: string,
  { oldText, newText, replaceAll }: Replacement,
): ReplacedText | undefined {
  const ranges: TextRange[] = [];
  for (let at = text.indexOf(oldText); at >= 0; at = text.indexOf(oldText, at + oldText.length)) {
    ranges.push({ start: at, end: at + oldText.length });
  }
  return replaceRanges(text, ranges, {
    replaceAll,
    newTextFor: (range) => adaptBreaks(text, range, newText),
  });
}

/** Whole lines, by the ladder of `findLines`. */
function replaceLines(
  text: string,
  { oldText, newText, replaceAll }: Replacement,
): ReplacedText | undefined {
  const { lines, endsInBreak } = splitLines(text);
  const wanted = splitLines(oldText).lines;
  const starts = findLines(lines, wanted);
  if (starts.length === 0) return undefined;
  if (starts.length > 1 && !replaceAll) return { kind: "ambiguous", count: starts.length };
  const edits = editsBetween(wanted, linesAfter(oldText, newText));
  const after: string[] = [];
  let position = 0;
  for (const start of starts) {
    const end = start + wanted.length;
    after.push(...lines.slice(position, start), ...mergeLines(lines.slice(start, end), edits));
    position = end;
  }
  return {
    kind: "text",
    text: joinLines({ lines: [...after, ...lines.slice(position)], endsInBreak }),
  };
}

/** Any part of lines, see `findLoosely`. */
function replaceLoosely(
  text: string,
  { oldText, newText, replaceAll }: Replacement,
): ReplacedText | undefined {
  const said = oldText.trim().split("\n");
  // The white space around the wanted text is not replaced: neither is it in the new one.
  const [head, tail] = edgesOf(oldText);
  const meant = newText.slice(
    newText.startsWith(head) ? head.length : 0,
    newText.endsWith(tail) ? newText.length - tail.length : undefined,
  );
  const edits = editsBetween(said, meant.split("\n"));
  return replaceRanges(text, findLoosely(text, oldText), {
    replaceAll,
    newTextFor: ({ start, end }) => {
      const found = text.slice(start, end).split("\n");
      return found.length === said.length ? mergeLines(found, edits).join("\n") : meant;
    },
  });
}

/** A block of lines by its edges; never several, for it is little that they have in common. */
function replaceBlock(text: string, replacement: Replacement): ReplacedText | undefined {
  const { oldText, newText } = withoutBlankEdges(replacement);
  const { lines, endsInBreak } = splitLines(text);
  const wanted = splitLines(oldText).lines;
  const [start, ...others] = findBlock(lines, wanted);
  if (start === undefined) return undefined;
  if (others.length > 0) return { kind: "ambiguous", count: others.length + 1 };
  const found = lines.slice(start, start + wanted.length);
  const merged = mergeLines(found, editsBetween(wanted, linesAfter(oldText, newText)));
  return {
    kind: "text",
    text: joinLines({ lines: lines.toSpliced(start, wanted.length, ...merged), endsInBreak }),
  };
}

function replaceRanges(
  text: string,
  ranges: readonly TextRange[],
  {
    replaceAll,
    newTextFor,
  }: { readonly replaceAll: boolean; readonly newTextFor: (range: TextRange) => string },
): ReplacedText | undefined {
  if (ranges.length === 0) return undefined;
  if (ranges.length > 1 && !replaceAll) return { kind: "ambiguous", count: ranges.length };
  const pieces: string[] = [];
  let position = 0;
  for (const range of ranges) {
    pieces.push(text.slice(position, range.start), newTextFor(range));
    position = range.end;
  }
  return { kind: "text", text: pieces.join("") + text.slice(position) };
}

/** With the line ends that the file has at that place, where it is of both kinds. */
function adaptBreaks(text: string, { end }: TextRange, newText: string): string {
  const lineEnd = text.indexOf("\n", end);
  return lineEnd > 0 && text[lineEnd - 1] === "\r" ? newText.replaceAll("\n", "\r\n") : newText;
}

/** The new lines; a line break at the end belongs to the last one where the old text has one as well. */
function linesAfter(oldText: string, newText: string): readonly string[] {
  if (oldText.endsWith("\n")) return splitLines(newText).lines;
  return newText.split("\n");
}

/** Without blank lines at the beginning and the end of the old text, and as much of the new one. */
function withoutBlankEdges({ oldText, newText, replaceAll }: Replacement): Replacement {
  const head = /^(?:[^\S\n]*\n)+/;
  const tail = /(?:\n[^\S\n]*)+$/;
  const strip = (text: string): string => {
    const stripped = head.test(oldText) ? text.replace(head, "") : text;
    return tail.test(oldText) ? stripped.replace(tail, "") : stripped;
  };
  return { oldText: strip(oldText), newText: strip(newText), replaceAll };
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
]);

/** As it was meant if it was escaped once too often, both the old text and the new one. */
function unescaped({ oldText, newText, replaceAll }: Replacement): Replacement {
  const unescape = (text: string): string =>
    text.replace(/\\([ntr"'\\])/g, (all, character: string) => escapes.get(character) ?? all);
  return { oldText: unescape(oldText), newText: unescape(newText), replaceAll };
}
