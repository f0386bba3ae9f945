import type { Config } from "./schema.ts";
import type { LoadedConfig } from "./loaded_config.ts";
import { formatKey } from "./key_path.ts";

/** What `mcp_servers.<name>` says. */
export type McpServerSettings = Config["mcp_servers"][string];

/** An MCP server of the user's. */
export interface McpServer {
  readonly name: string;
  /** With the values of the variables that it refers to; a variable that is not set stays as `${NAME}`. */
  readonly settings: McpServerSettings;
  /** The text of a value in the file, where it refers to variables: `written("headers", "Authorization")`. */
  readonly written: (...key: readonly string[]) => string | undefined;
}

/** The servers of a configuration in its order, the ones that are switched off as well. */
export function mcpServersOf({
  config,
  origins,
}: Pick<LoadedConfig, "config" | "origins">): readonly McpServer[] {
  return Object.entries(config.mcp_servers).map(([name, settings]) => ({
    name,
    settings,
    written: (...key) => {
      const origin = origins.get(formatKey(["mcp_servers", name, ...key]));
      const written = origin?.from === "file" ? origin.written : undefined;
      return typeof written === "string" ? written : undefined;
    },
  }));
}

const shells = /^(?:ba|z|da|fi)?sh$|^cmd(?:\.exe)?$|^powershell(?:\.exe)?$|^pwsh(?:\.exe)?$/i;
const downloads =
  /\b(?:curl|wget|nc|ncat|socat)\b|\/dev\/tcp\/|Invoke-(?:WebRequest|RestMethod)|System\.Net\.WebClient/i;

/**
 * Why a server must not be started by anybody: a shell that fetches what it runs is how a stolen configuration takes a
 * machine over. Undefined where nothing speaks against it.
 */
export function refusalOf({
  command,
  args,
}: Pick<McpServerSettings, "command" | "args">): string | undefined {
  const program = command.trim().split(/[/\\]/).at(-1) ?? "";
  const isRisky = shells.test(program) && args.some((argument) => downloads.test(argument));
  return isRisky ? "it is a shell with a command that loads something from the network" : undefined;
}
