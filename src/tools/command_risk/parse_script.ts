import { arithmeticEnd, parseExpansions, parseWord } from "./parse_word.ts";
import {
  look,
  maxDepth,
  type PendingHeredoc,
  type ScriptEnd,
  type ShellSource,
  skipBlanks,
  skipLines,
  stopReading,
  take,
} from "./source.ts";
import {
  type Assignment,
  type Command,
  literalText,
  type Pipeline,
  type Redirection,
  type Script,
  textWord,
  type Word,
} from "./syntax.ts";

/** What was read of a command line. */
export interface ParsedScript {
  readonly script: Script;
  /** Whether it nests too deep to be read to its end. */
  readonly isTooDeep: boolean;
}

/**
 * Reads POSIX shell code with the extensions of bash. Never fails: what a shell would refuse is read as well as
 * possible, since a shell runs the lines before its syntax error. Linear in the length of the text.
 * @param depth how deep the text itself is nested in other code
 */
export function parseScript(text: string, depth = 0): ParsedScript {
  const source: ShellSource = { text, at: 0, depth, isTooDeep: false, heredocs: [], parseNested };
  const script = parseNested(source, "end");
  return { script, isTooDeep: source.isTooDeep };
}

/** What is being read: finished pipelines, the open one, and how many `case` are open. */
interface Reading {
  readonly end: ScriptEnd;
  readonly pipelines: Pipeline[];
  commands: Command[];
  /** Behind a `|`: a line end does not end the pipeline. */
  isPiping: boolean;
  openCases: number;
}

function parseNested(source: ShellSource, end: ScriptEnd): Script {
  const reading: Reading = { end, pipelines: [], commands: [], isPiping: false, openCases: 0 };
  if (source.depth >= maxDepth) {
    stopReading(source);
    return { pipelines: [] };
  }
  source.depth++;
  while (source.at < source.text.length) {
    skipBlanks(source);
    if (source.at < source.text.length && readNext(source, reading) === "closed") break;
  }
  source.depth--;
  endPipeline(reading, ";");
  return { pipelines: reading.pipelines };
}

function endPipeline(reading: Reading, operator: Pipeline["operator"]): void {
  if (reading.commands.length > 0) reading.pipelines.push({ commands: reading.commands, operator });
  reading.commands = [];
  reading.isPiping = false;
}

function readNext(source: ShellSource, reading: Reading): "closed" | "open" {
  if (take(source, /\n/y) !== undefined) {
    readHeredocs(source);
    if (!reading.isPiping) endPipeline(reading, ";");
    return "open";
  }
  const operator = take(source, /;;&|;;|;&|;|&&|&(?!>)|\|\||\|&|\|/y);
  if (operator !== undefined) {
    readOperator(source, reading, operator);
    return "open";
  }
  if (take(source, /\)/y) !== undefined) return reading.end === ")" ? "closed" : "open";
  if (source.text.charAt(source.at) === "(") {
    addCommand(reading, readParenthesis(source));
    return "open";
  }
  const keyword = take(
    source,
    /(?:if|then|elif|else|fi|while|until|do|done|esac|case|for|select|function|time|coproc|!|\{|\}|\[\[)(?=[\s;&|<>()]|$)/y,
  );
  if (keyword === undefined) {
    addCommand(reading, readSimple(source));
    return "open";
  }
  if (keyword === "}" && reading.end === "}") return "closed";
  readKeyword(source, reading, keyword);
  return "open";
}

function addCommand(reading: Reading, command: Command): void {
  reading.commands.push(command);
  reading.isPiping = false;
}

function readOperator(source: ShellSource, reading: Reading, operator: string): void {
  if (operator === "|" || operator === "|&") {
    reading.isPiping = true;
    return;
  }
  endPipeline(reading, operator === "&&" || operator === "||" || operator === "&" ? operator : ";");
  if (operator.length > 1 && operator.startsWith(";") && reading.openCases > 0) {
    skipCasePattern(source);
  }
}

function readParenthesis(source: ShellSource): Command {
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

function readKeyword(source: ShellSource, reading: Reading, keyword: string): void {
  switch (keyword) {
    case "{": {
      const script = source.parseNested(source, "}");
      const redirections = readRedirections(source);
      addCommand(reading, { kind: "group", isSubshell: false, script, redirections });
      return;
    }
    case "fi":
    case "done":
    case "esac":
    case "}":
      if (keyword === "esac" && reading.openCases > 0) reading.openCases--;
      // Stands for the loop, so that a pipe or a redirection behind it is seen.
      addCommand(reading, {
        kind: "simple",
        assignments: [],
        words: [],
        redirections: readRedirections(source),
      });
      return;
    case "for":
    case "select":
      addCommand(reading, readLoopHead(source));
      return;
    case "case":
      addCommand(reading, readCaseHead(source));
      endPipeline(reading, ";");
      reading.openCases++;
      skipCasePattern(source);
      return;
    case "function":
      skipBlanks(source);
      addCommand(reading, readFunction(source, literalText(parseWord(source)) ?? ""));
      return;
    case "[[":
      addCommand(reading, readTest(source));
      return;
    case "time":
      skipBlanks(source);
      take(source, /-p(?=\s)/y);
      break;
    default:
  }
}

function readLoopHead(source: ShellSource): Command {
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

function readCaseHead(source: ShellSource): Command {
  skipBlanks(source);
  const subject = parseWord(source);
  skipLines(source);
  take(source, /in(?=\s|$)/y);
  return { kind: "words", words: [subject] };
}

/** Skips `pattern)`: its words are compared, not run. */
function skipCasePattern(source: ShellSource): void {
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
function readTest(source: ShellSource): Command {
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
function readFunction(source: ShellSource, name: string): Command {
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

function readSimple(source: ShellSource): Command {
  const assignments: Assignment[] = [];
  const words: Word[] = [];
  const redirections: Redirection[] = [];
  while (true) {
    skipBlanks(source);
    const redirection = readRedirection(source);
    if (redirection) {
      redirections.push(redirection);
      continue;
    }
    if (source.at >= source.text.length || look(source, /[\n;&|)]/y) !== undefined) break;
    if (look(source, /\(/y) !== undefined) {
      const [name] = words;
      if (name && words.length === 1 && look(source, /\([ \t]*\)/y) !== undefined) {
        return readFunction(source, literalText(name) ?? "");
      }
      break;
    }
    const start = source.at;
    const word = parseWord(source);
    if (source.at === start) source.at++;
    const assignment = words.length === 0 ? asAssignment(word) : undefined;
    if (assignment) assignments.push(assignment);
    else words.push(word);
  }
  return { kind: "simple", assignments, words, redirections };
}

/** `NAME=value` as an assignment. */
export function asAssignment(word: Word): Assignment | undefined {
  const [first, ...rest] = word.parts;
  if (first?.kind !== "text" || first.isQuoted) return undefined;
  const head = /^([A-Za-z_]\w*)(?:\[[^\]]*\])?\+?=/.exec(first.text);
  if (!head) return undefined;
  const text = first.text.slice(head[0].length);
  return {
    name: head[1] ?? "",
    value: { parts: text === "" ? rest : [{ ...first, text }, ...rest] },
  };
}

function readRedirections(source: ShellSource): readonly Redirection[] {
  const redirections: Redirection[] = [];
  while (true) {
    skipBlanks(source);
    const redirection = readRedirection(source);
    if (!redirection) return redirections;
    redirections.push(redirection);
  }
}

function readRedirection(source: ShellSource): Redirection | undefined {
  const head = take(source, /(?:\d+|\{\w+\})?(?:<<<|<<-|<<|<>|<&|>>|>\||>&|&>>|&>|[<>](?!\())/y);
  if (head === undefined) return undefined;
  const operator = head.replace(/^(?:\d+|\{\w+\})/, "");
  skipBlanks(source);
  const target = parseWord(source);
  if (operator !== "<<" && operator !== "<<-") return { operator, target };
  const redirection: PendingHeredoc["redirection"] = { operator: "<<", target: textWord("") };
  source.heredocs.push({
    delimiter: literalText(target) ?? "",
    isQuoted: target.parts.some((part) => part.kind === "text" && part.isQuoted),
    stripsTabs: operator === "<<-",
    redirection,
  });
  return redirection;
}

function readHeredocs(source: ShellSource): void {
  for (const heredoc of source.heredocs.splice(0)) {
    const lines: string[] = [];
    while (source.at < source.text.length) {
      const line = take(source, /[^\n]*\n?/y) ?? "";
      const text = heredoc.stripsTabs ? line.replace(/^\t+/, "") : line;
      if (text.replace(/\r?\n$/, "") === heredoc.delimiter) break;
      lines.push(text);
    }
    const body = lines.join("");
    heredoc.redirection.target = heredoc.isQuoted ? textWord(body) : parseExpansions(source, body);
  }
}
