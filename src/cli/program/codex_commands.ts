import type { Command } from "commander";
import { withCommonOptions } from "../command_flags.ts";
import { actionsIn, type ActionOf } from "./call.ts";

/** `hermes codex ...`. */
export function addCodex(program: Command, on: ActionOf): void {
  const codex = program.command("codex").description("the codex program as what runs turns");
  const leaf = actionsIn("codex", on);
  withCommonOptions(codex.command("status", { isDefault: true }))
    .description("show codex's version, sign-in and configuration problems")
    .option("--json", "print one JSON document")
    .action(leaf("status", () => import("../commands/codex/status.ts")));
}
