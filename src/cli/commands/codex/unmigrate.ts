import type { CommandContext } from "../../command.ts";
import { switchFlag } from "../../flags.ts";
import { untilInterrupted } from "../../until_interrupted.ts";
import { finishMigration } from "./migration_report.ts";

/** `hermes codex unmigrate`: takes what hermes wrote into codex's configuration away, and nothing else. */
export async function run(context: CommandContext): Promise<number> {
  const isDryRun = switchFlag(context.flags, "dryRun");
  const desk = await (await context.app()).codexConfig();
  return await finishMigration(
    context,
    await untilInterrupted(context.ports, (signal) => desk.unmigrate({ isDryRun, signal })),
    { isDryRun },
  );
}
