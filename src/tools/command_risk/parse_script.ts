import { parseWord } from "./parse_word.ts";
import {
  readCaseHead,
  readFunction,
  readLoopHead,
  readParenthesis,
  readTest,
  skipCasePattern,
} from "./read_compound.ts";
import { readHeredocs, readRedirection, readRedirections } from "./read_redirections.ts";
import {
  look,
  maxDepth,
  type ScriptEnd,
  type ShellSource,
  skipBlanks,
  stopReading,
  take,
} from "./source.ts";
import {
  asAssignment,
  type Assignment,
  type Command,
  literalText,
  type Pipeline,
  type Redirection,
  type Script,
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
