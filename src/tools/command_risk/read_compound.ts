import { arithmeticEnd, parseExpansions, parseWord } from "./parse_word.ts";
import { readRedirections } from "./read_redirections.ts";
import { look, type ShellSource, skipBlanks, skipLines, take } from "./source.ts";
import { type Command, literalText, type Word } from "./syntax.ts";

/** `( ... )`, or `(( ... ))`, in which operators compute. */
export function readParenthesis(source: ShellSource): Command {
  const end = source.text.startsWith("((", source.at)
    ? arithmeticEnd(source.text, source.at)
    : undefined;
  if (end !== undefined) {
    const inside = source.text.slice(source.at + 2, end);
    source.at = end + 2;
    return { kind: "words", words: [parseExpansions(source, inside)] };
  }
  source.at++;
  const script = source.parseNested(source, ")");
  return { kind: "group", isSubshell: true, script, redirections: readRedirections(source) };
}

/** The variable and the words of a `for` or a `select`. */
export function readLoopHead(source: ShellSource): Command {
  skipBlanks(source);
  if (source.text.startsWith("((", source.at)) return readParenthesis(source);
  const variable = literalText(parseWord(source)) ?? "";
  skipLines(source);
  const words: Word[] = [];
  if (take(source, /in(?=[\s;]|$)/y) === undefined) return { kind: "words", words };
  while (true) {
    skipBlanks(source);
    if (source.at >= source.text.length || look(source, /[\n;&|()<>]/y) !== undefined) break;
    words.push(parseWord(source));
  }
  return { kind: "words", variable, words };
}

/** The subject of a `case`, up to its `in`. */
export function readCaseHead(source: ShellSource): Command {
  skipBlanks(source);
  const subject = parseWord(source);
  skipLines(source);
  take(source, /in(?=\s|$)/y);
  return { kind: "words", words: [subject] };
}

/** Skips `pattern)`: its words are compared, not run. */
export function skipCasePattern(source: ShellSource): void {
  skipLines(source);
  if (look(source, /esac(?=[\s;&|<>()]|$)/y) !== undefined) return;
  take(source, /\(/y);
  while (true) {
    skipBlanks(source);
    if (source.at >= source.text.length || take(source, /\)/y) !== undefined) return;
    if (look(source, /[\n;&<>(]/y) !== undefined) return;
    if (take(source, /\|/y) === undefined) parseWord(source);
  }
}

/** `[[ ... ]]`, in which operators compare. */
export function readTest(source: ShellSource): Command {
  const words: Word[] = [];
  while (true) {
    skipLines(source);
    if (source.at >= source.text.length) break;
    if (take(source, /[;&|<>()]/y) !== undefined) continue;
    const word = parseWord(source);
    if (literalText(word) === "]]") break;
    words.push(word);
  }
  return { kind: "words", words };
}

/** A function, of which the name is consumed. */
export function readFunction(source: ShellSource, name: string): Command {
  take(source, /[ \t]*\([ \t]*\)/y);
  skipLines(source);
  if (take(source, /\{/y) !== undefined) {
    return { kind: "function", name, script: source.parseNested(source, "}") };
  }
  if (look(source, /\((?!\()/y) !== undefined) {
    source.at++;
    return { kind: "function", name, script: source.parseNested(source, ")") };
  }
  return { kind: "function", name, script: { pipelines: [] } };
}
