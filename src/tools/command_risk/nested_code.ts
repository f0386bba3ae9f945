import { unknownText, type Field } from "./expand_word.ts";
import type { CommandInput, Invocation } from "./invocation.ts";
import { countOptions, sortArguments } from "./options.ts";
import { readsCommandString, readsScriptFromInput, shellSyntax } from "./rules/code.ts";
import { shells } from "./wrappers.ts";

/** Shell code that a program gets as text. */
export interface NestedCode {
  readonly text: string;
  /** Variables that it starts with: `$1` of `bash -c code name first`. */
  readonly variables?: readonly (readonly [string, string])[];
  readonly input?: CommandInput;
  /** Whether it runs in the shell that is being read, not in one of its own. */
  readonly isSameShell?: true;
}

/** The shell code among a program's arguments and input. */
export function nestedCode(invocation: Invocation): readonly NestedCode[] {
  const { program, args, input } = invocation;
  if (shells.includes(program)) return shellCode(invocation);
  switch (program) {
    case "eval":
      return [{ text: args.join(" "), isSameShell: true }];
    case "trap":
      return args[0] === undefined ? [] : [{ text: args[0] }];
    case "env": {
      const { values } = sortArguments(args.slice(0, countOptions(args, envSyntax)), envSyntax);
      const text = values.get("S") ?? values.get("--split-string");
      return text === undefined ? [] : [{ text }];
    }
    case "source":
    case ".":
      return input.kind === "text" && args[0] === "/dev/stdin" ? [{ text: input.text }] : [];
    case "flock":
    case "runuser":
    case "script":
    case "su": {
      const { values } = sortArguments(args, { valued: "cgsuwE", valuedLong: ["--command"] });
      const text = values.get("c") ?? values.get("--command");
      return text === undefined ? [] : [{ text }];
    }
    case "ssh":
      return [{ text: args.slice(countOptions(args, sshSyntax) + 1).join(" "), input }];
    case "watch":
      return [{ text: args.slice(countOptions(args, { valued: "nq" })).join(" ") }];
    default:
      return [];
  }
}

const envSyntax = { valued: "uCS", valuedLong: ["--unset", "--chdir", "--split-string"] };

const sshSyntax = { valued: "BbcDEeFIiJLlmOopQRSWw" };

function shellCode({ args, input }: Invocation): readonly NestedCode[] {
  if (readsCommandString(args)) {
    const [text, name, ...positional] = args.slice(countOptions(args, shellSyntax));
    if (text === undefined) return [];
    const variables = [name ?? "", ...positional].map(
      (value, index) => [`${index}`, value] as const,
    );
    const known = variables.slice(1, 10).filter(([, value]) => !value.includes(unknownText));
    return [{ text, variables: known, input }];
  }
  const isScript = input.kind === "text" && readsScriptFromInput(args);
  return isScript ? [{ text: input.text }] : [];
}

/** The commands among a program's arguments that are lists of words: those of `find -exec`. */
export function nestedCommands(invocation: Invocation): readonly (readonly Field[])[] {
  if (invocation.program !== "find") return [];
  const commands: (readonly Field[])[] = [];
  const { fields } = invocation;
  for (let index = 0; index < fields.length; index++) {
    if (!/^-(?:exec|execdir|ok|okdir)$/.test(fields[index]?.text ?? "")) continue;
    const start = index + 1;
    while (index < fields.length && !/^[;+]$/.test(fields[index]?.text ?? "")) index++;
    commands.push(fields.slice(start, index));
  }
  return commands;
}
