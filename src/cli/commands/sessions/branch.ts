import { newSessionId } from "../../../app/session_id.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { filledFlag } from "../../flags.ts";
import { printNote, printText } from "../../print.ts";

/** `hermes sessions branch`: a second session with what was said so far; its id is the output. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands } = context;
  const title = filledFlag(flags, "title");
  const app = await context.app();
  const catalog = await app.sessions();
  const source = await catalog.resolve(operands[0] ?? "");
  const at = ports.clock.now();
  const branch = await catalog.branch({
    sessionId: source.id,
    newSessionId: newSessionId(at),
    ...(title === undefined ? {} : { title }),
    at,
  });
  await printText(ports, `${branch.id}\n`);
  const name = branch.title === null ? "" : ` (${branch.title})`;
  await printNote(ports, `Branched${name}: hermes --resume ${branch.id} goes on with it`);
  return exitCodes.done;
}
