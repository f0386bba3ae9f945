import { applyEdits } from "../../../config/edit.ts";
import type { CommandContext } from "../../command.ts";
import { switchFlag } from "../../flags.ts";
import { untilInterrupted } from "../../until_interrupted.ts";
import { finishMigration } from "./migration_report.ts";

/** `hermes codex disable`: OpenAI's models run on hermes's own loop again, and codex forgets what hermes told it. */
export async function run(context: CommandContext): Promise<number> {
  const isDryRun = switchFlag(context.flags, "dryRun");
  const app = await context.app();
  const before = (await app.freshConfig()).model.openai_runtime;
  const after = "auto";
  if (!isDryRun) {
    const edit = { path: ["model", "openai_runtime"], value: after };
    await applyEdits(context.ports.files, app.paths, [edit]);
  }
  // Turns are off codex even where its configuration cannot be touched.
  const desk = await app.codexConfig();
  const migration = await untilInterrupted(context.ports, (signal) =>
    desk.unmigrate({ isDryRun, signal }),
  );
  return await finishMigration(context, migration, { isDryRun, runtime: { before, after } });
}
