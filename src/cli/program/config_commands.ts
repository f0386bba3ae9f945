import type { Command } from "commander";
import { examples, withCommonOptions } from "../command_flags.ts";
import { actionsIn, type ActionOf, type IsNamed } from "./call.ts";

/** `hermes config ...`. */
export function addConfig(program: Command, on: ActionOf, isNamed: IsNamed): void {
  const config = program.command("config").description("read and change the configuration");
  if (!isNamed("config")) return;
  const leaf = actionsIn("config", on);

  withCommonOptions(config.command("show"))
    .description("show every value in effect and where it comes from")
    .option("--json", "print one JSON document")
    .action(leaf("show", () => import("../commands/config/show.ts")));
  withCommonOptions(config.command("get"))
    .description("print one value")
    .argument("<key>", "for example model.default")
    .action(leaf("get", () => import("../commands/config/get.ts")));
  withCommonOptions(config.command("set"))
    .description("change one value in config.yaml, comments are kept")
    .argument("<key>", "for example model.default")
    .argument("<value>", "YAML: 90, true, [a, b], or plain text")
    .addHelpText(
      "after",
      examples(["hermes config set agent.max_turns 50", "hermes config set model.provider openai"]),
    )
    .action(leaf("set", () => import("../commands/config/set.ts")));
  withCommonOptions(config.command("unset"))
    .description("remove one value from config.yaml")
    .argument("<key>", "for example model.default")
    .action(leaf("unset", () => import("../commands/config/unset.ts")));
  withCommonOptions(config.command("path"))
    .description("print the path of config.yaml")
    .action(leaf("path", () => import("../commands/config/path.ts")));
  withCommonOptions(config.command("check"))
    .description("check config.yaml: syntax, unknown keys, values, keys without effect")
    .option("--json", "print one JSON document")
    .action(leaf("check", () => import("../commands/config/check.ts")));
  withCommonOptions(config.command("edit"))
    .description("open config.yaml in $VISUAL or $EDITOR, and check it afterwards")
    .action(leaf("edit", () => import("../commands/config/edit.ts")));
}
