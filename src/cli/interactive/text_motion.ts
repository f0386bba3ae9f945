import { graphemes } from "./text_width.ts";

/** Places in a text, as indexes between its characters; every function keeps to the bounds of the text. */

/** Before the character to the left. */
export function leftOf(text: string, at: number): number {
  // A cluster never reaches over a line break, so the line is enough to look at.
  const start = lineStart(text, at);
  if (start === at) return Math.max(0, at - 1);
  const last = graphemes(text.slice(start, at)).at(-1) ?? "";
  return at - last.length;
}

/** Behind the character to the right. */
export function rightOf(text: string, at: number): number {
  const end = lineEnd(text, at);
  if (end === at) return Math.min(text.length, at + 1);
  const [first = ""] = graphemes(text.slice(at, end));
  return at + first.length;
}

/** The beginning of the word to the left: letters and digits. */
export function wordLeft(text: string, at: number): number {
  const before = /[\p{L}\p{N}\p{M}_]*[^\p{L}\p{N}\p{M}_]*$/u.exec(text.slice(0, at));
  return before?.index ?? 0;
}

/** The end of the word to the right. */
export function wordRight(text: string, at: number): number {
  const after = /^[^\p{L}\p{N}\p{M}_]*[\p{L}\p{N}\p{M}_]*/u.exec(text.slice(at));
  return at + (after?.[0].length ?? 0);
}

/** The beginning of what stands between blanks to the left. */
export function blankLeft(text: string, at: number): number {
  return /\S*\s*$/.exec(text.slice(0, at))?.index ?? 0;
}

/** The beginning of the line. */
export function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

/** The end of the line. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** The same column in the line above; undefined in the first line. */
export function lineUp(text: string, at: number): number | undefined {
  const start = lineStart(text, at);
  if (start === 0) return undefined;
  return inLine(text, lineStart(text, start - 1), columnOf(text, at));
}

/** The same column in the line below; undefined in the last line. */
export function lineDown(text: string, at: number): number | undefined {
  const end = lineEnd(text, at);
  if (end === text.length) return undefined;
  return inLine(text, end + 1, columnOf(text, at));
}

/** The number of characters between the beginning of the line and a place in it. */
function columnOf(text: string, at: number): number {
  return graphemes(text.slice(lineStart(text, at), at)).length;
}

function inLine(text: string, start: number, column: number): number {
  const line = graphemes(text.slice(start, lineEnd(text, start)));
  return start + line.slice(0, column).join("").length;
}
