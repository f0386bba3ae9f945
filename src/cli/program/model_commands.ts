import type { Command } from "commander";
import { examples, withCommonOptions } from "../command_flags.ts";
import { actionsIn, type ActionOf, type IsNamed } from "./call.ts";

/** `hermes model ...`. */
export function addModel(program: Command, on: ActionOf, isNamed: IsNamed): void {
  const model = program.command("model").description("show or choose the model");
  if (!isNamed("model")) return;
  const leaf = actionsIn("model", on);
  // Where nobody can choose, it lists.
  withCommonOptions(model.command("choose", { isDefault: true }))
    .description("choose provider and model from a list")
    .option("--provider <name>", "of this provider")
    .option("--json", "print one JSON document in place of asking")
    .action(leaf("choose", () => import("../commands/model/choose.ts")));
  withCommonOptions(model.command("list"))
    .description("list the models that the endpoint offers")
    .option("--provider <name>", "ask this provider")
    .option("--json", "print one JSON document")
    .action(leaf("list", () => import("../commands/model/list.ts")));
  withCommonOptions(model.command("set"))
    .description("write the model to the configuration")
    .argument("<model>", "the model's id")
    .option("--provider <name>", "and its provider")
    .option("--base-url <url>", "and the address of its endpoint")
    .addHelpText(
      "after",
      examples([
        "hermes model set gpt-5.5 --provider openai",
        "hermes model set qwen3 --provider custom --base-url http://127.0.0.1:11434/v1",
      ]),
    )
    .action(leaf("set", () => import("../commands/model/set.ts")));
}
