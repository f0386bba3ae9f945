import type { Script, Word } from "./syntax.ts";

/** Deeper than this nobody nests; it also keeps the parser off the end of the stack. */
export const maxDepth = 64;

/** What closes a script: the text's end, a parenthesis, a brace in command position. */
export type ScriptEnd = "end" | ")" | "}";

/** A heredoc whose body stands behind the next line end. */
export interface PendingHeredoc {
  readonly delimiter: string;
  readonly isQuoted: boolean;
  readonly stripsTabs: boolean;
  readonly redirection: { readonly operator: string; target: Word };
}

/** Shell text and how far it was read. */
export interface ShellSource {
  readonly text: string;
  at: number;
  depth: number;
  /** Set when the nesting was deeper than `maxDepth`; the rest is then unread. */
  isTooDeep: boolean;
  readonly heredocs: PendingHeredoc[];
  /** Reads a script up to its end, which is consumed. Held here, since words and scripts nest in one another. */
  readonly parseNested: (source: ShellSource, end: ScriptEnd) => Script;
}

/** A source for a piece of text inside another one. */
export function innerSource(outer: ShellSource, text: string): ShellSource {
  return { ...outer, text, at: 0, depth: outer.depth + 1, heredocs: [] };
}

/** Takes over from an inner source whether the nesting was too deep. */
export function closeInner(outer: ShellSource, inner: ShellSource): void {
  if (inner.isTooDeep) stopReading(outer);
}

/** Gives up: what follows is nested too deep to be read. */
export function stopReading(source: ShellSource): void {
  source.isTooDeep = true;
  source.at = source.text.length;
}

/** The match of a sticky pattern at the current place, consumed; undefined when it does not match. */
export function take(source: ShellSource, sticky: RegExp): string | undefined {
  const match = look(source, sticky);
  if (match !== undefined) source.at += match.length;
  return match;
}

/** The match of a sticky pattern at the current place. */
export function look(source: ShellSource, sticky: RegExp): string | undefined {
  sticky.lastIndex = source.at;
  return sticky.exec(source.text)?.[0];
}

const blanks = /[ \t\r]+/y;
const continuedLine = /\\\r?\n/y;
const comment = /#[^\n]*/y;

/** Skips blanks, continued lines and a comment. A carriage return counts as blank: scripts from Windows have them. */
export function skipBlanks(source: ShellSource): void {
  while (take(source, blanks) !== undefined || take(source, continuedLine) !== undefined);
  take(source, comment);
}

/** Skips blanks, comments and line ends. */
export function skipLines(source: ShellSource): void {
  do skipBlanks(source);
  while (take(source, /\n/y) !== undefined);
}
