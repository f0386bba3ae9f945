import type { Argument, Command, Option } from "commander";

/** A command as completions know it. */
export interface CompletionNode {
  /** From the program on: `["sessions", "list"]`; empty for the program itself. */
  readonly path: readonly string[];
  readonly children: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletionOption[];
  /** Fixed words for the first operand. */
  readonly words: readonly string[];
}

export interface CompletionOption {
  /** `-m` and `--model`. */
  readonly names: readonly string[];
  readonly description: string;
  /** What follows the option; undefined for a switch. */
  readonly value: "file" | "directory" | "other" | undefined;
  /** Words that can follow. */
  readonly choices: readonly string[];
}

/** The shells that a script can be made for. */
export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** What options take, where the words are known. */
const choicesOf: Readonly<Record<string, readonly string[]>> = {
  "--approval": ["ask", "smart", "deny", "yolo"],
  "--runtime": ["auto", "codex_app_server"],
  "--format": ["jsonl", "json", "md", "html"],
};

/** What operands are, where the words are known. */
const wordsFor: Readonly<Record<string, readonly string[]>> = {
  shell: shells,
  target: ["memory", "user"],
};

/** The whole tree in the order of its help. */
export function completionTree(program: Command): readonly CompletionNode[] {
  return nodesOf(program, []);
}

function nodesOf(command: Command, path: readonly string[]): readonly CompletionNode[] {
  const help = command.createHelp();
  const children = help.visibleCommands(command).filter((child) => child.name() !== "help");
  const node: CompletionNode = {
    path,
    children: children.map((child) => ({ name: child.name(), description: child.description() })),
    options: help.visibleOptions(command).map(optionOf),
    words: command.registeredArguments.flatMap(wordsOf),
  };
  return [node, ...children.flatMap((child) => nodesOf(child, [...path, child.name()]))];
}

function optionOf(option: Option): CompletionOption {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const placeholder = /[<[]([a-z=]+)/.exec(option.flags)?.[1];
  return {
    names,
    description: option.description,
    value: placeholder === undefined ? undefined : valueOf(placeholder),
    choices: choicesOf[option.long ?? ""] ?? [],
  };
}

function valueOf(placeholder: string): "file" | "directory" | "other" {
  if (placeholder === "file" || placeholder === "path") return "file";
  return placeholder === "directory" ? "directory" : "other";
}

function wordsOf(argument: Argument): readonly string[] {
  return wordsFor[argument.name()] ?? [];
}

/** In single quotes, for all three shells alike: a quote inside is closed, escaped and opened again. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
