/** How a search is done. */
export type SearchPlan =
  /** By words, as an FTS5 expression. */
  | { readonly kind: "words"; readonly match: string }
  /** By trigrams: terms in a script without spaces, three characters or more each. */
  | { readonly kind: "trigrams"; readonly match: string }
  /** By looking at every text: terms too short for trigrams, or no index. */
  | { readonly kind: "scan"; readonly terms: readonly string[] }
  | { readonly kind: "nothing" };

const spaceless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;

/**
 * Reads what a person typed: `"quoted phrases"` stay together, `AND`, `OR` and `NOT` between terms are operators, a
 * trailing `*` finds beginnings of words; everything else is text. Never throws.
 */
export function planSearch(query: string, options: { readonly hasIndex: boolean }): SearchPlan {
  const tokens = tokenize(query);
  const terms = tokens.flatMap((token) => (token.kind === "term" ? [token.text] : []));
  if (terms.length === 0) return { kind: "nothing" };
  if (!options.hasIndex) return { kind: "scan", terms };
  if (!terms.some((term) => spaceless.test(term))) return { kind: "words", match: matchOf(tokens) };
  const isLongEnough = terms.every((term) => Array.from(term).length >= 3);
  return isLongEnough ? { kind: "trigrams", match: matchOf(tokens) } : { kind: "scan", terms };
}

type Token =
  | { readonly kind: "term"; readonly text: string; readonly isPrefix: boolean }
  | { readonly kind: "operator"; readonly operator: "AND" | "OR" | "NOT" };

function tokenize(query: string): readonly Token[] {
  const clean = query.toWellFormed().replaceAll("\0", " ");
  const parts = clean.match(/"[^"]*"|[^\s"]+/g) ?? [];
  return parts.flatMap((part): readonly Token[] => {
    if (part === "AND" || part === "OR" || part === "NOT") {
      return [{ kind: "operator", operator: part }];
    }
    const isPrefix = /[^*]\*+$/.test(part);
    const text = part.replaceAll('"', "").replace(/\*+$/, "").trim();
    // A term without a letter or digit has no word in it that an index could hold.
    return /[\p{L}\p{N}]/u.test(text) ? [{ kind: "term", text, isPrefix }] : [];
  });
}

/** An FTS5 expression: terms are quoted, so that nothing in them is syntax; operators only where both sides are there. */
function matchOf(tokens: readonly Token[]): string {
  const parts: string[] = [];
  let operator: string | undefined;
  for (const token of tokens) {
    if (token.kind === "operator") {
      if (parts.length > 0) operator = token.operator;
      continue;
    }
    if (parts.length > 0) parts.push(operator ?? "AND");
    parts.push(`"${token.text}"${token.isPrefix ? "*" : ""}`);
    operator = undefined;
  }
  return parts.join(" ");
}

/** Characters around a hit that are shown on each side. */
const snippetChars = 48;

/** The text around the first of the terms, the hit between brackets; on one line. */
export function snippetOf(text: string, terms: readonly string[]): string {
  const folded = text.toLowerCase();
  const hits = terms.flatMap((term) => {
    const at = folded.indexOf(term.toLowerCase());
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
