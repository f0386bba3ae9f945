import { defined } from "../core/defined.ts";
import type { JsonObject } from "../core/json.ts";
import type { Env } from "../core/ports.ts";
import { reasonAgainst } from "./server_check.ts";
import { ServerEnvironment } from "./server_environment.ts";
import { envOf, headersOf } from "./server_secrets.ts";
import type { ServerEntriesOptions, UserServer, UserServerSettings } from "./user_server.ts";
import type { CodexVersion } from "./version.ts";

/** The user's servers as codex takes them. No entry has a secret in it. */
export interface CodexServers {
  /** By name: the value of `mcp_servers.<name>` as codex reads it; nothing in it is null. */
  readonly entries: ReadonlyMap<string, JsonObject>;
  /**
   * What codex's process needs in its environment so that the entries find their secrets. In a thread hermes gives it to
   * the codex that it starts; what a file's entries need is for the user to have set.
   */
  readonly env: Readonly<Record<string, string>>;
  /** In plain words: what was left out or changed, and of which server. */
  readonly problems: readonly ServerProblem[];
  /** Names of those in `entries` that a person signs in to with `codex mcp login NAME`. */
  readonly signIns: readonly string[];
}

export interface ServerProblem {
  readonly server: string;
  /** A sentence without its subject, the server, and without a full stop. */
  readonly message: string;
}

/** The user's servers as entries of codex's `mcp_servers`. What cannot be had in full is left out, never weakened. */
export function codexServers<Settings extends UserServerSettings>(
  servers: readonly (UserServer & { readonly settings: Settings })[],
  options: ServerEntriesOptions<Settings>,
): CodexServers {
  const entries = new Map<string, JsonObject>();
  const environment = new ServerEnvironment(options);
  const problems: ServerProblem[] = [];
  const signIns: string[] = [];
  for (const server of servers) {
    const { name, settings } = server;
    if (!settings.enabled && options.place === "thread") continue;
    const reason = reasonAgainst(server, options) ?? options.refusalOf(settings);
    const ours = environment.of(name);
    const entry = reason ?? entryOf(server, ours, options);
    if (typeof entry === "string") {
      problems.push({ server: name, message: `is left out: ${entry}` });
      continue;
    }
    ours.keep();
    entries.set(name, entry);
    if (settings.auth === "oauth") signIns.push(name);
    problems.push(...changesOf(settings, options).map((message) => ({ server: name, message })));
  }
  return { entries, env: environment.variables, problems, signIns };
}

type ServerVariables = ReturnType<ServerEnvironment["of"]>;

/** The entry of a server; a text says why there is none. */
function entryOf(
  server: UserServer,
  variables: ServerVariables,
  options: Pick<ServerEntriesOptions, "env" | "codex">,
): JsonObject | string {
  const { settings } = server;
  const transport =
    settings.url === ""
      ? stdioEntry(server, variables, options.env)
      : httpEntry(server, variables, options);
  if (typeof transport === "string") return transport;
  const { include, exclude } = settings.tools;
  return {
    ...transport,
    ...defined("startup_timeout_sec", seconds(settings.connect_timeout)),
    ...defined("tool_timeout_sec", seconds(settings.timeout)),
    ...(include !== null && include.length > 0 && { enabled_tools: include }),
    ...(exclude.length > 0 && { disabled_tools: exclude }),
    ...(settings.supports_parallel_tool_calls && { supports_parallel_tool_calls: true }),
    ...(!settings.enabled && { enabled: false }),
  };
}

function stdioEntry(server: UserServer, variables: ServerVariables, env: Env): JsonObject | string {
  const { command, args, cwd } = server.settings;
  const given = envOf(server, variables);
  if (typeof given === "string") return given;
  return {
    command: inHome(command, env),
    ...(args.length > 0 && { args }),
    ...given,
    ...(cwd !== "" && { cwd: inHome(cwd, env) }),
  };
}

function httpEntry(
  server: UserServer,
  variables: ServerVariables,
  { codex }: Pick<ServerEntriesOptions, "codex">,
): JsonObject {
  const { url, auth, oauth } = server.settings;
  const entry = { url, ...headersOf(server, variables) };
  if (auth !== "oauth") return entry;
  const scopes = oauth.scope.split(/\s+/).filter((scope) => scope !== "");
  return {
    ...entry,
    ...(scopes.length > 0 && { scopes }),
    ...(oauth.client_id !== "" && takesClients(codex) && { oauth: { client_id: oauth.client_id } }),
  };
}

/** Codex itself does not know `~`. */
function inHome(path: string, env: Env): string {
  const home = env["HOME"];
  return path.startsWith("~/") && home !== undefined ? `${home}${path.slice(1)}` : path;
}

/** Codex refuses its whole configuration for a time that it cannot represent; a year is as good as for ever. */
const longest = 365 * 86_400;

function seconds(time: number | null): number | undefined {
  return time !== null && time > 0 && time <= longest ? time : undefined;
}

/** What an entry has otherwise than the user wrote it. */
function changesOf(
  settings: UserServerSettings,
  { codex }: Pick<ServerEntriesOptions, "codex">,
): readonly string[] {
  const { auth, oauth } = settings;
  const times = (["timeout", "connect_timeout"] as const).filter(
    (key) => settings[key] !== null && seconds(settings[key]) === undefined,
  );
  const isSignedIn = auth === "oauth";
  return [
    ...times.map((key) => `has no ${key} that codex takes: codex's own is used`),
    ...(isSignedIn && oauth.client_id !== "" && !takesClients(codex)
      ? ["has an oauth.client_id, which this codex does not take: it registers one of its own"]
      : []),
    ...(isSignedIn && oauth.client_secret !== ""
      ? ["has an oauth.client_secret, which codex would need in clear: it is not handed over"]
      : []),
  ];
}

/** Earlier versions pass over a client of the user's without a word. */
function takesClients(codex: Pick<CodexVersion, "isAtLeast">): boolean {
  return codex.isAtLeast(0, 169);
}
