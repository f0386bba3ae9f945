import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote } from "../../print.ts";
import { revokeInTime } from "./remove.ts";
import { knownProvider } from "./known_provider.ts";

/** `hermes auth logout`: forgets every login and key of a provider. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, operands } = context;
  const app = await context.app();
  const { pool } = await knownProvider(app, operands[0] ?? "");
  const desk = await app.logins();
  const isInherited = (await desk.list(pool)).some((known) => known.isInherited);
  const grants = await desk.logout(pool);
  // Those of the home stay signed in there.
  if (!isInherited)
    await Promise.all(grants.map((grant) => revokeInTime(desk, ports.clock, grant)));
  const told =
    grants.length === 0
      ? `There was no login of ${pool}`
      : isInherited
        ? `This profile does not use the logins of its home for ${pool} any more`
        : `Logged out of ${pool}`;
  await printNote(ports, told);
  return exitCodes.done;
}
