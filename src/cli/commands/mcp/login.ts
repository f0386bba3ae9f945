import type { McpDesk } from "../../../app/mcp_desk.ts";
import type { McpServer } from "../../../config/mcp_servers.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { integerFlag, switchFlag, usageError } from "../../flags.ts";
import { printNote } from "../../print.ts";
import { createLoginTalk, isRemote } from "../auth/login_talk.ts";
import { untilInterrupted } from "../../until_interrupted.ts";

/** `hermes mcp login`: signs in to a server, with the browser. */
export async function run(context: CommandContext): Promise<number> {
  const desk = await (await context.app()).mcp();
  const server = await desk.find(context.operands[0] ?? "");
  const { name, settings } = server;
  if (settings.url === "" || settings.auth !== "oauth") {
    throw usageError(
      `MCP server ${name} is not one to sign in to`,
      settings.url === ""
        ? "it is a program: see its own documentation"
        : `hermes config set mcp_servers.${name}.auth oauth`,
    );
  }
  await signInToServer(context, desk, server);
  return exitCodes.done;
}

/** How long a person may take, in seconds. */
const patience = 180;

/**
 * Signs in as the flags say.
 * @throws {HermesError} `auth/sign_in_failed`, `store/*`, `turn/interrupted`
 */
export async function signInToServer(
  context: CommandContext,
  desk: McpDesk,
  server: Pick<McpServer, "name" | "settings">,
): Promise<void> {
  const { ports, flags } = context;
  const env = await (await context.app()).env();
  const seconds = integerFlag(flags, "timeout", { min: 5, max: 3_600 }) ?? patience;
  const options = {
    openBrowser: flags["browser"] !== false && !isRemote(env),
    manualPaste: switchFlag(flags, "manualPaste"),
    timeoutMs: seconds * 1_000,
  };
  const interaction = createLoginTalk(ports, { env, manual: "the same with --manual-paste" });
  await untilInterrupted(ports, (signal) => desk.signIn(server, options, { interaction, signal }));
  await printNote(ports, `Signed in to MCP server ${server.name}`);
}
