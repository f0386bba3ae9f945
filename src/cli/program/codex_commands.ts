import type { Command } from "commander";
import { examples, withCommonOptions } from "../command_flags.ts";
import { actionsIn, type ActionOf, type IsNamed } from "./call.ts";

/** `hermes codex ...`. */
export function addCodex(program: Command, on: ActionOf, isNamed: IsNamed): void {
  const codex = program.command("codex").description("the codex program as what runs turns");
  if (!isNamed("codex")) return;
  const leaf = actionsIn("codex", on);
  const writing = (name: string, description: string): Command =>
    withCommonOptions(codex.command(name))
      .description(description)
      .option("--dry-run", "print the diff; exit code 10 where something would change")
      .option("--json", "print one JSON document");
  withCommonOptions(codex.command("status", { isDefault: true }))
    .description("show codex's version, sign-in and configuration problems")
    .option("--json", "print one JSON document")
    .action(leaf("status", () => import("../commands/codex/status.ts")));
  writing("enable", "run turns of OpenAI's models on codex from now on, and migrate").action(
    leaf("enable", () => import("../commands/codex/enable.ts")),
  );
  writing("disable", "run them on hermes's own loop again, and unmigrate").action(
    leaf("disable", () => import("../commands/codex/disable.ts")),
  );
  writing(
    "migrate",
    "write the MCP servers of this home, and hermes's own, into codex's config.toml",
  )
    .addHelpText("after", examples(["hermes codex migrate --dry-run", "hermes codex unmigrate"]))
    .action(leaf("migrate", () => import("../commands/codex/migrate.ts")));
  writing("unmigrate", "take away what hermes wrote there, and nothing else").action(
    leaf("unmigrate", () => import("../commands/codex/unmigrate.ts")),
  );
}
