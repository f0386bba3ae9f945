import type { WholeSession } from "../../../core/session_store.ts";
import type { CommandContext } from "../../command.ts";
import { confirm } from "../../confirm.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printNote } from "../../print.ts";
import { removeSessionFiles } from "../../remove_results.ts";
import { oneLine } from "../../render/plain.ts";

/** `hermes sessions delete`: all of the named sessions, or none when one of them is not there. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands, mask } = context;
  const app = await context.app();
  const catalog = await app.sessions();
  const sessions = new Map<string, WholeSession>();
  for (const idOrTitle of operands) {
    const session = await catalog.whole((await catalog.resolve(idOrTitle)).id);
    sessions.set(session.id, session);
  }
  const names = [...sessions.values()].map(
    ({ id, title, preview }) => `${id} (${mask(oneLine(title ?? preview))})`,
  );
  const isSure =
    switchFlag(flags, "yes") ||
    (await confirm(ports.terminal, `Delete ${names.join(", ")} for good?`));
  if (!isSure) {
    await printNote(ports, "Nothing deleted");
    return exitCodes.failed;
  }
  for (const id of sessions.keys()) {
    const parts = await catalog.delete(id);
    await printNote(ports, `Deleted ${id}`);
    await removeSessionFiles(app, parts);
  }
  return exitCodes.done;
}
