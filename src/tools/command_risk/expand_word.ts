import { decodeAnsiC } from "./ansi_c.ts";
import { expandBraces } from "./expand_braces.ts";
import {
  asAssignment,
  type Redirection,
  type Script,
  scriptsOfWord,
  type Word,
  type WordPart,
} from "./syntax.ts";

/** Stands in a field for what is only known when the command runs. */
export const unknownText = "\uFFFC";

/** One argument, as far as it can be known beforehand. */
export interface Field {
  /** With `unknownText` for the parts that cannot be known. */
  readonly text: string;
  /** What computing it runs. */
  readonly scripts: readonly Script[];
}

/** Values of variables by name; several where it may have any of them. */
export type Variables = ReadonlyMap<string, readonly string[]>;

export function isKnown(field: Field): boolean {
  return !field.text.includes(unknownText);
}

/** The arguments that words become: braces, variables and simple substitutions expanded, quotes removed, split. */
export function expandWords(words: readonly Word[], variables: Variables): readonly Field[] {
  return words.flatMap((word) => {
    const expanded = expandBraces(word);
    if (!expanded) return [{ text: unknownText, scripts: scriptsOfWord(word) }];
    return expanded.flatMap((single) => expandParts(single.parts, variables));
  });
}

/** The word as one argument, without splitting: a redirection's file, a heredoc's text. */
export function expandWhole(word: Word, variables: Variables): Field {
  const fields = expandParts(
    word.parts.map((part) => ("isQuoted" in part ? { ...part, isQuoted: true } : part)),
    variables,
  );
  return {
    text: fields.map((field) => field.text).join(" "),
    scripts: fields.flatMap((field) => field.scripts),
  };
}

/** The values that an assignment gives; undefined when they are not known. */
export function assignedValues(value: Word, variables: Variables): readonly string[] | undefined {
  const [first] = value.parts;
  const fields =
    first?.kind === "list" ? expandWords(first.words, variables) : [expandWhole(value, variables)];
  return fields.every(isKnown) ? fields.map((field) => field.text) : undefined;
}

/** Collects the fields of one word. */
interface Collecting {
  readonly fields: Field[];
  text: string;
  scripts: Script[];
  /** Whether there is a field even if its text is empty. */
  isStarted: boolean;
}

function expandParts(parts: readonly WordPart[], variables: Variables): readonly Field[] {
  const collecting: Collecting = { fields: [], text: "", scripts: [], isStarted: false };
  for (const part of parts) expandPart(part, variables, collecting);
  endField(collecting);
  return collecting.fields;
}

function endField(collecting: Collecting): void {
  const { text, scripts } = collecting;
  if (collecting.isStarted) collecting.fields.push({ text: text.normalize("NFKC"), scripts });
  collecting.text = "";
  collecting.scripts = [];
  collecting.isStarted = false;
}

function expandPart(part: WordPart, variables: Variables, collecting: Collecting): void {
  switch (part.kind) {
    case "text":
      addText(collecting, part.text);
      return;
    case "parameter": {
      const fallback = part.fallback && assignedValues(part.fallback, variables);
      addValues(collecting, variables.get(part.name) ?? fallback, part.isQuoted);
      if (part.fallback) collecting.scripts.push(...scriptsOfWord(part.fallback));
      return;
    }
    case "substitution": {
      const output = literalOutput(part.script, variables);
      addValues(collecting, output === undefined ? undefined : [output], part.isQuoted);
      // Nothing printed, unquoted: no field, and the next word may be the program.
      if (collecting.isStarted) collecting.scripts.push(part.script);
      return;
    }
    case "process":
      addText(collecting, unknownText);
      collecting.scripts.push(part.script);
      return;
    case "opaque":
      addText(collecting, unknownText);
      collecting.scripts.push(...scriptsOfWord(part.word));
      return;
    case "list":
      addText(collecting, unknownText);
      collecting.scripts.push(...part.words.flatMap(scriptsOfWord));
      return;
    default:
      part satisfies never;
  }
}

function addText(collecting: Collecting, text: string): void {
  collecting.text += text;
  collecting.isStarted = true;
}

function addValues(
  collecting: Collecting,
  values: readonly string[] | undefined,
  isQuoted: boolean,
): void {
  if (!values) {
    addText(collecting, unknownText);
    return;
  }
  for (const [index, value] of values.entries()) {
    if (index > 0) endField(collecting);
    if (isQuoted) addText(collecting, value);
    else addSplit(collecting, value);
  }
}

/** An unquoted value: split at blanks, as the default `IFS` does. */
function addSplit(collecting: Collecting, value: string): void {
  for (const [index, piece] of value.split(/\s+/).entries()) {
    if (index > 0) endField(collecting);
    if (piece !== "") addText(collecting, piece);
  }
}

/**
 * What a script prints, when that is plain to see: a single `echo` or `printf` of known words, or a `cat` of a text
 * that stands there. Undefined otherwise.
 */
export function literalOutput(script: Script, variables: Variables): string | undefined {
  const [pipeline, ...others] = script.pipelines;
  const [command, ...rest] = pipeline?.commands ?? [];
  if (command?.kind !== "simple" || others.length > 0 || rest.length > 0) return undefined;
  const fields = expandWords(command.words, variables);
  if (!fields.every(isKnown)) return undefined;
  const [program, ...args] = fields.map((field) => field.text);
  return outputOf(
    program,
    args,
    command.redirections.map((one) => inputText(one, variables)),
  )?.replace(/\n+$/, "");
}

/** The text of a heredoc or here-string; undefined for other redirections and for a text that is not known. */
function inputText({ operator, target }: Redirection, variables: Variables): string | undefined {
  if (operator !== "<<" && operator !== "<<<") return undefined;
  const text = expandWhole(target, variables);
  return isKnown(text) ? text.text : undefined;
}

function outputOf(
  program: string | undefined,
  args: readonly string[],
  inputs: readonly (string | undefined)[],
): string | undefined {
  if (program === "cat" && inputs.length === 1 && args.every((arg) => arg === "-"))
    return inputs[0];
  if (inputs.length > 0) return undefined;
  if (program === "echo") return echoed(args);
  return program === "printf" ? printed(args) : undefined;
}

function echoed(args: readonly string[]): string {
  const firstWord = args.findIndex((arg) => !/^-[neE]+$/.test(arg));
  const words = firstWord === -1 ? [] : args.slice(firstWord);
  const isEscaped = args.slice(0, Math.max(0, firstWord)).some((flag) => flag.includes("e"));
  const text = words.join(" ");
  return isEscaped ? decodeAnsiC(text) : text;
}

function printed(args: readonly string[]): string | undefined {
  const [format = "", ...values] = args[0] === "--" ? args.slice(1) : args;
  const rest = [...values];
  let isPlain = true;
  const text = decodeAnsiC(format).replace(/%(?:%|[sb]|.?)/g, (directive) => {
    if (directive === "%%") return "%";
    if (directive !== "%s" && directive !== "%b") isPlain = false;
    return rest.shift() ?? "";
  });
  return isPlain && rest.length === 0 ? text : undefined;
}

/** The assignments that a builtin like `export NAME=value` makes. */
export function assignmentsIn(words: readonly Word[]): readonly { name: string; value: Word }[] {
  return words.flatMap((word) => asAssignment(word) ?? []);
}
