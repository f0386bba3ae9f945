/** A part of a text, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * What stands between quotes when one opens at `at`, possibly behind the backslashes of JSON inside JSON; up to the
 * end of the line when it is never closed, as in a text that was cut. Undefined without an opening quote.
 * A scanner because a pattern with alternatives in a loop gives up on values of a megabyte.
 */
export function quotedSpan(text: string, at: number): Span | undefined {
  let start = at;
  while (text.charAt(start) === "\\" && start < at + 3) start += 1;
  const quote = text.charAt(start);
  if (quote !== '"' && quote !== "'" && quote !== "`") return undefined;
  const depth = start - at;
  start += 1;
  let backslashes = 0;
  for (let end = start; end < text.length; end += 1) {
    const character = text.charAt(end);
    if (character === "\n") return { start, end };
    if (character === quote) {
      // At depth 0 an odd number escapes the quote; deeper, one with fewer backslashes closes an outer string.
      if (depth === 0 && backslashes % 2 === 0) return { start, end };
      if (depth > 0 && backslashes <= depth) return { start, end: end - backslashes };
    }
    backslashes = character === "\\" ? backslashes + 1 : 0;
  }
  return { start, end: text.length };
}

/** How much of an unquoted value is read to judge it; keeps texts linear that begin many values and end none. */
const CHUNK = 1024;

/**
 * The unquoted value at `at`: the run of `characters` (a pattern anchored at its start), cut at an escaped line break
 * or quote, without the punctuation of the sentence or list around it. Undefined when it is no secret.
 */
export function bareSpan(
  text: string,
  at: number,
  options: { readonly characters: RegExp; readonly isSecret: (value: string) => boolean },
): Span | undefined {
  const runFrom = (from: number): number => {
    const run = options.characters.exec(text.slice(from, from + CHUNK))?.[0] ?? "";
    const cut = run.search(/\\[nrt"'`]/);
    return cut === -1 ? run.length : cut;
  };
  let length = runFrom(at);
  let end = at + length;
  if (!options.isSecret(text.slice(at, trimmedEnd(text, at, end)))) return undefined;
  while (length === CHUNK) {
    length = runFrom(end);
    end += length;
  }
  return { start: at, end: trimmedEnd(text, at, end) };
}

function trimmedEnd(text: string, start: number, end: number): number {
  const value = text.slice(start, end);
  // A bracket that the value opened itself belongs to it.
  const foreign = BRACKETS.filter(([open]) => !value.includes(open)).map(([, close]) => close);
  const trimmed = `,;:. \t\\${foreign.join("")}`;
  let length = value.length;
  while (length > 0 && trimmed.includes(value.charAt(length - 1))) length -= 1;
  return start + length;
}

const BRACKETS = [
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
  ["<", ">"],
] as const;

/** Whether a value that should be a secret is none: empty, a switch, or what stands for a value to come. */
export function isPlaceholder(value: string): boolean {
  return value === "" || VARIABLE.test(value) || FILLER.test(value);
}

/** `${TOKEN}`, `$(command)`, `$TOKEN`, `%TOKEN%`, `{token}`, `<token>`, `%s`; what has a space may be cut there. */
const VARIABLE =
  /^(?:\$[{(]|(?:\$[A-Z][A-Z0-9_]*|%\w+%|\{{1,2}[\s\w.]*\}{0,2}|<[\w -]*>?|%[sdv@])$)/;

const FILLER =
  /^(?:\*+|x{3,}|\.{3,}|…|your[-_ ].*|string|token|null|nil|none|undefined|true|false|yes|no|on|off)$/i;

/** Whether the value is an expression of a program: `process.env.TOKEN`, `getSecret()`, `tokens[0]`, `/^[a-z]+$/`. */
export function isExpression(value: string): boolean {
  return EXPRESSION.test(value.slice(0, CHUNK));
}

const EXPRESSION =
  /^(?:\/\^|(?:process\.env|os\.environ|os\.getenv|import\.meta|(?:Deno|Bun)\.env)\b|[A-Za-z_$][\w$.]*(?:\(.*\)[\w$.]*|\[.*\][\w$.]*|\()$)/;

/**
 * Whether a value of at least `minimum` characters looks like a password or a token, for names that are also used for
 * other things: it has a digit and no space, and is neither `a.name` nor `A_CONSTANT`.
 */
export function isOpaque(value: string, minimum: number): boolean {
  const start = value.slice(0, CHUNK);
  return value.length >= minimum && /\d/.test(start) && !/\s/.test(start) && !NAME.test(start);
}

const NAME = /^(?:[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)$/;
