import type { Command } from "commander";
import { examples, withCommonOptions } from "../command_flags.ts";
import type { ActionOf } from "./call.ts";

/** Commands about hermes itself: `doctor`, `demo`, `completion`. */
export function addOwn(program: Command, on: ActionOf): void {
  withCommonOptions(program.command("doctor"))
    .description(
      "check the installation: home, configuration, store, endpoint, credential, MCP servers, programs",
    )
    .option("--online", "ask the endpoint, too")
    .option("--json", "print one JSON document")
    .action(
      on({
        path: "doctor",
        output: "document",
        load: () => import("../commands/doctor.ts"),
      }),
    );

  program
    .command("demo")
    .description("show one whole turn with a scripted model: no account, no network")
    .option("--debug", "show the stack of an error")
    .action(on({ path: "demo", output: "events", load: () => import("../commands/demo.ts") }));

  program
    .command("completion")
    .description("print the completion script of a shell")
    .argument("<shell>", "bash, zsh or fish")
    .option("--debug", "show the stack of an error")
    .addHelpText(
      "after",
      examples([
        "hermes completion bash > ~/.local/share/bash-completion/completions/hermes",
        "hermes completion zsh > ~/.zfunc/_hermes",
        "hermes completion fish > ~/.config/fish/completions/hermes.fish",
      ]),
    )
    .action(
      on({
        path: "completion",
        output: "document",
        load: () => import("../commands/completion.ts"),
      }),
    );
}
