import type { Command } from "commander";
import { examples, withCommonOptions } from "../command_flags.ts";
import { actionsIn, type ActionOf } from "./call.ts";

/** `hermes mcp ...`. */
export function addMcp(program: Command, on: ActionOf): void {
  const mcp = program.command("mcp").description("tools over the Model Context Protocol");
  const leaf = actionsIn("mcp", on);
  withCommonOptions(mcp.command("serve"))
    .description("serve tools of hermes to an MCP client, over stdin and stdout")
    .option("--toolsets <names>", "codex, sessions or all, separated by commas (default: codex)")
    .option("--http <address>", "serve Streamable HTTP at [HOST:]PORT in place of stdio")
    .option("--token-file <file>", "what clients must show over HTTP; else HERMES_MCP_TOKEN")
    .option("--fixtures", "serve what the MCP conformance suite calls, too")
    .option("-v, --verbose", "tell on stderr what clients do wrong")
    .addHelpText(
      "after",
      examples([
        "codex mcp add hermes-tools -- hermes mcp serve",
        "hermes mcp serve --toolsets codex,sessions",
        "hermes mcp serve --http 8765",
      ]),
    )
    .action(leaf("serve", () => import("../commands/mcp/serve.ts")));
}
