import { type Command, Option } from "commander";
import { examples, withCommonOptions } from "../command_flags.ts";
import { actionsIn, type ActionOf, type IsNamed } from "./call.ts";

/** `hermes mcp ...`. */
export function addMcp(program: Command, on: ActionOf, isNamed: IsNamed): void {
  const mcp = program
    .command("mcp")
    .description("MCP servers whose tools turns use, and the server of our own");
  if (!isNamed("mcp")) return;
  const leaf = actionsIn("mcp", on);
  withCommonOptions(mcp.command("list", { isDefault: true }))
    .description("list the configured servers; starts none")
    .option("--json", "print one JSON document")
    .action(leaf("list", () => import("../commands/mcp/list.ts")));
  withCommonOptions(mcp.command("add"))
    .description("try a server, choose from its tools, and keep it in config.yaml")
    .argument("<name>", "what to call it")
    .argument("[command...]", "its program with arguments, after --")
    .option("--url <url>", "the address of an HTTP server")
    .option(
      "--auth <how>",
      "how to sign in to an HTTP server: header (a token) or oauth (a browser)",
    )
    .addOption(
      repeated(
        "--header <name: value>",
        "send this header; without a value it is asked for, or read from stdin, and kept in .env",
      ),
    )
    .addOption(
      repeated("--env <NAME=value>", "give the program this variable; without a value as above"),
    )
    .option("--cwd <directory>", "the directory that the program works in")
    .option("--include <tools>", "only these tools, separated by commas")
    .option("--exclude <tools>", "not these tools, separated by commas")
    .option("--no-probe", "do not try it first")
    .option("--no-browser", "for oauth: show the address only")
    .option("--manual-paste", "for oauth: paste what the browser was sent to")
    .option("--timeout <seconds>", "for oauth: wait so long for the sign-in (180)")
    .option("--yes", "replace a server of that name")
    .addHelpText(
      "after",
      examples([
        "hermes mcp add fs -- npx -y @modelcontextprotocol/server-filesystem ~/notes",
        "hermes mcp add tracker --url https://mcp.example.com/mcp --auth oauth",
        "pass show tracker | hermes mcp add tracker --url https://mcp.example.com/mcp --auth header",
        "hermes mcp add lab --env 'LAB_TOKEN=${LAB_TOKEN}' -- lab-mcp --quiet",
      ]),
    )
    .action(leaf("add", () => import("../commands/mcp/add.ts")));
  withCommonOptions(mcp.command("remove"))
    .description("take a server out of config.yaml, and forget its login and its keys")
    .argument("<name>", "its name")
    .action(leaf("remove", () => import("../commands/mcp/remove.ts")));
  withCommonOptions(mcp.command("test"))
    .description("start servers and list their tools")
    .argument("[name]", "all that are switched on where absent")
    .option("--json", "print one JSON document")
    .action(leaf("test", () => import("../commands/mcp/test.ts")));
  withCommonOptions(mcp.command("login"))
    .description("sign in to a server that was added with --auth oauth")
    .argument("<name>", "its name")
    .option("--no-browser", "show the address only")
    .option("--manual-paste", "paste what the browser was sent to")
    .option("--timeout <seconds>", "wait so long for the sign-in (180)")
    .action(leaf("login", () => import("../commands/mcp/login.ts")));
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

function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser(
    (value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value],
  );
}
