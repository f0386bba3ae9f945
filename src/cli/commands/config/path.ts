import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printText } from "../../print.ts";

/** `hermes config path`: where config.yaml is, or would be. */
export async function run(context: CommandContext): Promise<number> {
  const app = await context.app();
  await printText(context.ports, `${app.paths.configFile}\n`);
  return exitCodes.done;
}
