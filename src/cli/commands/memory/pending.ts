import type { CommandContext } from "../../command.ts";
import { listPending } from "../../pending_commands.ts";

/** `hermes memory pending`: the changes that wait for the user. */
export async function run(context: CommandContext): Promise<number> {
  return await listPending(context, "memory");
}
