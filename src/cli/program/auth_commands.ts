import type { Command } from "commander";
import { examples, withCommonOptions } from "../command_flags.ts";
import { actionsIn, type ActionOf, type IsNamed } from "./call.ts";

/** `hermes auth ...`. */
export function addAuth(program: Command, on: ActionOf, isNamed: IsNamed): void {
  const auth = program.command("auth").description("sign in, and keep keys");
  if (!isNamed("auth")) return;
  const leaf = actionsIn("auth", on);
  withCommonOptions(auth.command("list", { isDefault: true }))
    .description("list logins and keys")
    .argument("[provider]", "those of one provider")
    .option("--json", "print one JSON document")
    .action(leaf("list", () => import("../commands/auth/list.ts")));
  withCommonOptions(auth.command("add"))
    .description("sign in to a provider, or keep a key for it")
    .argument("<provider>", "xai-oauth, openai-codex, openai, openrouter ...")
    .option("--type <type>", "oauth or api-key; what the provider takes where absent")
    .option("--label <text>", "what to call it")
    .option(
      "--api-key-env <name>",
      "take the key from this variable; else it is asked for, or read from stdin",
    )
    .option("--no-browser", "show the address only")
    .option(
      "--manual-paste",
      "paste what the browser was sent to, without a listener on this machine",
    )
    .option("--timeout <seconds>", "wait so long for the sign-in (180; for a device code 900)")
    .addHelpText(
      "after",
      examples([
        "hermes auth add xai-oauth",
        "hermes auth add openai-codex --label work",
        "pass show openrouter | hermes auth add openrouter",
      ]),
    )
    .action(leaf("add", () => import("../commands/auth/add.ts")));
  withCommonOptions(auth.command("status"))
    .description("say whether a provider can be used")
    .argument("[provider]", "all that are known here where absent")
    .option("--probe", "ask the provider, too")
    .option("--json", "print one JSON document")
    .action(leaf("status", () => import("../commands/auth/status.ts")));
  withCommonOptions(auth.command("remove"))
    .description("forget one login or key")
    .argument("<provider>", "its provider")
    .argument("<login>", "its id, label or place in the list; env:NAME for a variable")
    .option("--json", "print one JSON document")
    .action(leaf("remove", () => import("../commands/auth/remove.ts")));
  withCommonOptions(auth.command("reset"))
    .description("use logins again that were refused")
    .argument("<provider>", "their provider")
    .option("--json", "print one JSON document")
    .action(leaf("reset", () => import("../commands/auth/reset.ts")));
  withCommonOptions(auth.command("logout"))
    .description("forget every login and key of a provider")
    .argument("<provider>", "the provider")
    .option("--json", "print one JSON document")
    .action(leaf("logout", () => import("../commands/auth/logout.ts")));
  // What renews a login apart from the process that needs it: its order comes on stdin.
  auth
    .command("refresh", { hidden: true })
    .option("--debug", "show the stack of an error")
    .action(leaf("refresh", () => import("../commands/auth/refresh.ts")));
}
