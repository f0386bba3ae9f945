import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printNote } from "../../print.ts";
import { knownProvider } from "./known_provider.ts";

/** `hermes auth reset`: what was refused is tried again. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands } = context;
  const app = await context.app();
  const { pool } = await knownProvider(app, operands[0] ?? "");
  const count = await (await app.logins()).reset(pool);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, { provider: pool, reset: count });
    return exitCodes.done;
  }
  await printNote(
    ports,
    count === 0 ? `Nothing of ${pool} was refused` : `${count} of ${pool} will be tried again`,
  );
  return exitCodes.done;
}
