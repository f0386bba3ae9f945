import type { JsonObject } from "../core/json.ts";
import { createRedactor } from "../core/redact.ts";
import { isCookieHeader, isSecretField, isSecretVariable } from "../core/redact_names.ts";
import type { UserServer } from "./user_server.ts";
import type { ServerEnvironment } from "./server_environment.ts";

type ServerVariables = ReturnType<ServerEnvironment["of"]>;

/** The names in a text's `${NAME}`. */
export function referencesIn(text: string): readonly string[] {
  return [...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].map(([, name = ""]) => name);
}

/**
 * `env` and `env_vars` of a stdio server; a text says what cannot be handed over. Codex gives a server the variables of
 * its own environment that `env_vars` names, under the same name.
 */
export function envOf(server: UserServer, variables: ServerVariables): JsonObject | string {
  const env: [string, string][] = [];
  const names: string[] = [];
  for (const [name, value] of Object.entries(server.settings.env)) {
    const references = referencesIn(server.written("env", name) ?? "");
    const isSecret = [name, ...references].some(isSecretName) || looksSecret(name, value);
    const isByName = (isSecret || references.length > 0) && variables.offer(name, value);
    if (isByName) names.push(name);
    else if (isSecret || !references.every(isEverybodys)) {
      const what = isSecret ? "is a secret" : "has the value of a variable";
      return `env.${name} ${what} that would change codex itself, or another server, under this name`;
    } else env.push([name, value]);
  }
  return {
    ...(env.length > 0 && { env: Object.fromEntries(env) }),
    ...(names.length > 0 && { env_vars: names }),
  };
}

/** `bearer_token_env_var`, `env_http_headers` and `http_headers` of an HTTP server. */
export function headersOf(server: UserServer, variables: ServerVariables): JsonObject {
  const headers: [string, string][] = [];
  const fromEnv: [string, string][] = [];
  let bearer: string | undefined;
  for (const [name, value] of Object.entries(server.settings.headers)) {
    const written = server.written("headers", name) ?? value;
    const isAuthorization = name.toLowerCase() === "authorization";
    const token = isAuthorization ? bearerIn(value) : undefined;
    if (token !== undefined) {
      bearer = variableFor(name, { written: bearerIn(written), value: token }, variables);
    } else if (isAuthorization || referencesIn(written).length > 0 || looksSecret(name, value)) {
      fromEnv.push([name, variableFor(name, { written, value }, variables)]);
    } else headers.push([name, value]);
  }
  return {
    ...(headers.length > 0 && { http_headers: Object.fromEntries(headers) }),
    ...(fromEnv.length > 0 && { env_http_headers: Object.fromEntries(fromEnv) }),
    ...(bearer !== undefined && { bearer_token_env_var: bearer }),
  };
}

/** The token of a `Bearer` credential (RFC 6750, section 2.1). */
function bearerIn(value: string): string | undefined {
  return /^bearer +(\S+)$/i.exec(value.trim())?.[1];
}

/** The variable of the user's that a header is made of alone, else one of ours. */
function variableFor(
  key: string,
  { written, value }: { readonly written: string | undefined; readonly value: string },
  variables: ServerVariables,
): string {
  const named = /^\$\{(\w+)\}$/.exec(written ?? "")?.[1];
  if (named !== undefined && variables.offer(named, value)) return named;
  return variables.allot(key, value);
}

const redactor = createRedactor();

/** Whether the name or the form of a value tells that it is a secret. */
function looksSecret(name: string, value: string): boolean {
  return isSecretName(name) || redactor.boundary(value) !== value;
}

/** Variables that every program has, and that tell nothing: `${HOME}/data`. */
function isEverybodys(name: string): boolean {
  return /^(?:HOME|PATH|PWD|USER|LOGNAME|SHELL|TMPDIR|TERM|TZ|LANG|LC_\w+|XDG_\w+)$/.test(name);
}

function isSecretName(name: string): boolean {
  return (
    isSecretField(name) ||
    isSecretVariable(name) ||
    isCookieHeader(name) ||
    /(?:^|[-_])(?:token|key|auth|pat|dsn|creds?)$|(?:pass|pwd)$/i.test(name)
  );
}
