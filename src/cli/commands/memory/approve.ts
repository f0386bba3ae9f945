import type { CommandContext } from "../../command.ts";
import { decidePending } from "../../pending_commands.ts";

/** `hermes memory approve`: makes changes that wait. */
export async function run(context: CommandContext): Promise<number> {
  return await decidePending(context, "memory", "approve");
}
