import { decodeAnsiC } from "./ansi_c.ts";
import {
  closeInner,
  innerSource,
  maxDepth,
  type ShellSource,
  skipLines,
  stopReading,
  take,
} from "./source.ts";
import { literalText, textWord, type Word, type WordPart } from "./syntax.ts";

/** Reads one word of a command, up to a blank or an operator. Unclosed quotes reach to the end of the text. */
export function parseWord(source: ShellSource): Word {
  const parts: WordPart[] = [];
  while (source.at < source.text.length) {
    const char = source.text.charAt(source.at);
    if (/[\s;&|<>()]/.test(char)) {
      if (/[<>]/.test(char) && source.text.charAt(source.at + 1) === "(") {
        source.at += 2;
        parts.push({ kind: "process", script: source.parseNested(source, ")") });
        continue;
      }
      if (char === "(" && isArrayStart(parts)) {
        source.at++;
        parts.push(parseList(source));
        continue;
      }
      break;
    }
    parseUnquoted(source, parts);
  }
  return { parts: joinTexts(parts) };
}

/** The expansions of a text in which quotes mean nothing: the body of a heredoc, arithmetic. */
export function parseExpansions(outer: ShellSource, text: string): Word {
  if (!/[$`\\]/.test(text)) return textWord(text);
  if (outer.depth >= maxDepth) {
    stopReading(outer);
    return textWord(text);
  }
  const source = innerSource(outer, text);
  const parts: WordPart[] = [];
  while (source.at < source.text.length) {
    const plain = take(source, /[^$`\\]+/y);
    if (plain !== undefined) parts.push({ kind: "text", text: plain, isQuoted: true });
    else parseInsideQuotes(source, parts);
  }
  closeInner(outer, source);
  return { parts: joinTexts(parts) };
}

/** The end of an arithmetic that starts with `((` at `start`: where its `))` stands; undefined when it is none. */
export function arithmeticEnd(text: string, start: number): number | undefined {
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    const char = text.charAt(index);
    if (char === "(") depth++;
    if (char !== ")") continue;
    depth--;
    if (depth === 1 && text.charAt(index + 1) === ")") return index;
    if (depth <= 1) return undefined;
  }
  return undefined;
}

function parseUnquoted(source: ShellSource, parts: WordPart[]): void {
  const plain = take(source, /[^\s;&|<>()\\'"$`]+/y);
  if (plain !== undefined) {
    parts.push({ kind: "text", text: plain, isQuoted: false });
    return;
  }
  switch (source.text.charAt(source.at)) {
    case "\\":
      if (take(source, /\\\r?\n/y) !== undefined) return;
      parts.push({
        kind: "text",
        text: take(source, /\\[\s\S]?/y)?.slice(1) ?? "",
        isQuoted: true,
      });
      return;
    case "'":
      parts.push({ kind: "text", text: quotedText(take(source, /'[^']*'?/y)), isQuoted: true });
      return;
    case '"':
      source.at++;
      parseDoubleQuoted(source, parts);
      return;
    case "$":
      if (source.text.charAt(source.at + 1) === '"') {
        source.at += 2;
        parseDoubleQuoted(source, parts);
        return;
      }
      parseDollar(source, parts, "unquoted");
      return;
    default:
      parseBackticks(source, parts, "unquoted");
  }
}

/** The text between single quotes, the second of which may be missing. */
function quotedText(quoted: string | undefined): string {
  return quoted?.replace(/^'|'$/g, "") ?? "";
}

function parseDoubleQuoted(source: ShellSource, parts: WordPart[]): void {
  parts.push({ kind: "text", text: "", isQuoted: true });
  while (source.at < source.text.length) {
    const plain = take(source, /[^"$`\\]+/y);
    if (plain !== undefined) parts.push({ kind: "text", text: plain, isQuoted: true });
    else if (take(source, /"/y) !== undefined) return;
    else parseInsideQuotes(source, parts);
  }
}

/** What is special inside double quotes: a backslash, `$`, a backtick. */
function parseInsideQuotes(source: ShellSource, parts: WordPart[]): void {
  switch (source.text.charAt(source.at)) {
    case "\\": {
      const escaped = take(source, /\\[\s\S]?/y) ?? "";
      const char = escaped.slice(1);
      if (char !== "\n") {
        parts.push({ kind: "text", text: /[$`"\\]/.test(char) ? char : escaped, isQuoted: true });
      }
      return;
    }
    case "$":
      parseDollar(source, parts, "quoted");
      return;
    default:
      parseBackticks(source, parts, "quoted");
  }
}

type Quoting = "quoted" | "unquoted";

function parseDollar(source: ShellSource, parts: WordPart[], quoting: Quoting): void {
  const isQuoted = quoting === "quoted";
  source.at++;
  if (source.text.startsWith("((", source.at)) {
    const end = arithmeticEnd(source.text, source.at);
    if (end !== undefined) {
      const inside = source.text.slice(source.at + 2, end);
      source.at = end + 2;
      parts.push({ kind: "opaque", word: parseExpansions(source, inside) });
      return;
    }
  }
  if (take(source, /\(/y) !== undefined) {
    parts.push({ kind: "substitution", script: source.parseNested(source, ")"), isQuoted });
    return;
  }
  if (take(source, /\{/y) !== undefined) {
    parts.push(parseBraced(source, isQuoted));
    return;
  }
  const name = take(source, /[A-Za-z_]\w*|[0-9@*#?$!-]/y);
  if (name !== undefined) {
    parts.push({ kind: "parameter", name, isQuoted });
    return;
  }
  const ansi = isQuoted ? undefined : take(source, /'(?:[^'\\]|\\[\s\S])*'?/y);
  if (ansi !== undefined) {
    parts.push({ kind: "text", text: decodeAnsiC(quotedText(ansi)), isQuoted: true });
    return;
  }
  parts.push({ kind: "text", text: "$", isQuoted });
}

/** `${...}`, of which `${` is consumed. */
function parseBraced(source: ShellSource, isQuoted: boolean): WordPart {
  const name = take(source, /[A-Za-z_]\w*|[0-9]+|[@*]/y);
  take(source, /\[[@*]\]/y);
  const operator = take(source, /:?[-=+?]/y);
  const parts: WordPart[] = [];
  if (source.depth >= maxDepth) stopReading(source);
  source.depth++;
  while (source.at < source.text.length) {
    const plain = take(source, /[^}\\'"$`]+/y);
    if (plain !== undefined) parts.push({ kind: "text", text: plain, isQuoted: false });
    else if (take(source, /\}/y) !== undefined) break;
    else parseUnquoted(source, parts);
  }
  source.depth--;
  const word: Word = { parts: joinTexts(parts) };
  if (name === undefined) return { kind: "opaque", word };
  // `${name:?message}` is the value or an error, never the message.
  const isRequired = operator?.endsWith("?") === true && literalText(word) !== undefined;
  if (isRequired) return { kind: "parameter", name, isQuoted };
  if (operator?.endsWith("?")) return { kind: "opaque", word };
  if (operator !== undefined) return { kind: "parameter", name, fallback: word, isQuoted };
  return parts.length === 0 ? { kind: "parameter", name, isQuoted } : { kind: "opaque", word };
}

function parseBackticks(source: ShellSource, parts: WordPart[], quoting: Quoting): void {
  const raw = take(source, /`(?:[^`\\]|\\[\s\S])*`?/y);
  if (raw === undefined) {
    // An odd character that nothing above knows: taken as text, so that reading goes on.
    parts.push({ kind: "text", text: source.text.charAt(source.at), isQuoted: true });
    source.at++;
    return;
  }
  if (source.depth >= maxDepth) {
    stopReading(source);
    return;
  }
  const inner = innerSource(source, raw.replace(/^`|`$/g, "").replace(/\\([`\\$])/g, "$1"));
  const script = inner.parseNested(inner, "end");
  closeInner(source, inner);
  parts.push({ kind: "substitution", script, isQuoted: quoting === "quoted" });
}

function isArrayStart(parts: readonly WordPart[]): boolean {
  const [first, second] = parts;
  return (
    first?.kind === "text" &&
    second === undefined &&
    !first.isQuoted &&
    /^[A-Za-z_]\w*\+?=$/.test(first.text)
  );
}

/** The words of an array, of which `(` is consumed. */
function parseList(source: ShellSource): WordPart {
  const words: Word[] = [];
  while (true) {
    skipLines(source);
    if (source.at >= source.text.length || take(source, /\)/y) !== undefined) break;
    const start = source.at;
    words.push(parseWord(source));
    if (source.at === start) source.at++;
  }
  return { kind: "list", words };
}

/** Neighbouring texts of the same quoting as one, so that patterns over them see the whole. */
function joinTexts(parts: readonly WordPart[]): readonly WordPart[] {
  const joined: WordPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === "text" && last?.kind === "text" && part.isQuoted === last.isQuoted) {
      joined[joined.length - 1] = { ...last, text: last.text + part.text };
    } else {
      joined.push(part);
    }
  }
  return joined;
}
