import type { McpDesk } from "../../../app/mcp_desk.ts";
import type { McpServer, McpServerSettings } from "../../../config/mcp_servers.ts";
import type { JsonObject } from "../../../core/json.ts";
import { defined } from "../../../core/defined.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printTable } from "../../print.ts";
import type { Column } from "../../render/table.ts";

/** A server with what is known of it without starting it. */
interface ListedServer extends McpServer {
  readonly problem: string | undefined;
}

/** `hermes mcp list`: the servers of the configuration. Starts none, asks nobody. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, mask } = context;
  const desk = await (await context.app()).mcp();
  const servers = await listServers(desk);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, { servers: servers.map((server) => toJson(server, mask)) });
    return exitCodes.done;
  }
  await printTable(ports, columns(mask), {
    rows: servers,
    ifEmpty: "No MCP servers yet: hermes mcp add NAME -- COMMAND",
  });
  return exitCodes.done;
}

async function listServers(desk: McpDesk): Promise<readonly ListedServer[]> {
  return await Promise.all(
    (await desk.servers()).map(async (server) => ({
      ...server,
      problem: await desk.problem(server),
    })),
  );
}

function columns(mask: (text: string) => string): readonly Column<ListedServer>[] {
  return [
    { header: "NAME", text: ({ name }) => name },
    { header: "TOOLS", text: ({ settings }) => choiceText(settings) },
    { header: "STATE", text: stateText },
    { header: "SERVER", text: ({ settings }) => mask(placeText(settings)) },
  ];
}

/** Which of its tools are used: `all`, `3 selected`, `-1 excluded`. */
function choiceText({ tools }: McpServerSettings): string {
  const { include, exclude } = tools;
  if (include !== null && include.length > 0) return `${include.length} selected`;
  return exclude.length > 0 ? `-${exclude.length} excluded` : "all";
}

function stateText({ settings, problem }: ListedServer): string {
  if (!settings.enabled) return "off";
  return problem === undefined ? "on" : "not usable";
}

/** Its program or its address; queries are left out, keys stand in them. */
export function placeText({ url, command, args }: McpServerSettings): string {
  if (url === "") return [command, ...args].join(" ");
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

function toJson(
  { name, settings, problem }: ListedServer,
  mask: (text: string) => string,
): JsonObject {
  const { url, command, args, auth, enabled, description, tools } = settings;
  return {
    name,
    transport: url === "" ? "stdio" : "http",
    ...(url === ""
      ? { command, args: maskedArguments(args, mask) }
      : { url: placeText(settings), auth: auth === "" ? null : auth }),
    enabled,
    ...defined("description", description === "" ? undefined : description),
    tools: { include: tools.include, exclude: tools.exclude },
    usable: enabled && problem === undefined,
    ...defined("problem", problem === undefined ? undefined : mask(problem)),
  };
}

/** Arguments without secrets; the flag before one can tell that it is one: `--password x`. */
export function maskedArguments(
  args: readonly string[],
  mask: (text: string) => string,
): readonly string[] {
  return args.map((argument, at) => {
    const flag = args[at - 1] ?? "";
    const shown = mask(`${flag} ${argument}`);
    const isTold = flag.startsWith("-") && shown.startsWith(`${flag} `);
    return isTold ? shown.slice(flag.length + 1) : mask(argument);
  });
}
