/**
 * Servers of the user's as entries of a `config.toml`, for every codex on this machine. The file is no place for secrets:
 * they are named there, and come from the environment that codex is started in.
 */
import { isSecretField, isSecretVariable } from "../core/redact_names.ts";
import type { Json, JsonObject } from "../core/json.ts";

/** What is configured of a server; `mcp_servers.<name>` of config.yaml. */
export interface ConfiguredServer {
  readonly name: string;
  readonly settings: {
    readonly command: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly cwd: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly transport: string;
    readonly auth: string;
    readonly oauth: { readonly client_id: string; readonly client_secret: string; readonly scope: string };
    readonly ssl_verify: boolean;
    readonly enabled: boolean;
    readonly timeout: number | null;
    readonly connect_timeout: number | null;
    readonly supports_parallel_tool_calls: boolean;
    readonly tools: { readonly include: readonly string[] | null; readonly exclude: readonly string[] };
  };
  /** The text of a value in the file, where it refers to variables. */
  readonly written: (...key: readonly string[]) => string | undefined;
  /** Why nobody may start it. */
  readonly refusal: string | undefined;
}

/** What a person should know of a server. */
export interface EntryProblem {
  readonly server: string;
  /** Whether there is no entry because of it. */
  readonly isSkipped: boolean;
  readonly message: string;
  readonly hint: string;
}

export interface PersistedEntries {
  readonly entries: ReadonlyMap<string, JsonObject>;
  readonly problems: readonly EntryProblem[];
}

/** What tells secrets: besides the names of variables and headers. */
export interface SecretFacts {
  /** Whether there is a secret in a text. */
  readonly holdsSecret: (text: string) => boolean;
  /** Whether a variable is set in the environment of this process, not only in `.env`. */
  readonly isExported: (name: string) => boolean;
}

/** Entries of all servers that can be expressed, and what is odd about the others. */
export function persistedEntries(
  servers: readonly ConfiguredServer[],
  facts: SecretFacts,
): PersistedEntries {
  const entries = new Map<string, JsonObject>();
  const problems: EntryProblem[] = [];
  for (const server of servers) {
    const told: Told[] = [];
    const entry = entryOf(server, facts, told);
    const fatal = told.filter(({ isFatal }) => isFatal);
    // What a server would need is no matter where it is left out.
    for (const { message, hint, isFatal } of fatal.length > 0 ? fatal : told) {
      problems.push({ server: server.name, isSkipped: isFatal, message, hint });
    }
    if (fatal.length === 0) entries.set(server.name, entry);
  }
  return { entries, problems };
}

interface Told {
  readonly message: string;
  readonly hint: string;
  readonly isFatal: boolean;
}

/** Codex passes over servers with other names when a session starts. */
const usableName = /^[A-Za-z0-9_-]+$/;
/** Longer than this codex cannot count. */
const longestSeconds = 1e9;

function entryOf(server: ConfiguredServer, facts: SecretFacts, told: Told[]): JsonObject {
  const { name, settings, refusal } = server;
  const refuse = (message: string, hint: string): void => {
    told.push({ message, hint, isFatal: true });
  };
  if (refusal !== undefined) refuse(refusal, "install the program, and name it as the command");
  if (!usableName.test(name)) {
    refuse("codex takes no such name", "rename it: ASCII letters, digits, - and _");
  }
  if (settings.transport === "sse") {
    refuse("codex does not speak the SSE transport", "use the server's streamable HTTP address");
  }
  if (!settings.ssl_verify) {
    refuse("codex cannot leave certificates unchecked", "give the server a certificate that is trusted");
  }
  for (const seconds of [settings.timeout, settings.connect_timeout]) {
    if (seconds !== null && !(seconds > 0 && seconds <= longestSeconds)) {
      refuse(`a time limit is out of range: ${seconds}`, "use a number of seconds");
    }
  }
  const plain = (key: string, index?: number): void => {
    const path = index === undefined ? [key] : [key, String(index)];
    const value = index === undefined ? settings[key === "url" ? "url" : "command"] : settings.args[index];
    if (server.written(...path) !== undefined || facts.holdsSecret(value ?? "")) {
      refuse(
        `${path.join(" ")} would put a value of a variable, or a secret, into config.toml`,
        "hand it over as a variable of env, or as a header",
      );
    }
  };
  plain(settings.url === "" ? "command" : "url");
  if (settings.url === "") settings.args.forEach((_, index) => plain("args", index));
  const { timeout, connect_timeout: connect, tools } = settings;
  return {
    ...(settings.url === "" ? overStdio(server, facts, told) : overHttp(server, facts, told)),
    ...(connect === null ? {} : { startup_timeout_sec: connect }),
    ...(timeout === null ? {} : { tool_timeout_sec: timeout }),
    ...(settings.enabled ? {} : { enabled: false }),
    // An empty list filters nothing.
    ...(tools.include === null || tools.include.length === 0 ? {} : { enabled_tools: tools.include }),
    ...(tools.exclude.length === 0 ? {} : { disabled_tools: tools.exclude }),
    ...(settings.supports_parallel_tool_calls ? { supports_parallel_tool_calls: true } : {}),
  };
}

function overStdio({ settings, written }: ConfiguredServer, facts: SecretFacts, told: Told[]): JsonObject {
  const env: Record<string, Json> = {};
  const names: string[] = [];
  for (const [key, value] of Object.entries(settings.env)) {
    const text = written("env", key);
    if (text === `\${${key}}`) {
      names.push(key);
      needsExport(key, facts, told);
    } else if (text !== undefined || isSecretVariable(key) || facts.holdsSecret(value)) {
      told.push(secretIn(`env ${key}`, `write env: {${key}: \${${key}}}, and export ${key}`));
    } else env[key] = value;
  }
  return {
    command: settings.command,
    ...(settings.args.length === 0 ? {} : { args: settings.args }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(names.length === 0 ? {} : { env_vars: names }),
    ...(settings.cwd === "" ? {} : { cwd: settings.cwd }),
  };
}

function overHttp(
  { name, settings, written }: ConfiguredServer,
  facts: SecretFacts,
  told: Told[],
): JsonObject {
  const { url, headers, auth, oauth } = settings;
  const plain: Record<string, Json> = {};
  const named: Record<string, Json> = {};
  let bearer: string | undefined;
  for (const [header, value] of Object.entries(headers)) {
    const text = written("headers", header);
    const token = /^Bearer \$\{(\w+)\}$/i.exec(text ?? "")?.[1];
    const whole = /^\$\{(\w+)\}$/.exec(text ?? "")?.[1];
    if (token !== undefined && header.toLowerCase() === "authorization") bearer = token;
    else if (whole !== undefined) named[header] = whole;
    else if (text !== undefined || isSecretField(header) || facts.holdsSecret(`${header}: ${value}`)) {
      told.push(secretIn(`header ${header}`, `write headers: {${header}: "\${VARIABLE}"}, and export it`));
    } else plain[header] = value;
    const variable = token ?? whole;
    if (variable !== undefined) needsExport(variable, facts, told);
  }
  if (auth === "oauth") {
    told.push({
      message: "codex signs in by itself",
      hint: `codex mcp login ${name}`,
      isFatal: false,
    });
  }
  return {
    url,
    ...(bearer === undefined ? {} : { bearer_token_env_var: bearer }),
    ...(Object.keys(plain).length === 0 ? {} : { http_headers: plain }),
    ...(Object.keys(named).length === 0 ? {} : { env_http_headers: named }),
    ...(auth === "oauth" && oauth.client_id !== "" ? { oauth: { client_id: oauth.client_id } } : {}),
    ...(auth === "oauth" && oauth.scope !== "" ? { scopes: oauth.scope.split(/\s+/) } : {}),
  };
}

function needsExport(variable: string, { isExported }: SecretFacts, told: Told[]): void {
  if (isExported(variable)) return;
  told.push({
    message: `plain codex needs ${variable} in its environment, where it is not`,
    hint: `export ${variable}=... in your shell's profile`,
    isFatal: false,
  });
}

function secretIn(what: string, hint: string): Told {
  return { message: `${what} would put a secret into config.toml`, hint, isFatal: true };
}
