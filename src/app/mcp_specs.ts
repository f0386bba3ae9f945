import { isAbsolute, join } from "node:path/posix";
import { hasReference } from "../config/expand.ts";
import { type McpServer, type McpServerSettings, refusalOf } from "../config/mcp_servers.ts";
import { HermesError } from "../core/errors.ts";
import type { Env, Host, Spawner } from "../core/ports.ts";
import { serverEnv } from "../mcp/child_env.ts";
import type { AppParts } from "./parts.ts";
import type { HttpReach, ServerSpec, StdioReach } from "../mcp/server_spec.ts";

export interface SpecDeps {
  readonly spawner: Pick<Spawner, "find">;
  readonly host: Pick<Host, "homeDirectory">;
  /** The process environment over the home's `.env`. */
  readonly env: Env;
  /** Directory of the conversation. */
  readonly cwd: string;
}

/** Seconds where the configuration says nothing: for a call, and to be ready. */
const defaultTimeout = 120;
const defaultConnectTimeout = 60;

/**
 * What a configured server comes to.
 * @throws {HermesError} `mcp/unavailable` for one that must not or cannot be started, with the reason
 */
export async function specOf(
  deps: SpecDeps,
  { name, settings }: Pick<McpServer, "name" | "settings">,
): Promise<ServerSpec> {
  const { timeout, connect_timeout: connectTimeout, tools } = settings;
  const refusal = refusalOf(settings);
  if (refusal !== undefined) {
    throw unusable(`MCP server ${name} is not started: ${refusal}`, `hermes mcp remove ${name}`);
  }
  const unset = unsetIn(settings, deps.env);
  if (unset !== undefined) {
    throw unusable(
      `MCP server ${name} is not started: ${unset} is not set`,
      `set ${unset} in the environment or in .env`,
    );
  }
  if (settings.transport === "sse") {
    throw unusable(
      `MCP server ${name} is not used: its transport is sse, which MCP has given up in 2025`,
      "ask for its Streamable HTTP address, and leave transport out",
    );
  }
  return {
    name,
    // An address comes before a command where a file from elsewhere has both.
    reach: settings.url === "" ? await stdioReach(deps, settings) : httpReach(settings),
    timeoutMs: (timeout ?? defaultTimeout) * 1_000,
    connectTimeoutMs: (connectTimeout ?? defaultConnectTimeout) * 1_000,
    include: tools.include ?? [],
    exclude: tools.exclude,
    isParallel: settings.supports_parallel_tool_calls,
  };
}

function httpReach({
  url,
  headers,
  ssl_verify: verifiesCertificate,
}: McpServerSettings): HttpReach {
  return { kind: "http", url, headers, verifiesCertificate };
}

async function stdioReach(deps: SpecDeps, settings: McpServerSettings): Promise<StdioReach> {
  const { env, cwd, host } = deps;
  const given = settings.cwd === "" ? cwd : expandHome(settings.cwd, host.homeDirectory);
  const { program, directory } = await programOf(
    deps,
    expandHome(settings.command, host.homeDirectory),
  );
  const whole = serverEnv(env, settings.env);
  // Programs of a directory call one another: npx is a script for the node beside it.
  const path = directory === undefined ? {} : { PATH: `${directory}:${whole["PATH"] ?? ""}` };
  return {
    kind: "stdio",
    program,
    arguments: settings.args,
    cwd: isAbsolute(given) ? given : join(cwd, given),
    env: { ...whole, ...path },
  };
}

/** Where installers put programs that a PATH of a service or of a desktop does not have. */
const usualPlaces = ["~/.local/bin", "/usr/local/bin", "/opt/homebrew/bin"];

async function programOf(
  { spawner, host, cwd }: SpecDeps,
  command: string,
): Promise<{ readonly program: string; readonly directory?: string }> {
  if (command.includes("/")) return { program: isAbsolute(command) ? command : join(cwd, command) };
  const found = await spawner.find(command);
  if (found !== undefined) return { program: found };
  for (const place of usualPlaces) {
    const directory = expandHome(place, host.homeDirectory);
    const program = await spawner.find(join(directory, command));
    if (program !== undefined) return { program, directory };
  }
  return { program: command };
}

function expandHome(path: string, home: string): string {
  return path === "~" || path.startsWith("~/") ? `${home}${path.slice(1)}` : path;
}

/** A variable that a value refers to and that is not set. */
function unsetIn(
  { command, args, env, cwd, url, headers }: McpServerSettings,
  known: Env,
): string | undefined {
  const values = [command, ...args, cwd, url, ...Object.values(env), ...Object.values(headers)];
  for (const value of values.filter(hasReference)) {
    for (const [, name = ""] of value.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)) {
      if (known[name] === undefined) return name;
    }
  }
  return undefined;
}

/** The spec with the login of its server, where it is signed in to. */
export async function withLogin(
  app: AppParts,
  spec: ServerSpec,
  server: Pick<McpServer, "name" | "settings">,
): Promise<ServerSpec> {
  const { reach } = spec;
  if (reach.kind !== "http" || server.settings.auth !== "oauth") return spec;
  const [{ keptLogin }, { loginPlace, signInSettings }] = await Promise.all([
    import("../mcp/sign_in.ts"),
    import("./mcp_logins.ts"),
  ]);
  const settings = signInSettings(server);
  const place = await loginPlace(app, settings);
  return {
    ...spec,
    reach: { ...reach, login: keptLogin({ fetch: app.ports.fetch, place }, settings) },
  };
}

/** Long, without a blank, of letters and digits: more likely a key than a word. */
const keyLike = /^(?=.*\d)(?=.*[A-Za-z])\S{20,}$/;

/**
 * Secrets in a server's settings, which must not be shown: values of headers and variables that are called so, and of headers
 * that refer to a variable or look like a key. Every other header may say what turns speak of: `application/json`.
 */
export function secretsIn(
  { headers, env, oauth }: McpServerSettings,
  written: McpServer["written"] = () => undefined,
): readonly string[] {
  const named = /key|token|secret|password|passwd|credential|auth|cookie|session|signature/i;
  const hidden = Object.entries(headers).filter(
    ([name, value]) =>
      named.test(name) || keyLike.test(value) || hasReference(written("headers", name)),
  );
  const variables = Object.entries(env).filter(([name]) => named.test(name));
  return [
    ...hidden.flatMap(([, value]) => [value, value.replace(/^\w+\s+/, "")]),
    ...variables.map(([, value]) => value),
    oauth.client_secret,
  ].filter((value) => value.length >= 8);
}

function unusable(message: string, hint: string): HermesError {
  return new HermesError("mcp/unavailable", message, { hint });
}
