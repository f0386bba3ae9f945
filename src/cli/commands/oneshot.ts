import type { CommandContext } from "../command.ts";
import { textFlag, usageError, type FlagValues } from "../flags.ts";
import { runTurn, type TurnRun } from "../run_turn.ts";
import { turnOptions } from "../turn_options.ts";

/** `hermes -z`: one turn for scripts, the final text on stdout. */
export async function run(context: CommandContext): Promise<number> {
  return await runTurn(context, oneshotRun(context.flags, context.ports.host.cwd));
}

/** The turn that the flags of `hermes -z` ask for. @throws {HermesError} `usage/invalid` */
export function oneshotRun(flags: FlagValues, cwd: string): TurnRun {
  return {
    source: "oneshot",
    prompt: promptArgument(flags, "oneshot"),
    options: turnOptions(flags, cwd),
    asks: false,
  };
}

/** The prompt as it was typed; undefined for a flag without one. */
export function promptArgument(flags: FlagValues, name: string): string | undefined {
  const prompt = textFlag(flags, name);
  if (prompt === undefined || prompt.trim() !== "") return prompt;
  throw usageError("The prompt is empty", "pass a text, or - to read it from stdin");
}
