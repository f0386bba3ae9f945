import { applyEdits } from "../../../config/edit.ts";
import type { CommandContext } from "../../command.ts";
import { switchFlag } from "../../flags.ts";
import { printWarning } from "../../print.ts";
import { untilInterrupted } from "../../until_interrupted.ts";
import { finishMigration } from "./migration_report.ts";
import { missingSignIn } from "./missing_sign_in.ts";

/** `hermes codex enable`: OpenAI's models run on codex from now on, which knows the servers of this home. */
export async function run(context: CommandContext): Promise<number> {
  const isDryRun = switchFlag(context.flags, "dryRun");
  const app = await context.app();
  const missing = await missingSignIn(app, new AbortController().signal);
  const before = (await app.freshConfig()).model.openai_runtime;
  const after = "codex_app_server";
  const desk = await app.codexConfig();
  // First what can be refused: then nothing was changed at all.
  const migration = await untilInterrupted(context.ports, (signal) =>
    desk.migrate({ isDryRun, signal }),
  );
  if (!isDryRun) {
    const edit = { path: ["model", "openai_runtime"], value: after };
    await applyEdits(context.ports.files, app.paths, [edit]);
  }
  const code = await finishMigration(context, migration, { isDryRun, runtime: { before, after } });
  if (missing !== undefined) await printWarning(context.ports, missing);
  return code;
}
