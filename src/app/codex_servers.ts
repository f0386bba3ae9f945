import { ownServer } from "../codex/own_server.ts";
import type { CodexRuntimeDeps } from "../codex/runtime.ts";
import { type CodexServers, codexServers } from "../codex/server_entries.ts";
import { mcpServersOf, refusalOf } from "../config/mcp_servers.ts";
import type { JsonObject } from "../core/json.ts";
import type { BackendRequest } from "./backend.ts";
import type { AppParts } from "./parts.ts";

/** The user's MCP servers for threads of codex. */
export interface ThreadServerSource {
  readonly servers: NonNullable<CodexRuntimeDeps["servers"]>;
  /** For the environment of codex. */
  readonly env: CodexServers["env"];
  /** Names of those that it does not have anyway. */
  readonly added: readonly string[];
  /** What of `--toolsets` is left for tools of ours: servers are toolsets as well. */
  readonly toolsets: readonly string[] | undefined;
  /** What of `--toolsets` is a server that is switched off. */
  readonly switchedOff: readonly string[];
}

/** The servers that a conversation uses; their secrets are made known to the redactor. */
export async function threadServers(
  app: AppParts,
  { config, options, redactor }: BackendRequest,
): Promise<ThreadServerSource> {
  const [loaded, env] = await Promise.all([app.loadedConfig(), app.env()]);
  const configured = mcpServersOf(loaded);
  const codexEnv = app.ports.env;
  const mapped = (servers: typeof configured): ThreadServerSource["servers"] => {
    return (codex) => codexServers(servers, { env, codexEnv, place: "thread", codex, refusalOf });
  };
  const { toolsets } = options;
  if (configured.length === 0) {
    return { servers: mapped([]), env: {}, added: [], toolsets, switchedOff: [] };
  }
  const [{ isWanted }, { secretsIn }] = await Promise.all([
    import("./mcp_tools.ts"),
    import("./mcp_specs.ts"),
  ]);
  const disabled = config.agent.disabled_toolsets;
  const wanted = configured.filter(
    ({ name }) => options.requireMcp?.includes(name) || isWanted(name, { toolsets, disabled }),
  );
  for (const { settings, written } of wanted) {
    for (const secret of secretsIn(settings, written)) redactor.addSecret(secret);
  }
  const servers = mapped(wanted);
  // Codex is started before it tells its version: it gets what any version would need.
  const { env: given } = servers({ isAtLeast: () => true });
  const serversOf = (toolset: string): typeof configured =>
    ["all", "*", "coding"].includes(toolset)
      ? []
      : configured.filter(({ name }) => isWanted(name, { toolsets: [toolset], disabled: [] }));
  const isOff = (toolset: string): boolean => {
    const named = serversOf(toolset);
    const used = named.filter((server) => server.settings.enabled && wanted.includes(server));
    return named.length > 0 && used.length === 0;
  };
  return {
    servers,
    env: given,
    added: Object.keys(given).filter((name) => codexEnv[name] === undefined),
    // Where there is nothing else, it is told like any toolset that comes to nothing.
    toolsets: toolsets?.every(isOff)
      ? toolsets
      : toolsets?.filter((toolset) => serversOf(toolset).length === 0),
    switchedOff: toolsets?.filter(isOff) ?? [],
  };
}

/** The entry of `hermes-tools` with these tools, for this home; undefined where this program cannot be started again. */
export function ownThreadServer(
  { ports, paths }: Pick<AppParts, "ports" | "paths">,
  toolNames: readonly string[],
): JsonObject | undefined {
  const { program } = ports.host;
  if (program?.[0]?.startsWith("/") !== true) return undefined;
  return { ...ownServer({ program, home: paths.home }), enabled_tools: toolNames };
}
