import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { usageError } from "../../flags.ts";
import { printNote } from "../../print.ts";

/** `hermes sessions rename`: gives a session the title by which it can be resumed. */
export async function run(context: CommandContext): Promise<number> {
  const [idOrTitle = "", ...words] = context.operands;
  const title = words.join(" ").trim();
  if (title === "") throw usageError("The title is empty", "hermes sessions rename SESSION TITLE");
  const app = await context.app();
  const sessions = await app.sessions();
  const session = await sessions.resolve(idOrTitle);
  await sessions.rename(session.id, title);
  // What was given may be longer than what is kept of it.
  const { title: kept } = await sessions.whole(session.id);
  await printNote(context.ports, `Renamed ${session.id}: ${kept}`);
  return exitCodes.done;
}
