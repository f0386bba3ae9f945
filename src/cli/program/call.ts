import { Command } from "commander";
import type { CommandLeaf, Invocation } from "../command.ts";
import { listFlag, spell, usageError, type FlagValues } from "../flags.ts";

/** Takes one call of a command, parsed but not yet checked. */
export type Invoke = (invocation: Invocation) => void;

/** What commander calls. */
export type Action = (...parameters: unknown[]) => void;

/** Whether a command line may mean a group of commands. */
export type IsNamed = (group: string) => boolean;

/** The handler of a command. */
export type ActionOf = (leaf: CommandLeaf) => Action;

/** The handlers of a group's commands, all of which print one document with `--json`. */
export function actionsIn(
  group: string,
  on: ActionOf,
): (name: string, load: CommandLeaf["load"]) => Action {
  return (name, load) => on({ path: `${group} ${name}`, output: "document", load });
}

/** The handler that turns commander's call into an invocation. */
export function callOf(program: Command, leaf: CommandLeaf, invoke: Invoke): Action {
  // Commander calls with every operand, then the options, then the command itself.
  return (...parameters) => {
    const command = parameters.at(-1);
    if (!(command instanceof Command)) throw new TypeError("Commander passes the command last");
    const operands = parameters
      .slice(0, -2)
      .flat()
      .filter((value) => typeof value === "string");
    invoke({ leaf, flags: mergedFlags(program, command, leaf.path), operands });
  };
}

/** A command's flags with those that were given before its name; lists are joined. */
export function mergedFlags(program: Command, command: Command, path: string): FlagValues {
  const own = command.opts<Record<string, unknown>>();
  const before = program.opts<Record<string, unknown>>();
  const known = new Set(command.options.map((option) => option.attributeName()));
  const merged: Record<string, unknown> = { ...before, ...own };
  for (const name of Object.keys(before)) {
    if (!known.has(name)) {
      throw usageError(
        `${spell(name)} does not apply to hermes ${path}`,
        `leave ${spell(name)} out`,
      );
    }
    if (Array.isArray(own[name]))
      merged[name] = [...listFlag(before, name), ...listFlag(own, name)];
  }
  return merged;
}
