import { formatKey } from "../../../config/key_path.ts";
import { knownPath } from "../../../config/setting.ts";
import { valueAt, withValue } from "../../../config/tree.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { usageError } from "../../flags.ts";
import { printText } from "../../print.ts";
import { plainValue, shownValues, toJson } from "./show.ts";

/** `hermes config get`: one value in effect; a table or a list as JSON. */
export async function run(context: CommandContext): Promise<number> {
  const path = knownPath(context.operands[0] ?? "");
  const values = await shownValues(context);
  const tree = values.reduce<unknown>(
    (whole, entry) => withValue(whole, entry.path, entry.value),
    {},
  );
  const value = valueAt(tree, path);
  if (value === undefined) {
    throw usageError(
      `Nothing is set at ${formatKey(path)}`,
      "hermes config show lists what is set",
    );
  }
  await printText(context.ports, `${plainValue(toJson(value))}\n`);
  return exitCodes.done;
}
