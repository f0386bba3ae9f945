import type { CommandContext } from "../command.ts";
import { completionScript } from "../completion/script.ts";
import { completionTree, shells, type Shell } from "../completion/tree.ts";
import { exitCodes } from "../exit_codes.ts";
import { usageError } from "../flags.ts";
import { printText } from "../print.ts";
import { buildProgram } from "../program.ts";

/** `hermes completion`: the script of a shell, made from the very tree that reads the command line. */
export async function run(context: CommandContext): Promise<number> {
  const shell = shellOf(context.operands[0] ?? "");
  const tree = completionTree(buildProgram(() => undefined));
  await printText(context.ports, completionScript(shell, tree));
  return exitCodes.done;
}

/** The shell of that name. @throws {HermesError} `usage/invalid` */
function shellOf(name: string): Shell {
  const shell = shells.find((candidate) => candidate === name);
  if (shell !== undefined) return shell;
  throw usageError(
    `There is no completion for this shell: ${name}`,
    `pass one of ${shells.join(", ")}`,
  );
}
