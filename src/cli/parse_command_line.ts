import { CommanderError } from "commander";
import type { Invocation } from "./command.ts";
import { usageError } from "./flags.ts";
import { didYouMean } from "../core/did_you_mean.ts";
import { buildProgram } from "./program.ts";

/** What a command line asks for. */
export type ParsedCommandLine =
  | { readonly kind: "call"; readonly invocation: Invocation }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" };

/**
 * Reads a command line (without the program's own name) as a call of one command; pure.
 * @throws {HermesError} `usage/invalid` for unknown commands and flags, with what was probably meant as its hint
 */
export function parseCommandLine(
  argv: readonly string[],
  columns: () => number | undefined,
): ParsedCommandLine {
  if (argv[0] === "--version" || argv[0] === "-V") return { kind: "version" };
  let help = "";
  let invocation: Invocation | undefined;
  const program = buildProgram(
    (call) => {
      invocation = call;
    },
    (group) => argv.includes(group),
  );
  const collect = (text: string): void => {
    help += text;
  };
  const settings = {
    writeOut: collect,
    writeErr: collect,
    // Told by the thrown error, in the words of every other error.
    outputError: () => undefined,
    getOutHelpWidth: () => columns() ?? 80,
    getErrHelpWidth: () => columns() ?? 80,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  };
  for (const command of withDescendants(program)) command.configureOutput(settings).exitOverride();
  try {
    program.parse(protectPrompt(argv), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: "help", text: help };
    throw help === "" ? describe(error, argv) : needsCommand(argv);
  }
  if (!invocation) throw new TypeError("Commander runs an action or throws");
  if (invocation.flags["version"] === true) return { kind: "version" };
  return { kind: "call", invocation };
}

type Program = ReturnType<typeof buildProgram>;

function withDescendants(command: Program): readonly Program[] {
  return [command, ...command.commands.flatMap((child) => withDescendants(child))];
}

/**
 * A prompt after `-z` may begin with a dash (a list in Markdown), which commander would read as a flag: text with a
 * blank in it that is no `--flag=value` is taken as the prompt.
 */
function protectPrompt(argv: readonly string[]): string[] {
  const at = argv.findIndex((argument) => argument === "-z" || argument === "--oneshot");
  const prompt = argv[at + 1];
  if (at < 0 || prompt === undefined) return [...argv];
  if (!prompt.startsWith("-") || !/\s/.test(prompt) || /^--[a-z-]+=/.test(prompt)) return [...argv];
  return [...argv.slice(0, at), `--oneshot=${prompt}`, ...argv.slice(at + 2)];
}

/** Commander's words (`error: unknown option '--jsn'\n(Did you mean --json?)`) as an error of ours. */
function describe(error: CommanderError, argv: readonly string[]): Error {
  const [first = "", ...rest] = error.message.split("\n");
  const what = first.replace(/^error: /, "").replace(/\.$/, "");
  const suggestion = /Did you mean (?:one of )?(.+)\?\)/.exec(rest.join(" "))?.[1];
  const { path, command } = longestCommand(argv);
  const isUnknown = error.code === "commander.excessArguments" && command.commands.length > 0;
  if (isUnknown) return unknownCommand(argv, { path, command });
  return usageError(
    `${what.charAt(0).toUpperCase()}${what.slice(1)}`,
    suggestion === undefined ? helpHint(path) : `did you mean ${suggestion}?`,
    error,
  );
}

/** A group that does something by itself took the name of a command that it does not have for an operand. */
function unknownCommand(
  argv: readonly string[],
  { path, command }: ReturnType<typeof longestCommand>,
): Error {
  const words = argv.filter((argument) => !argument.startsWith("-"));
  const word = words[path.length] ?? "";
  const names = command.commands.map((child) => child.name());
  const guess = didYouMean(word, names);
  return usageError(
    `${["hermes", ...path].join(" ")} has no command ${word}, only ${names.join(", ")}`,
    guess === undefined ? helpHint(path) : `did you mean ${guess}?`,
  );
}

/** A group of commands was called without one of its own, or `help` with one that is not there. */
function needsCommand(argv: readonly string[]): Error {
  const helpAt = argv.indexOf("help");
  const asked = helpAt === -1 ? argv : argv.toSpliced(helpAt, 1);
  const { path, command } = longestCommand(asked);
  if (helpAt !== -1) return unknownCommand(asked, { path, command });
  const names = command.commands.map((child) => child.name()).join(", ");
  return usageError(`${["hermes", ...path].join(" ")} needs a command: ${names}`, helpHint(path));
}

function helpHint(path: readonly string[]): string {
  return `${["hermes", ...path, "--help"].join(" ")} tells what there is`;
}

/** The command that the leading words name, flags left out. */
function longestCommand(argv: readonly string[]): {
  readonly path: readonly string[];
  readonly command: Program;
} {
  let command = buildProgram(() => undefined);
  const path: string[] = [];
  for (const word of argv.filter((argument) => !argument.startsWith("-"))) {
    const child = command.commands.find((candidate) => candidate.name() === word);
    if (!child) break;
    command = child;
    path.push(word);
  }
  return { path, command };
}
