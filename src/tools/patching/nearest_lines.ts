/** Lines around the nearest one that are shown. */
const shownAround = 2;
/** Characters of a line that are looked at, and that are shown. */
const maxComparedChars = 2_000;
const maxShownChars = 200;

/**
 * The lines of a file, with their numbers, around the one most like the longest of some lines that were not found;
 * undefined where none is like it.
 */
export function nearestLines(text: string, wanted: string): string | undefined {
  const words = wanted
    .split("\n")
    .map(wordsOf)
    .reduce((most, next) => (next.size > most.size ? next : most));
  const lines = text.split("\n");
  let best = { score: 0, index: -1 };
  for (const [index, line] of lines.entries()) {
    const score = likeness(words, wordsOf(line));
    if (score > best.score) best = { score, index };
  }
  if (best.score < 0.4) return undefined;
  const first = Math.max(0, best.index - shownAround);
  return lines
    .slice(first, best.index + shownAround + 1)
    .map((line, offset) => `${first + offset + 1}|${line.slice(0, maxShownChars).toWellFormed()}`)
    .join("\n");
}

/** From 0, nothing in common, to 1, the same words. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0;
  for (const word of a) if (b.has(word)) common++;
  return common / Math.max(a.size, b.size, 1);
}

function wordsOf(line: string): ReadonlySet<string> {
  return new Set(line.slice(0, maxComparedChars).match(/[\p{L}\p{N}_]+/gu));
}
