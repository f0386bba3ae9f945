import { memoryDirectory } from "../../../app/memory.ts";
import { HermesError } from "../../../core/errors.ts";
import {
  memoryProblem,
  type MemoryTarget,
  memoryTargets,
} from "../../../tools/memory/memory_files.ts";
import { resetMemory, type ResetMemory } from "../../../tools/memory/reset_memory.ts";
import type { CommandContext } from "../../command.ts";
import { confirm } from "../../confirm.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag, usageError } from "../../flags.ts";
import { printNote } from "../../print.ts";

const whatIsIn: Readonly<Record<MemoryTarget, string>> = {
  memory: "the notes of the agent",
  user: "what it knows of you",
};

/** `hermes memory reset`: empties what is remembered, after a copy of it was made. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, ports, operands } = context;
  const targets = resetTargets(operands[0]);
  const app = await context.app();
  const directory = memoryDirectory(app);
  const what = targets.map((target) => whatIsIn[target]).join(" and ");
  const question = `Forget ${what}? Copies are kept in ${directory}.`;
  if (!switchFlag(flags, "yes") && !(await confirm(ports.terminal, question))) {
    await printNote(ports, "Nothing forgotten");
    return exitCodes.failed;
  }
  let isAny = false;
  for (const target of targets) {
    const done = await reset(ports, directory, target);
    if (!done) continue;
    isAny = true;
    await printNote(ports, `Forgotten: ${whatIsIn[target]}; as it was: ${done.copy}`);
  }
  if (!isAny) await printNote(ports, "There was nothing to forget");
  return exitCodes.done;
}

/** The targets that an operand names. @throws {HermesError} `usage/invalid` */
function resetTargets(operand: string | undefined): readonly MemoryTarget[] {
  if (operand === undefined) return memoryTargets;
  const target = memoryTargets.find((one) => one === operand);
  if (target) return [target];
  throw usageError(
    `There is no such part of memory: ${operand}`,
    `name ${memoryTargets.join(" or ")}, or none for both`,
  );
}

async function reset(
  ports: CommandContext["ports"],
  directory: string,
  target: MemoryTarget,
): Promise<ResetMemory | undefined> {
  try {
    return await resetMemory(ports, directory, target);
  } catch (error) {
    throw new HermesError("file/unwritable", `Cannot reset memory: ${memoryProblem(error)}`, {
      cause: error,
    });
  }
}
