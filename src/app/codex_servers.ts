import { ownServer } from "../codex/own_server.ts";
import { type CodexServers, codexServers } from "../codex/server_entries.ts";
import type { CodexRuntimeDeps } from "../codex/runtime.ts";
import { mcpServersOf, refusalOf } from "../config/mcp_servers.ts";
import type { JsonObject } from "../core/json.ts";
import { isSecretVariable } from "../core/redact_names.ts";
import type { Redactor } from "../core/redact.ts";
import type { AppParts } from "./parts.ts";

/** The user's MCP servers for threads of codex. */
export interface ThreadServerSource {
  readonly servers: NonNullable<CodexRuntimeDeps["servers"]>;
  /** For the environment of codex. */
  readonly env: CodexServers["env"];
  /** Names of those that it does not have anyway. */
  readonly added: readonly string[];
}

/** The servers that are configured; their secrets are made known to the redactor. */
export async function threadServers(
  app: AppParts,
  redactor: Redactor,
): Promise<ThreadServerSource> {
  const [loaded, env] = await Promise.all([app.loadedConfig(), app.env()]);
  const configured = mcpServersOf(loaded);
  const codexEnv = app.ports.env;
  const servers: ThreadServerSource["servers"] = (codex) =>
    codexServers(configured, { env, codexEnv, place: "thread", codex, refusalOf });
  // Codex is started before it tells its version: it gets what any version would need.
  const { env: given } = servers({ isAtLeast: () => true });
  for (const [name, value] of Object.entries(given)) {
    if (!isSecretVariable(name) && !name.startsWith("HERMES_MCP_")) continue;
    redactor.addSecret(value);
    // Of `Basic abc` the second part is the secret.
    redactor.addSecret(value.split(" ").at(-1) ?? "");
  }
  const added = Object.keys(given).filter((name) => codexEnv[name] === undefined);
  return { servers, env: given, added };
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
