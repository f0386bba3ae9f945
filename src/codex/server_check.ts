import type { Env } from "../core/ports.ts";
import { isSecretVariable } from "../core/redact_names.ts";
import { ownServerName } from "./own_server.ts";
import type { ServerEntriesOptions, UserServer } from "./user_server.ts";
import { referencesIn } from "./server_secrets.ts";

/** Why codex must not, or cannot, have a server; undefined when nothing speaks against it. */
export function reasonAgainst(
  server: UserServer,
  options: Pick<ServerEntriesOptions, "env" | "place" | "codex">,
): string | undefined {
  return (
    nameProblem(server.name, options.codex) ??
    transportProblem(server) ??
    textProblem(server) ??
    unsetProblem(server, options.env) ??
    (options.place === "file" ? secretInText(server, options.env) : undefined)
  );
}

/** Names that a server can have at its start: codex loads others, and then their servers fail. */
function nameProblem(name: string, codex: ServerEntriesOptions["codex"]): string | undefined {
  if (name === ownServerName) return "the name belongs to hermes' own tools";
  // Codex passes over it without a word.
  if (name === "codex_apps") return "the name belongs to codex itself";
  if (/^[\w-]+$/.test(name)) return undefined;
  const isWide = codex.isAtLeast(0, 169);
  if (isWide && /^[\w:@/.-]+$/.test(name)) return undefined;
  const more = isWide ? "letters, digits and _ - : @ / ." : "letters, digits, _ and -";
  return `codex takes only ${more} in a server's name`;
}

function transportProblem({ settings }: UserServer): string | undefined {
  const { command, url, transport, ssl_verify: isVerified } = settings;
  if ((command === "") === (url === "")) return "it needs either a command or a url";
  if (transport === "sse") return "codex has no sse transport";
  if (!isVerified) return "codex cannot leave certificates unchecked (ssl_verify: false)";
  if (url === "") return undefined;
  const protocol = URL.parse(url)?.protocol;
  if (protocol !== "http:" && protocol !== "https:") return "its url is no web address";
  return undefined;
}

/** What fits no process, no header or no JSON. */
function textProblem({ settings }: UserServer): string | undefined {
  const { command, args, env, cwd, url, headers, tools, oauth } = settings;
  const texts: readonly (readonly [key: string, text: string])[] = [
    ["command", command],
    ...args.map((text) => ["args", text] as const),
    ...Object.entries(env).flatMap(([key, text]) => [
      ["a name in env", key] as const,
      [`env.${key}`, text] as const,
    ]),
    ["cwd", cwd],
    ["url", url],
    ...Object.entries(headers).map(([key, text]) => [`headers.${key}`, text] as const),
    ...[...(tools.include ?? []), ...tools.exclude].map((text) => ["tools", text] as const),
    ["oauth.scope", oauth.scope],
    ["oauth.client_id", oauth.client_id],
  ];
  const half = texts.find(([, text]) => !text.isWellFormed());
  if (half) return `${plain(half[0])} has half a character in it`;
  const zero = texts.find(([, text]) => text.includes("\0"));
  if (zero) return `${plain(zero[0])} has a NUL character in it`;
  const name = Object.keys(env).find((key) => key === "" || /[=\p{Cc}]/u.test(key));
  if (name !== undefined) return `env has a name that no variable can have: ${plain(name)}`;
  const header = Object.keys(headers).find((key) => !isHeaderName(key));
  if (header !== undefined) {
    return `headers has a name that no header can have: ${plain(header)}`;
  }
  const lower = Object.keys(headers).map((key) => key.toLowerCase());
  const twice = lower.find((key, index) => lower.indexOf(key) < index);
  if (twice !== undefined) return `headers has ${twice} more than once`;
  const value = Object.entries(headers).find(([, text]) => /[^\t\P{Cc}]/u.test(text));
  if (value) return `headers.${value[0]} has a control character in it`;
  if (/[\p{Cc}\s]/u.test(url)) return "its url has a blank or a control character in it";
  return undefined;
}

/** A token of RFC 9110, section 5.6.2. */
function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^`|~\w-]+$/.test(name);
}

/** A name as it can be shown. */
function plain(name: string): string {
  return /[\p{Cc}\p{Cs}]/u.test(name) ? JSON.stringify(name.toWellFormed()) : name;
}

function unsetProblem({ settings, written }: UserServer, env: Env): string | undefined {
  const { command, args, cwd, url, oauth } = settings;
  const tables = (["env", "headers"] as const).flatMap((table) =>
    Object.entries(settings[table]).map(([key, text]) => written(table, key) ?? text),
  );
  // A variable that is not set is left as it was written.
  const texts = [command, ...args, cwd, url, oauth.client_id, oauth.scope, ...tables];
  const unset = new Set(texts.flatMap(referencesIn).filter((name) => env[name] === undefined));
  if (unset.size === 0) return undefined;
  return unset.size === 1
    ? `the variable ${[...unset].join()} is not set`
    : `the variables ${[...unset].join(", ")} are not set`;
}

/** Short values are found everywhere. */
const shortestSecret = 8;

/** Where a secret has no other way to the server than in clear, which is not written down. */
function secretInText({ settings }: UserServer, env: Env): string | undefined {
  const { command, args, cwd, url } = settings;
  const text = [command, ...args, cwd, url].join("\n");
  const name = Object.keys(env).find((key) => {
    const value = env[key] ?? "";
    return isSecretVariable(key) && value.length >= shortestSecret && text.includes(value);
  });
  if (name === undefined) return undefined;
  return `the value of ${name} would be written down in clear: hand it over in env or headers`;
}
