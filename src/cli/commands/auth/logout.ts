import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printNote } from "../../print.ts";
import { forgottenToJson, revokeInTime } from "./remove.ts";
import { knownProvider } from "./known_provider.ts";
import { listLogins } from "./list.ts";

/** `hermes auth logout`: forgets every login and key of a provider. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands } = context;
  const app = await context.app();
  const { pool } = await knownProvider(app, operands[0] ?? "");
  const desk = await app.logins();
  const isInherited = (await desk.list(pool)).some((known) => known.isInherited);
  const grants = await desk.logout(pool);
  // Those of the home stay signed in there.
  const forgotten = await Promise.all(
    grants.map(async (grant) => {
      const isRevoked = !isInherited && (await revokeInTime(desk, ports.clock, grant));
      return forgottenToJson(grant, isRevoked);
    }),
  );
  // What is left are variables.
  const left = (await listLogins(app, pool)).map(({ source }) => source);
  if (switchFlag(flags, "json")) {
    const removed = { inherited: isInherited, removed: forgotten };
    await printDocument(ports, { provider: pool, ...removed, left });
    return exitCodes.done;
  }
  const told =
    grants.length === 0
      ? `There was no login of ${pool}`
      : isInherited
        ? `This profile does not use the logins of its home for ${pool} any more`
        : `Logged out of ${pool}`;
  await printNote(ports, told);
  for (const source of left) {
    const name = source.replace(/^env:/, "");
    await printNote(ports, `${name} is still used: hermes auth remove ${pool} ${source}`);
  }
  return exitCodes.done;
}
