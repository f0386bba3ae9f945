import { applyEdits } from "../../../config/edit.ts";
import { formatKey } from "../../../config/key_path.ts";
import { parseSetting } from "../../../config/setting.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote } from "../../print.ts";

/** `hermes config set`: one value into config.yaml, everything around it stays as it is. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, operands } = context;
  const [key = "", text = ""] = operands;
  const setting = parseSetting(key, text);
  const { paths } = await context.app();
  const hasChanged = await applyEdits(ports.files, paths, [setting]);
  const done = hasChanged ? "Set" : "Already set:";
  await printNote(ports, `${done} ${formatKey(setting.path)} in ${paths.configFile}`);
  return exitCodes.done;
}
