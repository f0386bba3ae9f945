import type { ModelFlags } from "../app.ts";
import type { Leases } from "../auth/leases.ts";
import { createKeySource } from "../auth/sources.ts";
import type { LoadedEnv } from "../config/dotenv.ts";
import type { HomePaths } from "../config/paths.ts";
import { type ResolvedModel, resolveEndpoint } from "../config/resolve_endpoint.ts";
import type { Credential, CredentialSource } from "../core/credential.ts";
import type { Env, Ports } from "../core/ports.ts";
import type { Redactor } from "../core/redact.ts";
import type { KnownLogins } from "./logins.ts";
import type { AppParts } from "./parts.ts";

/** Where a turn with these flags would go. @throws {HermesError} as `App.resolveModel` does */
export async function resolveModel(app: AppParts, flags: ModelFlags): Promise<ResolvedModel> {
  const [config, env, { signedIn, hidden }] = await Promise.all([
    app.config(),
    app.env(),
    loginsFor(app, flags),
  ]);
  return resolveEndpoint({ config, flags, env: without(env, hidden), signedIn });
}

export interface CredentialParts {
  readonly app: AppParts;
  readonly loadedEnv: LoadedEnv;
  /** Shared by the sources of one process. */
  readonly leases: () => Promise<Leases>;
}

/** What opens the door of an endpoint: the logins that were added for it, else keys of the environment. */
export async function openCredentials(
  { app, loadedEnv: { env, fromFile }, leases }: CredentialParts,
  { keyEnv: names, noKeyNeeded, endpoint, pool }: ResolvedModel,
): Promise<CredentialSource> {
  const { ports, paths } = app;
  const isKept = pool !== undefined && (await hasLogins(ports.files, paths));
  const off = isKept ? await (await app.logins()).suppressed(pool) : [];
  const used = names.filter((name) => !off.includes(`env:${name}`));
  const keys = createKeySource({
    env,
    clock: ports.clock,
    keys: new Map([[endpoint.provider, { names: used, noKeyNeeded }]]),
    originOf: (name) => (fromFile.has(name) ? `${paths.envFile}, ${name}` : `environment ${name}`),
  });
  const source = isKept
    ? pooled(await (await import("./logins.ts")).openPool(app, await leases()), pool, keys)
    : keys;
  return registering(source, await app.redactor());
}

/** Whether there is a file of logins; without one its room is not loaded. */
async function hasLogins(files: Ports["files"], paths: HomePaths): Promise<boolean> {
  const places = [paths.authFile, ...(paths.sharedAuthFile === null ? [] : [paths.sharedAuthFile])];
  const found = await Promise.all(places.map((path) => files.stat(path).catch(() => true)));
  return found.some((stat) => stat !== undefined);
}

/** What decides besides the environment where nobody names a provider. */
async function loginsFor(app: AppParts, flags: ModelFlags): Promise<KnownLogins> {
  const { provider, base_url: address } = (await app.config()).model;
  const isNamed = (flags.provider ?? provider) !== "auto" || (flags.baseUrl ?? address) !== "";
  const isNeeded = !isNamed && (await hasLogins(app.ports.files, app.paths));
  return isNeeded
    ? await (await import("./logins.ts")).knownLogins(app)
    : { signedIn: [], hidden: new Set() };
}

function without(env: Env, names: ReadonlySet<string>): Env {
  if (names.size === 0) return env;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
}

/** Logins and keys that were added come before those of the environment. */
function pooled(pool: CredentialSource, name: string, keys: CredentialSource): CredentialSource {
  const isPooled = ({ id }: Credential): boolean => id.startsWith(`${name}:`);
  return {
    release: () => pool.release?.(),
    async hasOther(provider, credential) {
      const asked = isPooled(credential)
        ? pool.hasOther?.(name, credential)
        : keys.hasOther?.(provider, credential);
      return (await asked) ?? false;
    },
    async get(provider, request) {
      const { rejected, exhausted } = request ?? {};
      const asked = rejected ?? exhausted?.credential;
      if (asked === undefined) return (await pool.get(name)) ?? (await keys.get(provider));
      // One kind never stands in for the other without a word.
      return isPooled(asked) ? await pool.get(name, request) : await keys.get(provider, request);
    },
  };
}

/** The source, with each secret that it hands out made known to the redactor first. */
function registering(source: CredentialSource, redactor: Redactor): CredentialSource {
  return {
    release: () => source.release?.(),
    hasOther: async (...asked) => (await source.hasOther?.(...asked)) ?? false,
    async get(provider, request) {
      const credential = await source.get(provider, request);
      if (credential) redactor.addSecret(credential.token);
      return credential;
    },
  };
}
