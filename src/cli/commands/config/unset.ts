import { applyEdits } from "../../../config/edit.ts";
import { formatKey, parseKey } from "../../../config/key_path.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote } from "../../print.ts";

/** `hermes config unset`: removes a value from config.yaml, also one whose key does not exist. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, operands } = context;
  const path = parseKey(operands[0] ?? "");
  const { paths } = await context.app();
  const hasChanged = await applyEdits(ports.files, paths, [{ path, unset: true }]);
  const done = hasChanged ? "Removed" : "Not set:";
  await printNote(ports, `${done} ${formatKey(path)} in ${paths.configFile}`);
  return exitCodes.done;
}
