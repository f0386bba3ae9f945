import { isAbsolute, join } from "node:path/posix";
import type { MigrationResult } from "../codex/config_apply.ts";
import type { EntryProblem } from "../codex/persisted_entries.ts";
import { loadConfig, type LoadedConfig } from "../config/load.ts";
import type { JsonObject } from "../core/json.ts";
import { codexExecutable } from "./codex_backend.ts";
import type { AppParts } from "./parts.ts";

/** What the command line does with codex's own configuration. */
export interface CodexConfigDesk {
  /**
   * Makes the servers of this home known to every codex that is started, or tells what that would change.
   * @throws {HermesError} `codex/config_invalid`, `codex/silent`, `config/*`, `store/*`, `file/unwritable`
   */
  migrate(options: { readonly isDryRun: boolean }): Promise<Migration>;
  /** Takes away what was written, and nothing else. @throws as `migrate` */
  unmigrate(options: { readonly isDryRun: boolean }): Promise<Migration>;
}

/** What a migration did, or would do. */
export interface Migration extends MigrationResult {
  readonly codexHome: string;
  /** Servers that cannot be written, or need something more. */
  readonly problems: readonly EntryProblem[];
}

/** The name under which codex knows hermes itself. */
const ownServer = "hermes-tools";

/** Opens the desk: nothing is read before it is asked for. */
export function openCodexConfig(app: AppParts, overrides: readonly string[]): CodexConfigDesk {
  const apply = async (isDryRun: boolean, isWanted: boolean): Promise<Migration> => {
    const { ports, paths } = app;
    const env = await app.env();
    const loaded = await loadConfig({ files: ports.files, env }, paths, overrides);
    const { entries, problems, servers } = await wantedEntries(app, loaded);
    const { codexHome, isDefaultHome } = codexHomeOf(app);
    const judge = await codexExecutable(app, loaded.config);
    const { applyMigration } = await import("../codex/config_apply.ts");
    const result = await applyMigration(ports, {
      codexHome,
      isDefaultHome,
      recordFile: join(paths.home, "codex-migration.json"),
      desired: isWanted ? entries : new Map(),
      configured: new Map(servers.map(({ name, settings }) => [name, settings])),
      judge: judge === undefined ? undefined : { path: judge, env: ports.env },
      isDryRun,
    });
    return { ...result, codexHome, problems: isWanted ? problems : [] };
  };
  return {
    migrate: ({ isDryRun }) => apply(isDryRun, true),
    unmigrate: ({ isDryRun }) => apply(isDryRun, false),
  };
}

async function wantedEntries(app: AppParts, loaded: LoadedConfig) {
  const [{ mcpServersOf, refusalOf }, { persistedEntries }, redactor] = await Promise.all([
    import("../config/mcp_servers.ts"),
    import("../codex/persisted_entries.ts"),
    app.redactor(),
  ]);
  const servers = mcpServersOf(loaded).map((server) => ({
    ...server,
    refusal: refusalOf(server.settings),
  }));
  const { entries, problems } = persistedEntries(
    servers.filter(({ name }) => name !== ownServer),
    {
      holdsSecret: (text) => redactor.boundary(text) !== text,
      isExported: (name) => app.ports.env[name] !== undefined,
    },
  );
  const own = loaded.config.codex.expose_hermes_tools ? ownEntry(app) : undefined;
  const all = new Map(entries);
  if (own) all.set(ownServer, own);
  const isTaken = own !== undefined && servers.some(({ name }) => name === ownServer);
  const taken: EntryProblem = {
    server: ownServer,
    isSkipped: true,
    message: "hermes's own server has this name: yours is not migrated",
    hint: "rename it in config.yaml: hermes config edit",
  };
  return { entries: all, problems: isTaken ? [...problems, taken] : problems, servers };
}

/** Hermes itself as a server; absent where this process cannot be started again by its path. */
function ownEntry({ ports, paths }: AppParts): JsonObject | undefined {
  const [command, ...before] = ports.host.program ?? [];
  if (command === undefined) return undefined;
  const isDefault = paths.home === join(ports.host.homeDirectory, ".hermes");
  return {
    command,
    args: [...before, "mcp", "serve"],
    // Codex hands nothing over that it is not told to; the home of a shell that comes later may be another one.
    ...(isDefault ? {} : { env: { HERMES_HOME: paths.home } }),
    startup_timeout_sec: 30,
    tool_timeout_sec: 600,
    default_tools_approval_mode: "approve",
  };
}

/** Where codex reads its configuration: it takes a relative CODEX_HOME from where it is started. */
function codexHomeOf({ ports }: AppParts): {
  readonly codexHome: string;
  readonly isDefaultHome: boolean;
} {
  const named = ports.env["CODEX_HOME"] ?? "";
  if (named === "") {
    return { codexHome: join(ports.host.homeDirectory, ".codex"), isDefaultHome: true };
  }
  const codexHome = isAbsolute(named) ? named : join(ports.host.cwd, named);
  return { codexHome, isDefaultHome: false };
}
