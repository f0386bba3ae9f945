import { isAbsolute, join } from "node:path/posix";
import type { MigrationResult } from "../codex/config_apply.ts";
import { ownServer, ownServerName } from "../codex/own_server.ts";
import type { ServerProblem } from "../codex/server_entries.ts";
import type { CodexVersion } from "../codex/version.ts";
import { loadConfig } from "../config/load.ts";
import type { LoadedConfig } from "../config/loaded_config.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { Env } from "../core/ports.ts";
import { codexExecutable } from "./codex_backend.ts";
import type { AppParts } from "./parts.ts";

/** What the command line does with codex's own configuration. */
export interface CodexConfigDesk {
  /**
   * Makes the servers of this home known to every codex that is started, or tells what that would change.
   * @throws {HermesError} `codex/config_invalid`, `codex/silent`, `config/*`, `store/*`, `file/unwritable`
   */
  migrate(options: MigrationOptions): Promise<Migration>;
  /** Takes away what was written, and nothing else. @throws as `migrate` */
  unmigrate(options: MigrationOptions): Promise<Migration>;
  /** What is recorded of earlier migrations; asks nobody. @throws {HermesError} `store/unreadable`, `store/invalid` */
  recorded(): Promise<RecordedMigration>;
}

export interface MigrationOptions {
  readonly isDryRun: boolean;
  /** Ends it between two steps: what was written without being checked is taken back. */
  readonly signal?: AbortSignal;
}

/** What hermes once wrote. */
export interface RecordedMigration {
  /** The `config.toml` of the codex that would be started. */
  readonly file: string;
  /** Names of the servers that were written, sorted; none where nothing was, or it was taken away. */
  readonly servers: readonly string[];
}

/** What a migration did, or would do. */
export interface Migration extends MigrationResult {
  readonly codexHome: string;
  /** Whether there is a codex on this machine that can be asked. */
  readonly hasCodex: boolean;
  /** Servers that cannot be written, or need something more. */
  readonly problems: readonly ServerProblem[];
}

/** Opens the desk: nothing is read before it is asked for. */
export function openCodexConfig(app: AppParts, overrides: readonly string[]): CodexConfigDesk {
  const apply = async (
    { isDryRun, signal }: MigrationOptions,
    isWanted: boolean,
  ): Promise<Migration> => {
    const { ports, paths } = app;
    const deps = signal === undefined ? ports : { ...ports, signal };
    const env = await app.env();
    const loaded = await loadConfig({ files: ports.files, env }, paths, overrides);
    const { codexHome, isDefaultHome } = codexHomeOf(app);
    const [path, { applyMigration }, { versionOfProgram }, { mcpServersOf }] = await Promise.all([
      codexExecutable(app, loaded.config),
      import("../codex/config_apply.ts"),
      import("../codex/config_check.ts"),
      import("../config/mcp_servers.ts"),
    ]);
    const judge = path === undefined ? undefined : { path, env: ports.env };
    const version = judge ? await versionOfProgram(deps, judge) : { isAtLeast: () => true };
    const none: Wanted = { entries: new Map(), problems: [] };
    const { entries, problems } = isWanted
      ? await wantedEntries(app, loaded, { env, version })
      : none;
    const servers = mcpServersOf(loaded);
    const result = await applyMigration(deps, {
      codexHome,
      isDefaultHome,
      recordFile: recordFileOf(app),
      desired: entries,
      configured: new Map(servers.map(({ name, settings }) => [name, settings])),
      judge,
      isDryRun,
    });
    return { ...result, codexHome, hasCodex: judge !== undefined, problems };
  };
  return {
    async recorded() {
      const { readRecord } = await import("../codex/migration_record.ts");
      const { codexHome } = codexHomeOf(app);
      const records = await readRecord(app.ports.files, recordFileOf(app));
      const key = await app.ports.files.realPath(codexHome).catch(() => codexHome);
      const servers = [...(records.get(key)?.servers.keys() ?? [])].toSorted();
      return { file: join(codexHome, "config.toml"), servers };
    },
    migrate: (options) => apply(options, true),
    unmigrate: (options) => apply(options, false),
  };
}

function recordFileOf({ paths }: AppParts): string {
  return join(paths.home, "codex-migration.json");
}

interface Wanted {
  readonly entries: ReadonlyMap<string, JsonObject>;
  readonly problems: readonly ServerProblem[];
}

async function wantedEntries(
  app: AppParts,
  loaded: LoadedConfig,
  { env, version }: { readonly env: Env; readonly version: Pick<CodexVersion, "isAtLeast"> },
): Promise<Wanted> {
  const [{ mcpServersOf, refusalOf }, { codexServers }, redactor] = await Promise.all([
    import("../config/mcp_servers.ts"),
    import("../codex/server_entries.ts"),
    app.redactor(),
  ]);
  const mapped = codexServers(mcpServersOf(loaded), {
    env,
    codexEnv: app.ports.env,
    place: "file",
    codex: version,
    refusalOf,
  });
  const entries = new Map(mapped.entries);
  const problems = [...mapped.problems];
  for (const [server, entry] of mapped.entries) {
    // Its values come from the configuration, which may have them from anywhere.
    const shown = [...textsIn(entry), ...flagsWithValues(entry)];
    if (shown.every((text) => redactor.boundary(text) === text)) continue;
    entries.delete(server);
    problems.push({
      server,
      message: "is left out: it would put a secret into config.toml in clear",
    });
  }
  const missing = new Set(
    Object.keys(mapped.env).filter((name) => app.ports.env[name] === undefined),
  );
  for (const [server, entry] of entries) {
    const names = textsIn(entry).filter((text) => missing.has(text));
    if (names.length === 0) continue;
    const message = `works in a codex that has ${names.join(", ")} in its environment, which this shell does not: export it`;
    problems.push({ server, message });
  }
  for (const server of mapped.signIns) {
    if (entries.has(server)) {
      problems.push({ server, message: `is signed in to with: codex mcp login ${server}` });
    }
  }
  if (loaded.config.codex.expose_hermes_tools && app.ports.host.program !== undefined) {
    entries.set(ownServerName, ownEntry(app));
  }
  return { entries, problems };
}

function ownEntry({ ports, paths }: AppParts): JsonObject {
  const isDefault = paths.home === join(ports.host.homeDirectory, ".hermes");
  return ownServer({
    program: ports.host.program,
    // The environment of a codex that is started later may name another one, or none.
    ...(isDefault ? {} : { home: paths.home }),
  });
}

/** Each argument behind a flag, which alone can tell that it is a secret: `--password x`. */
function flagsWithValues({ args }: JsonObject): readonly string[] {
  const texts = Array.isArray(args) ? args.filter((each) => typeof each === "string") : [];
  return texts.flatMap((text, at) => {
    const flag = texts[at - 1] ?? "";
    return flag.startsWith("-") ? [`${flag} ${text}`] : [];
  });
}

function textsIn(value: Json): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isJsonObject(value) ? Object.values(value).flatMap(textsIn) : [];
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
