import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printText } from "../../print.ts";
import { sessionToJson, sideToJson, storedItemToJson } from "../../render/session_json.ts";
import { styleFor } from "../../render/style.ts";
import { renderTranscript } from "../../render/transcript.ts";
import { loadWhole } from "../../whole_session.ts";

/** `hermes sessions show`: what was said and done in a session. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands, mask } = context;
  const app = await context.app();
  const sessions = await app.sessions();
  const { session, items, sides } = await loadWhole(sessions, operands[0] ?? "");
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      session: { ...sessionToJson(session), side_usage: sides.map(sideToJson) },
      items: items.map(storedItemToJson),
    });
    return exitCodes.done;
  }
  const { stdout } = ports.terminal;
  const style = styleFor(ports.env, stdout);
  const text = renderTranscript({ session, items, sides }, { style, mask, now: ports.clock.now() });
  await printText(ports, text);
  return exitCodes.done;
}
