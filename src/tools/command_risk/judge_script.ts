import { normalize } from "node:path/posix";
import { nestedCode, nestedCommands } from "./nested_code.ts";
import {
  assignedValues,
  assignmentsIn,
  expandWhole,
  expandWords,
  type Field,
  isKnown,
  literalOutput,
  unknownText,
} from "./expand_word.ts";
import { homeVariables } from "./hermes_call.ts";
import { type CommandInput, type Invocation, invocationsOf, maxWrappers } from "./invocation.ts";
import {
  addFinding,
  addUnreadable,
  assign,
  enterDirectory,
  type Judging,
  placesOf,
} from "./judging.ts";
import { sortArguments } from "./options.ts";
import { parseScript } from "./parse_script.ts";
import { absolutePath, isBlockDevice, isVital } from "./protected_paths.ts";
import { fetchesFromNetwork } from "./rules/code.ts";
import { findingsOf } from "./rules/table.ts";
import { maxDepth } from "./source.ts";
import {
  type Command,
  type Pipeline,
  type Redirection,
  type Script,
  scriptsOfWord,
  type SimpleCommand,
  wordsOfCommand,
} from "./syntax.ts";

/** What a command inherits from the code around it. */
interface Inherited {
  readonly input: CommandInput;
  readonly isBackground: boolean;
  readonly redirectedTo: readonly string[];
  readonly wrappedBy: readonly string[];
}

/** What code starts with that is run by another program or as a value. */
const nothingInherited: Inherited = {
  input: { kind: "inherited" },
  isBackground: false,
  redirectedTo: [],
  wrappedBy: [],
};

/** Judges code that is text. */
export function judgeText(judging: Judging, text: string, input: CommandInput): void {
  judging.charsLeft -= text.length + 16;
  if (judging.charsLeft < 0) {
    addUnreadable(judging);
    return;
  }
  const { script, isTooDeep } = parseScript(text, judging.depth);
  if (isTooDeep) addUnreadable(judging);
  judgeScript(judging, script, { ...nothingInherited, input });
}

function judgeScript(judging: Judging, script: Script, inherited: Inherited): void {
  if (judging.depth >= maxDepth) {
    addUnreadable(judging);
    return;
  }
  judging.depth++;
  for (const pipeline of script.pipelines) judgePipeline(judging, pipeline, inherited);
  judging.depth--;
}

/** Code of its own process: what it does to the directory stays inside. */
function judgeSubshell(judging: Judging, script: Script, inherited: Inherited): void {
  const { cwd } = judging;
  judgeScript(judging, script, inherited);
  enterDirectory(judging, cwd);
}

function judgePipeline(judging: Judging, pipeline: Pipeline, inherited: Inherited): void {
  judgeForkBomb(judging, pipeline);
  const isBackground = inherited.isBackground || pipeline.operator === "&";
  let isRemote = false;
  for (const [index, command] of pipeline.commands.entries()) {
    const before = pipeline.commands[index - 1];
    isRemote ||= before !== undefined && fetches(before);
    const input = before ? pipeInput(judging, before, { index, isRemote }) : inherited.input;
    judgeCommandNode(judging, command, { ...inherited, input, isBackground });
  }
}

function fetches(command: Command): boolean {
  return fetchesFromNetwork({ pipelines: [{ commands: [command], operator: ";" }] });
}

function pipeInput(
  judging: Judging,
  before: Command,
  { index, isRemote }: { readonly index: number; readonly isRemote: boolean },
): CommandInput {
  const alone: Script = { pipelines: [{ commands: [before], operator: ";" }] };
  const text = index === 1 ? literalOutput(alone, judging.variables) : undefined;
  return text === undefined ? { kind: "pipe", isRemote } : { kind: "text", text, isHeredoc: false };
}

/** A function that pipes itself into itself: `:(){ :|:& };:`. */
function judgeForkBomb(judging: Judging, { commands }: Pipeline): void {
  for (const name of judging.functions) {
    const calls = commands.filter(
      (command) =>
        command.kind === "simple" &&
        command.words[0]?.parts.every((part) => part.kind === "text" && part.text === name),
    );
    if (calls.length > 1) {
      addFinding(judging, { level: "forbidden", key: "fork bomb", reason: "fork bomb" });
    }
  }
}

function judgeCommandNode(judging: Judging, command: Command, inherited: Inherited): void {
  for (const word of wordsOfCommand(command)) {
    for (const script of scriptsOfWord(word)) {
      judgeSubshell(judging, script, nothingInherited);
    }
  }
  switch (command.kind) {
    case "simple":
      judgeSimple(judging, command, inherited);
      return;
    case "group": {
      const inside = withRedirections(judging, command.redirections, inherited);
      if (inside.redirectedTo.length > 0) judgeRun(judging, [], inside);
      const within = { ...inside, redirectedTo: [] };
      if (command.isSubshell) judgeSubshell(judging, command.script, within);
      else judgeScript(judging, command.script, within);
      return;
    }
    case "function":
      judging.functions.push(command.name);
      judgeSubshell(judging, command.script, nothingInherited);
      judging.functions.pop();
      return;
    case "words":
      if (command.variable !== undefined) {
        const fields = expandWords(command.words, judging.variables);
        const values = fields.every(isKnown) ? fields.map((field) => field.text) : undefined;
        assign(judging, command.variable, values);
      }
      return;
    default:
      command satisfies never;
  }
}

function withRedirections(
  judging: Judging,
  redirections: readonly Redirection[],
  inherited: Inherited,
): Inherited {
  let { input } = inherited;
  const redirectedTo = [...inherited.redirectedTo];
  for (const { operator, target } of redirections) {
    const { text } = expandWhole(target, judging.variables);
    if (operator === "<<" || operator === "<<<") input = { kind: "text", text, isHeredoc: true };
    else if (operator === "<") input = { kind: "inherited" };
    else if (operator !== "<&" && !(operator === ">&" && /^(?:\d+|-)$/.test(text))) {
      redirectedTo.push(text);
    }
  }
  return { ...inherited, input, redirectedTo };
}

function judgeSimple(judging: Judging, command: SimpleCommand, inherited: Inherited): void {
  const surroundings = withRedirections(judging, command.redirections, inherited);
  // In front of a program they are for that program alone, and its words are expanded without them.
  if (command.words.length === 0) {
    for (const { name, value } of command.assignments) {
      assign(judging, name, assignedValues(value, judging.variables));
    }
  }
  const fields = expandWords(command.words, judging.variables);
  const isMovedForIt =
    !judging.hasOtherHome && command.assignments.some(({ name }) => homeVariables.includes(name));
  if (isMovedForIt) judging.hasOtherHome = true;
  judgeRun(judging, fields, surroundings);
  if (isMovedForIt) judging.hasOtherHome = false;
  if (["declare", "export", "local", "readonly", "typeset"].includes(fields[0]?.text ?? "")) {
    for (const { name, value } of assignmentsIn(command.words)) {
      assign(judging, name, assignedValues(value, judging.variables));
    }
  }
  if (fields[0]?.text === "unset" && fields.some(({ text }) => homeVariables.includes(text))) {
    judging.hasOtherHome = true;
  }
  if (fields[0]?.text === "read")
    for (const field of fields) assign(judging, field.text, undefined);
}

/** Judges the run of one program, and of what it runs in turn. */
function judgeRun(judging: Judging, fields: readonly Field[], inherited: Inherited): void {
  const { hasOtherHome } = judging;
  const surroundings = { ...inherited, hasOtherHome, places: placesOf(judging) };
  const hasSudoPassword = judging.options.hasSudoPassword ?? false;
  const invocations = invocationsOf(fields, surroundings);
  if (invocations.length === maxWrappers) addUnreadable(judging);
  for (const invocation of invocations) {
    const shadow = runsRm(invocation);
    if (shadow) addFinding(judging, { level: "dangerous", key: shadow, reason: shadow });
    for (const finding of findingsOf(invocation, { hasSudoPassword })) {
      // `xargs rm` is one danger, not also the deletion that it is about.
      if (finding.level === "forbidden" || !shadow) addFinding(judging, finding);
    }
    judgeUnknownProgram(judging, invocation, inherited);
    judgeNested(judging, invocation, inherited);
    followEffects(judging, invocation);
  }
}

/** What a deletion is called when another program feeds it its targets. */
function runsRm({ program, wrappedBy }: Invocation): string | undefined {
  if (program !== "rm" && program !== "shred") return undefined;
  if (wrappedBy.includes("xargs")) return "xargs with rm";
  return wrappedBy.includes("find") ? "find -exec rm" : undefined;
}

/** A program whose name is only known at run time, with arguments that would be fatal to the wrong one. */
function judgeUnknownProgram(judging: Judging, invocation: Invocation, inherited: Inherited): void {
  const { programText, args, fields } = invocation;
  const isUnknown =
    programText.includes(unknownText) || /[*?]|\[.*\]/.test(programText.slice(0, 256));
  if (!isUnknown) return;
  const places = placesOf(judging);
  const isFatal = args.some((arg) => {
    if (/^-[a-zA-Z]{0,16}(?:r[a-zA-Z]{0,16}f|f[a-zA-Z]{0,16}r)/i.test(arg)) return true;
    const path = absolutePath(arg.replace(/^of=/, ""), places);
    return arg === "--no-preserve-root" || (path !== undefined && isFatalPath(path, judging));
  });
  if (isFatal) {
    const key = "program that is only known at run time";
    addFinding(judging, { level: "dangerous", key, reason: key });
  }
  // An unset variable leaves nothing: the next word is then the program.
  if (programText !== unknownText) return;
  const start = fields.findIndex(({ text }) => text !== unknownText);
  if (start !== -1) judgeRun(judging, fields.slice(start), inherited);
}

function isFatalPath(path: string, judging: Judging): boolean {
  return isBlockDevice(path) || isVital(path, placesOf(judging));
}

function judgeNested(judging: Judging, invocation: Invocation, inherited: Inherited): void {
  if (judging.depth >= maxDepth) {
    addUnreadable(judging);
    return;
  }
  judging.depth++;
  const { cwd } = judging;
  for (const code of nestedCode(invocation)) {
    for (const [name, value] of code.variables ?? []) assign(judging, name, [value]);
    judgeText(judging, code.text, code.input ?? { kind: "inherited" });
    // What `eval` and `source` do happens in this shell.
    if (!code.isSameShell) enterDirectory(judging, cwd);
  }
  const wrappedBy = [...inherited.wrappedBy, invocation.program];
  for (const fields of nestedCommands(invocation)) {
    judgeRun(judging, fields, { ...inherited, redirectedTo: [], wrappedBy });
  }
  judging.depth--;
}

/** What later commands see: another directory, files that can be run. */
function followEffects(judging: Judging, invocation: Invocation): void {
  const { program, programText, args } = invocation;
  if (program === "cd" || program === "pushd") {
    const target = sortArguments(args).operands[0] ?? "~";
    const isUnknown = target === "-" || target.includes(unknownText);
    enterDirectory(judging, isUnknown ? undefined : absolutePath(target, placesOf(judging)));
  }
  if (
    program === "chmod" &&
    args.some((arg) => /^[ugoa]{0,4}\+[rwst]{0,4}x|^[0-7]?[1357][0-7]{2}$/.test(arg))
  ) {
    for (const operand of sortArguments(args).operands) judging.executables.add(normalize(operand));
  }
  if (programText.includes("/") && judging.executables.has(normalize(programText))) {
    const key = "chmod +x followed by immediate execution";
    addFinding(judging, { level: "dangerous", key, reason: key });
  }
}
