import type { Command } from "commander";
import { examples, withCommonOptions } from "../command_flags.ts";
import { actionsIn, type ActionOf, type IsNamed } from "./call.ts";

/** `hermes skills ...`. */
export function addSkills(program: Command, on: ActionOf, isNamed: IsNamed): void {
  const skills = program
    .command("skills")
    .description("instructions for kinds of work, and changes of them that wait");
  if (!isNamed("skills")) return;
  const leaf = actionsIn("skills", on);

  withCommonOptions(skills.command("list"))
    .description("list the skills, and what is wrong with those that cannot be used")
    .option("--json", "print one JSON document")
    .action(leaf("list", () => import("../commands/skills/list.ts")));
  withCommonOptions(skills.command("view"))
    .description("print a skill, or a file that belongs to it")
    .argument("<skill>", "name, or category/name")
    .argument("[file]", "as references/api.md")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      examples(["hermes skills view deploy", "hermes skills view deploy references/hosts.md"]),
    )
    .action(leaf("view", () => import("../commands/skills/view.ts")));
  withCommonOptions(skills.command("remove"))
    .description("take skills away; they are kept in skills/.deleted")
    .argument("<skills...>", "names, or category/name")
    .option("-y, --yes", "do not ask")
    .action(leaf("remove", () => import("../commands/skills/remove.ts")));
  withCommonOptions(skills.command("pending"))
    .description("list the changes that wait for you (skills.write_approval)")
    .option("--json", "print one JSON document")
    .action(leaf("pending", () => import("../commands/skills/pending.ts")));
  withCommonOptions(skills.command("approve"))
    .description("make changes that wait")
    .argument("<ids...>", "as hermes skills pending lists them")
    .action(leaf("approve", () => import("../commands/skills/approve.ts")));
  withCommonOptions(skills.command("reject"))
    .description("forget changes that wait")
    .argument("<ids...>", "as hermes skills pending lists them")
    .action(leaf("reject", () => import("../commands/skills/reject.ts")));
}
