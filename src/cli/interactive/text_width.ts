/** What a terminal shows as one character, with the number of cells that it takes. */
export interface Cell {
  readonly text: string;
  readonly width: number;
}

let segmenter: Intl.Segmenter | undefined;

/** The characters of a text as people count them: grapheme clusters (Unicode TR 29). */
export function graphemes(text: string): readonly string[] {
  // Most text needs no segmenter, and it takes milliseconds to make one.
  if (isPlain(text)) return Array.from(text);
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The characters of a text with their widths. */
export function cells(text: string): readonly Cell[] {
  return graphemes(text).map((grapheme) => ({ text: grapheme, width: graphemeWidth(grapheme) }));
}

/** The number of cells that a text without line breaks takes. */
export function textWidth(text: string): number {
  if (isPlain(text)) return text.length;
  return cells(text).reduce((width, cell) => width + cell.width, 0);
}

/** The beginning of a text that fits, with an ellipsis where it does not fit as a whole. */
export function fitWidth(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let fitted = "";
  let left = width - 1;
  for (const cell of cells(text)) {
    left -= cell.width;
    if (left < 0) break;
    fitted += cell.text;
  }
  return width > 0 ? `${fitted}…` : "";
}

/** A text without line breaks as lines that fit: broken at blanks, and inside of words that are wider than a line. */
export function wrapWidth(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line: Cell[] = [];
  let used = 0;
  for (const cell of cells(text)) {
    if (used + cell.width > Math.max(1, width) && line.length > 0) {
      const blank =
        cell.text === " " ? line.length : line.findLastIndex(({ text: t }) => t === " ");
      const rest = blank < 0 ? [] : line.slice(blank + 1);
      lines.push(joined(blank < 0 ? line : line.slice(0, blank)));
      line = rest;
      used = rest.reduce((sum, { width: w }) => sum + w, 0);
      if (cell.text === " " && rest.length === 0) continue;
    }
    line.push(cell);
    used += cell.width;
  }
  return line.length > 0 || lines.length === 0 ? [...lines, joined(line)] : lines;
}

function joined(line: readonly Cell[]): string {
  return line.map(({ text }) => text).join("");
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function graphemeWidth(grapheme: string): number {
  if (isPlain(grapheme)) return grapheme.length;
  if (/^[\p{C}\p{Mn}\p{Me}\u2028\u2029]+$/u.test(grapheme)) return 0;
  return widePattern.test(grapheme) ? 2 : 1;
}

/**
 * Two cells: what is shown as an emoji (by itself, or by the selector U+FE0F), and what East Asian type sets in full
 * squares (classes W and F of Unicode TR 11, version 16).
 */
const widePattern = new RegExp(
  [
    String.raw`^\p{Emoji_Presentation}`,
    String.raw`^[\p{Extended_Pictographic}0-9#*]\ufe0f`,
    String.raw`^\p{Extended_Pictographic}[^]*\u200d`,
    String.raw`^[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3040-\u3247\u3250-\ua4cf\ua960-\ua97f]`,
    String.raw`^[\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]`,
    String.raw`^[\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]`,
  ].join("|"),
  "u",
);
