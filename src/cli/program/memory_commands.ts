import type { Command } from "commander";
import { examples, withCommonOptions } from "../command_flags.ts";
import { actionsIn, type ActionOf, type IsNamed } from "./call.ts";

/** `hermes memory ...`. */
export function addMemory(program: Command, on: ActionOf, isNamed: IsNamed): void {
  const memory = program
    .command("memory")
    .description("what later sessions know from the start, and changes of it that wait");
  if (!isNamed("memory")) return;
  const leaf = actionsIn("memory", on);

  withCommonOptions(memory.command("status"))
    .description("show what is remembered, and where")
    .option("--json", "print one JSON document")
    .action(leaf("status", () => import("../commands/memory/status.ts")));
  withCommonOptions(memory.command("reset"))
    .description("forget everything; a copy of each file is kept beside it")
    .argument(
      "[target]",
      "memory (notes of the agent) or user (what it knows of you); both where absent",
    )
    .option("-y, --yes", "do not ask")
    .addHelpText("after", examples(["hermes memory reset", "hermes memory reset user --yes"]))
    .action(leaf("reset", () => import("../commands/memory/reset.ts")));
  withCommonOptions(memory.command("pending"))
    .description("list the changes that wait for you (memory.write_approval)")
    .option("--json", "print one JSON document")
    .action(leaf("pending", () => import("../commands/memory/pending.ts")));
  withCommonOptions(memory.command("approve"))
    .description("make changes that wait")
    .argument("<ids...>", "as hermes memory pending lists them")
    .action(leaf("approve", () => import("../commands/memory/approve.ts")));
  withCommonOptions(memory.command("reject"))
    .description("forget changes that wait")
    .argument("<ids...>", "as hermes memory pending lists them")
    .action(leaf("reject", () => import("../commands/memory/reject.ts")));
}
