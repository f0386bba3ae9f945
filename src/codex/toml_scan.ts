/**
 * Where things stand in TOML text (https://toml.io/en/v1.1.0): tables, keys with their values, comments, each with its
 * place. A parser says what a file means; this says which characters say it. Only for text that a parser accepts.
 */

/** `["mcp_servers", "fs"]`. */
export type TomlPath = readonly string[];

/** `[table]` or `[[table]]`, with its whole line. */
export interface TomlHeader {
  readonly kind: "header";
  readonly path: TomlPath;
  readonly start: number;
  /** Behind the line break. */
  readonly end: number;
}

/** `key = value`, with its whole lines. */
export interface TomlPair {
  readonly kind: "pair";
  /** From the root: with the table that it is in. */
  readonly path: TomlPath;
  readonly start: number;
  readonly end: number;
  readonly value: TomlValue;
}

export interface TomlValue {
  readonly start: number;
  readonly end: number;
  /** What is in an inline table; undefined for everything else. */
  readonly members: readonly TomlMember[] | undefined;
}

/** `key = value` of an inline table. */
export interface TomlMember {
  /** From the inline table on. */
  readonly path: TomlPath;
  readonly start: number;
  readonly value: TomlValue;
}

/** A line that holds a comment and nothing else, with its line break. */
export interface TomlComment {
  readonly kind: "comment";
  /** From the number sign on, without blanks at its end. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export type TomlPart = TomlHeader | TomlPair | TomlComment;

/** The parts of a text in order. @throws {SyntaxError} where it is no TOML */
export function scanToml(text: string): readonly TomlPart[] {
  const parts: TomlPart[] = [];
  let table: TomlPath = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  while (at < text.length) {
    const start = at;
    const first = skipBlanks(text, at);
    const sign = text[first];
    if (sign === undefined || sign === "\n" || sign === "\r") {
      at = endOfLine(text, first);
    } else if (sign === "#") {
      at = endOfLine(text, first);
      parts.push({ kind: "comment", text: text.slice(first, at).trimEnd(), start, end: at });
    } else if (sign === "[") {
      const isArray = text[first + 1] === "[";
      const key = readKey(text, first + (isArray ? 2 : 1));
      expect(text, key.end, isArray ? "]]" : "]");
      at = endOfLine(text, key.end + (isArray ? 2 : 1));
      table = key.path;
      parts.push({ kind: "header", path: table, start, end: at });
    } else {
      const { path, value } = readPair(text, first);
      at = endOfLine(text, value.end);
      parts.push({ kind: "pair", path: [...table, ...path], start, end: at, value });
    }
  }
  return parts;
}

function readPair(text: string, start: number): TomlMember {
  const key = readKey(text, start);
  expect(text, key.end, "=");
  return { path: key.path, start, value: readValue(text, skipBlanks(text, key.end + 1)) };
}

/** Dotted keys, with the place behind the blanks that follow. */
function readKey(text: string, start: number): { readonly path: TomlPath; readonly end: number } {
  const path: string[] = [];
  for (let at = start; ; at++) {
    at = skipBlanks(text, at);
    const sign = text[at];
    let end: number;
    if (sign === '"') {
      end = endOfString(text, at);
      path.push(unescapeKey(text.slice(at + 1, end - 1)));
    } else if (sign === "'") {
      end = endOfString(text, at);
      path.push(text.slice(at + 1, end - 1));
    } else {
      end = at;
      while (/[A-Za-z0-9_-]/.test(text[end] ?? "")) end++;
      if (end === at) throw unexpected(text, at);
      path.push(text.slice(at, end));
    }
    at = skipBlanks(text, end);
    if (text[at] !== ".") return { path, end: at };
  }
}

function readValue(text: string, start: number): TomlValue {
  const sign = text[start];
  if (sign === '"' || sign === "'") {
    return { start, end: endOfString(text, start), members: undefined };
  }
  if (sign === "[") return readArray(text, start);
  if (sign === "{") return readInlineTable(text, start);
  let end = start;
  while (/[^\s,#\]}]/.test(text[end] ?? " ")) end++;
  // A date and its time may have a space between them.
  const time = /^\d{4}-\d\d-\d\d( \d\d:[\d:.+Zz-]*)/.exec(text.slice(start, start + 48));
  if (time) end += time[1]?.length ?? 0;
  if (end === start) throw unexpected(text, start);
  return { start, end, members: undefined };
}

function readArray(text: string, start: number): TomlValue {
  let at = skipSpace(text, start + 1);
  while (text[at] !== "]") {
    at = skipSpace(text, readValue(text, at).end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
    else expect(text, at, "]");
  }
  return { start, end: at + 1, members: undefined };
}

function readInlineTable(text: string, start: number): TomlValue {
  const members: TomlMember[] = [];
  let at = skipSpace(text, start + 1);
  while (text[at] !== "}") {
    const member = readPair(text, at);
    members.push(member);
    at = skipSpace(text, member.value.end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
    else expect(text, at, "}");
  }
  return { start, end: at + 1, members };
}

/** The place behind a string's last quote. */
function endOfString(text: string, start: number): number {
  const quote = text[start] ?? "";
  const isLong = text.startsWith(quote.repeat(3), start);
  const closing = isLong ? quote.repeat(3) : quote;
  for (let at = start + closing.length; at < text.length; at++) {
    if (quote === '"' && text[at] === "\\") at++;
    else if (text.startsWith(closing, at)) {
      const end = at + closing.length;
      if (!isLong) return end;
      // Up to two quotes may stand before the three that close it.
      const more = text
        .slice(end, end + 2)
        .split("")
        .findIndex((sign) => sign !== quote);
      return more === -1 ? Math.min(end + 2, text.length) : end + more;
    }
  }
  throw unexpected(text, text.length);
}

const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  e: "\u001b",
};

function unescapeKey(text: string): string {
  return text.replace(
    /\\(?:x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|(.))/g,
    (_match, ...groups: readonly (string | undefined)[]) => {
      const [short, four, eight, sign = ""] = groups;
      const code = short ?? four ?? eight;
      return code === undefined
        ? (escapes[sign] ?? sign)
        : String.fromCodePoint(Number.parseInt(code, 16));
    },
  );
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}

/** Behind blanks, line breaks and comments: what may stand between the parts of an array. */
function skipSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    while (/[ \t\r\n]/.test(text[at] ?? "")) at++;
    if (text[at] !== "#") return at;
    at = endOfLine(text, at);
  }
}

/** Behind the line break, or at the end of the text; comments are not looked into. */
function endOfLine(text: string, start: number): number {
  const lineBreak = text.indexOf("\n", start);
  return lineBreak === -1 ? text.length : lineBreak + 1;
}

function expect(text: string, at: number, sign: string): void {
  if (!text.startsWith(sign, at)) throw unexpected(text, at);
}

function unexpected(text: string, at: number): SyntaxError {
  const line = text.slice(0, at).split("\n").length;
  return new SyntaxError(`Unexpected ${JSON.stringify(text[at] ?? "end")} in line ${line}`);
}
