import { unknownText } from "../expand_word.ts";
import type { Invocation } from "../invocation.ts";
import { countOptions, sortArguments } from "../options.ts";
import { literalText, type Script, simpleCommandsOf } from "../syntax.ts";
import {
  fetchers,
  type Interpreter,
  interpreterOf,
  interpreters,
  shells,
  wrappers,
} from "../wrappers.ts";
import { dangerous, forbidden, type Rule } from "./rule.ts";

const interpreterNames = Object.keys(interpreters);

/** Code that is run from an argument, a pipe or the network, where its author is not the one who reads it. */
export const codeRules: readonly Rule[] = [
  dangerous("shell command via -c/-lc flag", shells, ({ args }) => readsCommandString(args)),
  dangerous("script execution via -e/-c flag", interpreterNames, ({ program, args }) => {
    const interpreter = interpreters[interpreterOf(program) ?? ""];
    return interpreter !== undefined && takesCode(interpreter, args);
  }),
  dangerous("script execution via -e/-c flag", ["deno"], ({ args }) => args[0] === "eval"),
  dangerous(
    "script execution via heredoc",
    interpreterNames,
    ({ input, args }) => input.kind === "text" && input.isHeredoc && readsScriptFromInput(args),
  ),
  dangerous(
    "script piped to an interpreter",
    interpreterNames,
    ({ input, args }) => isPiped(input) && readsScriptFromInput(args),
  ),
  dangerous(
    "pipe remote content to shell",
    [...shells, "eval", ...interpreterNames],
    (invocation) => isFedFromNetwork(invocation),
  ),
  dangerous(
    "pipe content to shell",
    shells,
    ({ input, args }) => input.kind === "pipe" && !input.isRemote && readsScriptFromInput(args),
  ),
  dangerous(
    "execute remote script via process substitution",
    [...shells, "source", ".", ...interpreterNames],
    ({ fields, args }) =>
      !readsCommandString(args) && fields.some(({ scripts }) => scripts.some(fetchesFromNetwork)),
  ),
  dangerous("eval of text that is only known at run time", ["eval"], ({ args }) =>
    args.some((arg) => arg.includes(unknownText)),
  ),
  dangerous("shell command from awk", ["awk", "gawk", "mawk", "nawk"], ({ args }) =>
    args.some((arg) => /\bsystem\s*\(|\|\s*"|\|\s*getline/.test(arg.slice(0, 65_536))),
  ),
  dangerous("sudo with a shell or a password helper", ["sudo"], ({ args }) =>
    sudoOptions(args).some((option) =>
      ["A", "i", "s", "--askpass", "--login", "--shell"].includes(option),
    ),
  ),
];

/** `sudo -S`: a password that the model would have to guess. Left out where the user provides one. */
export const sudoPasswordRule: Rule = forbidden(
  "sudo reading a password from its input",
  ["sudo"],
  ({ args }) => sudoOptions(args).some((option) => option === "S" || option === "--stdin"),
);

/** Whether the interpreter's own options hold code: those behind a script or a `-m module` are the script's. */
function takesCode(interpreter: Interpreter, args: readonly string[]): boolean {
  const module = args.findIndex((arg) => /^-[a-zA-Z]{0,8}m$/.test(arg));
  const own = module === -1 ? args : args.slice(0, module);
  const { options } = sortArguments(own.slice(0, countOptions(own, interpreter)), interpreter);
  return options.some((option) => interpreter.code.includes(option));
}

function sudoOptions(args: readonly string[]): readonly string[] {
  const syntax = wrappers["sudo"] ?? {};
  return sortArguments(args.slice(0, countOptions(args, syntax)), syntax).options;
}

/** Whether a shell takes its code from an argument: `-c`, `-lc`. */
export function readsCommandString(args: readonly string[]): boolean {
  return sortArguments(
    args.slice(0, countOptions(args, shellSyntax)),
    shellSyntax,
  ).options.includes("c");
}

/** How shells read their options. */
export const shellSyntax = { valued: "oO", valuedLong: ["--init-file", "--rcfile"] };

/** Whether an interpreter without a script's name reads the script from its input. */
export function readsScriptFromInput(args: readonly string[]): boolean {
  const { options, operands } = sortArguments(args);
  if (options.includes("s")) return true;
  return operands.every((operand) => operand === "-" || operand === "/dev/stdin");
}

function isPiped(input: Invocation["input"]): boolean {
  return (input.kind === "pipe" && !input.isRemote) || (input.kind === "text" && !input.isHeredoc);
}

function isFedFromNetwork({ program, input, args, fields }: Invocation): boolean {
  const isCode = program === "eval" || readsCommandString(args);
  if (isCode) return fields.some(({ scripts }) => scripts.some(fetchesFromNetwork));
  return input.kind === "pipe" && input.isRemote && readsScriptFromInput(args);
}

/** Whether a script runs a program that fetches from other machines. */
export function fetchesFromNetwork(script: Script): boolean {
  for (const { words } of simpleCommandsOf(script)) {
    if (words.some((word) => fetchers.includes(literalText(word) ?? ""))) return true;
  }
  return false;
}
