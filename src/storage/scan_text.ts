import type { Alternative } from "./search_query.ts";

/** Texts of one search, looked at one by one, for stores and queries without an index. */
export interface TextScan {
  /** Whether the terms are in the text as the alternatives say; cases do not matter, and words may go on. */
  matches(text: string): boolean;
  /** The text around the first of the terms, the hit between brackets; on one line. */
  snippet(text: string): string;
}

export function createTextScan(alternatives: readonly Alternative[]): TextScan {
  const folded = alternatives.map(({ all, none }) => ({
    all: all.map(({ text }) => text.toLowerCase()),
    none: none.map(({ text }) => text.toLowerCase()),
  }));
  const wanted = folded.flatMap(({ all }) => all);
  return {
    matches(text) {
      const held = text.toLowerCase();
      return folded.some(
        ({ all, none }) =>
          all.every((term) => held.includes(term)) && !none.some((term) => held.includes(term)),
      );
    },
    snippet: (text) => snippetOf(text, wanted),
  };
}

/** Characters around a hit that are shown on each side. */
const snippetChars = 48;

function snippetOf(text: string, terms: readonly string[]): string {
  const folded = text.toLowerCase();
  const hits = terms.flatMap((term) => {
    const at = folded.indexOf(term);
    return at < 0 ? [] : [{ at, end: at + term.length }];
  });
  const [hit] = hits.toSorted((a, b) => a.at - b.at);
  if (!hit) return "";
  const start = Math.max(0, hit.at - snippetChars);
  const end = Math.min(text.length, hit.end + snippetChars);
  const before = `${start > 0 ? "…" : ""}${text.slice(start, hit.at)}`;
  const after = `${text.slice(hit.end, end)}${end < text.length ? "…" : ""}`;
  return `${before}[${text.slice(hit.at, hit.end)}]${after}`.toWellFormed().replace(/\s+/g, " ");
}
