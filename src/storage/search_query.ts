import { hasSpacelessScript } from "./spaceless_script.ts";

/**
 * By an index: of words, or of trigrams for terms in a script without spaces, three characters or more each. `match` is an
 * FTS5 expression, `terms` the same for each term of it.
 */
export interface IndexPlan {
  readonly kind: "words" | "trigrams";
  readonly match: string;
  readonly terms: readonly string[];
}

/** How a search is done. */
export type SearchPlan =
  | IndexPlan
  /** By looking at every text: what no index can answer. */
  | { readonly kind: "scan"; readonly alternatives: readonly Alternative[] }
  | { readonly kind: "nothing" };

/** What a text must hold, and what not. One of a search's alternatives is enough. */
export interface Alternative {
  /** One at least. */
  readonly all: readonly Term[];
  readonly none: readonly Term[];
}

export interface Term {
  readonly text: string;
  /** Whether it is the beginning of a word. */
  readonly isPrefix: boolean;
}

/**
 * Reads what a person typed: `"quoted phrases"` stay together, `AND`, `OR` and `NOT` between terms are operators, a
 * trailing `*` finds beginnings of words; everything else is text. NOT binds before AND, AND before OR, as in FTS5.
 * Never throws.
 */
export function planSearch(query: string, options: { readonly hasIndex: boolean }): SearchPlan {
  const alternatives = alternativesOf(tokenize(query));
  if (alternatives.length === 0) return { kind: "nothing" };
  if (!options.hasIndex) return { kind: "scan", alternatives };
  const terms = alternatives.flatMap(({ all, none }) => [...all, ...none]);
  const indexed = { match: matchOf(alternatives), terms: terms.map(quoted) };
  if (!terms.some(isSpaceless)) return { kind: "words", ...indexed };
  const isLongEnough = terms.every(({ text }) => Array.from(text).length >= 3);
  // That index holds only texts in such scripts: an alternative without one finds others too.
  const isHeld = alternatives.every(({ all }) => all.some(isSpaceless));
  return isLongEnough && isHeld ? { kind: "trigrams", ...indexed } : { kind: "scan", alternatives };
}

function isSpaceless({ text }: Term): boolean {
  return hasSpacelessScript(text);
}

type Operator = "AND" | "OR" | "NOT";

type Token =
  | { readonly kind: "term"; readonly term: Term }
  | { readonly kind: "operator"; readonly operator: Operator };

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
    return /[\p{L}\p{N}]/u.test(text) ? [{ kind: "term", term: { text, isPrefix } }] : [];
  });
}

/** The terms in their groups. Operators count only where both sides are there, and of several the last one. */
function alternativesOf(tokens: readonly Token[]): readonly Alternative[] {
  const alternatives: { readonly all: Term[]; readonly none: Term[] }[] = [];
  let operator: Operator = "AND";
  for (const token of tokens) {
    const last = alternatives.at(-1);
    if (token.kind === "operator") {
      if (last) operator = token.operator;
      continue;
    }
    if (!last || operator === "OR") alternatives.push({ all: [token.term], none: [] });
    else last[operator === "NOT" ? "none" : "all"].push(token.term);
    operator = "AND";
  }
  return alternatives;
}

/** An FTS5 expression: terms are quoted, so that nothing in them is syntax. */
function matchOf(alternatives: readonly Alternative[]): string {
  const joined = (terms: readonly Term[], operator: Operator) =>
    terms.map(quoted).join(` ${operator} `);
  return alternatives
    .map(({ all, none }) => {
      const wanted = joined(all, "AND");
      // In one NOT: each of its own would nest, and FTS5 takes no more than 256 levels.
      return none.length === 0 ? wanted : `${wanted} NOT (${joined(none, "OR")})`;
    })
    .join(" OR ");
}

function quoted({ text, isPrefix }: Term): string {
  return `"${text}"${isPrefix ? "*" : ""}`;
}

/**
 * A text for each alternative that is in whatever it finds, all in scripts without spaces and without cases; undefined
 * where there is none. Texts without such a script need not be looked at then.
 */
export function spacelessNeedles(
  alternatives: readonly Alternative[],
): readonly string[] | undefined {
  const needles = alternatives.map(
    ({ all }) => all.find((term) => isSpaceless(term) && hasNoCase(term.text))?.text,
  );
  return needles.every((needle) => needle !== undefined) ? needles : undefined;
}

function hasNoCase(text: string): boolean {
  return text.toLowerCase() === text && text.toUpperCase() === text;
}
