import type { Leases } from "../auth/leases.ts";
import type { Logins } from "../auth/logins.ts";
import type { PoolSourceDeps } from "../auth/pool_source.ts";
import type { Renewal, RenewalTarget } from "../auth/renewal.ts";
import type { RenewalOrder } from "../auth/renewal_helper.ts";
import { createAuthStore, type AuthStore } from "../auth/store.ts";
import type { Grant } from "../auth/grant.ts";
import { findProvider, providers } from "../config/providers.ts";
import type { CredentialSource } from "../core/credential.ts";
import { HermesError } from "../core/errors.ts";
import type { LoginInteraction, SignInFacts } from "../core/sign_in.ts";
import type { AppParts } from "./parts.ts";

/** How somebody signs in. */
export interface SignInOptions {
  readonly openBrowser: boolean;
  /** Without a listener: the person pastes what the browser was sent to. */
  readonly manualPaste: boolean;
  /** For the whole of it, in milliseconds. */
  readonly timeoutMs: number;
  readonly label?: string;
}

/** What the command line does with logins and keys. */
export interface LoginDesk extends Logins {
  /**
   * Signs a person in and keeps the login.
   * @throws {HermesError} `auth/sign_in_failed`, `auth/not_entitled`, `network/*`, `store/*`, `usage/invalid`
   */
  signIn(
    provider: string,
    options: SignInOptions,
    given: { readonly interaction: LoginInteraction; readonly signal: AbortSignal },
  ): Promise<{ readonly grant: Grant; readonly isNew: boolean }>;
  /** Renews a grant, alone among all processes: what the helper does. @throws {HermesError} `store/*` */
  renew(order: RenewalOrder): Promise<Renewal>;
  /** Asks the server to forget a login; whether it said yes. Never throws. */
  revoke(grant: Grant, signal: AbortSignal): Promise<boolean>;
  /** What is wrong with the place of the logins. */
  warnings(): Promise<readonly string[]>;
}

/** How people sign in at each provider that wants it. */
const factsByProvider: ReadonlyMap<string, SignInFacts> = new Map(
  providers.flatMap(({ id, signIn }) => (signIn ? [[id, signIn.facts] as const] : [])),
);

/** The logins of this home, and those that a profile inherits. */
export async function openLogins(app: AppParts): Promise<LoginDesk> {
  const { createLogins } = await import("../auth/logins.ts");
  const { clock } = app.ports;
  const [store, root] = await storesOf(app);
  const logins = createLogins({ store, ...(root ? { root } : {}), clock, newId });
  /** What a renewal of a login left beside the file goes with it. */
  const sweep = async (grant: Grant): Promise<void> => {
    const { besideOf } = await import("../auth/renewal.ts");
    for (const kind of ["pending", "asking"] as const) {
      await app.ports.files.remove(besideOf(store, grant, kind)).catch(() => undefined);
    }
  };
  return {
    ...logins,
    async remove(known) {
      await logins.remove(known);
      await sweep(known.grant);
    },
    async logout(provider) {
      const grants = await logins.logout(provider);
      for (const grant of grants) await sweep(grant);
      return grants;
    },
    async signIn(provider, options, { interaction, signal }) {
      const facts = factsOf(provider);
      // What keeps a login from being kept is better known before somebody has signed in.
      await store.update((json) => ({ json, result: undefined }));
      const { signIn } = await import("../auth/login.ts");
      const { fetch, loopback, browser } = app.ports;
      const deps = { fetch, clock, loopback, browser, interaction };
      const { label, ...how } = options;
      const fresh = await signIn(deps, facts, how, signal);
      await hide(app, fresh.tokens);
      return await logins.keep(fresh, {
        provider,
        facts,
        ...(label === undefined ? {} : { label }),
      });
    },
    renew: async (order) => await renewHere(app, await openStore(app, order.path), order),
    async revoke(grant, signal) {
      const { revoke } = await import("../auth/revoke.ts");
      const facts = factsByProvider.get(grant.provider);
      if (!facts || grant.kind !== "oauth") return false;
      return await revoke({ fetch: app.ports.fetch, clock }, facts, grant, signal);
    },
    warnings: async () =>
      (await Promise.all([store, ...(root ? [root] : [])].map((one) => one.warnings()))).flat(),
  };
}

/** The logins and keys of a home as what opens a provider. */
export async function openPool(app: AppParts, leases: Leases): Promise<CredentialSource> {
  const [{ createPoolSource }, config] = await Promise.all([
    import("../auth/pool_source.ts"),
    app.config(),
  ]);
  const [own, root] = await storesOf(app);
  const { clock, host } = app.ports;
  const deps: PoolSourceDeps = {
    stores: root ? [own, root] : [own],
    clock,
    random: Math.random,
    renew: (store, target) => renewFor(app, store, target),
    outlivesUs: host.program !== undefined,
    facts: factsByProvider,
    leases,
    strategyOf: (provider) => config.credential_pool_strategies[provider] ?? "fill_first",
  };
  return createPoolSource(deps);
}

/** What of the logins decides who is asked where nobody names a provider. */
export interface KnownLogins {
  /** Providers that are signed in to, or have a key that was added; the one that was chosen first. */
  readonly signedIn: readonly string[];
  /** Variables whose keys the user has switched off. */
  readonly hidden: ReadonlySet<string>;
}

/** @throws {HermesError} `store/*` */
export async function knownLogins(app: AppParts): Promise<KnownLogins> {
  const [store, root] = await storesOf(app);
  const { createLogins } = await import("../auth/logins.ts");
  const logins = createLogins({ store, ...(root ? { root } : {}), clock: app.ports.clock, newId });
  const [active, names] = await Promise.all([logins.active(), logins.providers()]);
  const lists = await Promise.all(
    providers.map(async ({ id, keyEnv }) => {
      const off = await logins.suppressed(id);
      return keyEnv.filter((name) => off.includes(`env:${name}`));
    }),
  );
  return {
    signedIn: names.toSorted((one, other) => Number(other === active) - Number(one === active)),
    hidden: new Set(lists.flat()),
  };
}

/** By a process of its own where there is one to start: it survives this one. */
async function renewFor(app: AppParts, store: AuthStore, target: RenewalTarget): Promise<Renewal> {
  const { spawner, host } = app.ports;
  if (host.program === undefined) return await renewHere(app, store, target);
  const { renewInHelper } = await import("../auth/renewal_helper.ts");
  const { env } = app.ports;
  const order = { ...target, path: store.path };
  return await renewInHelper({ spawner, env, program: host.program }, order);
}

async function renewHere(app: AppParts, store: AuthStore, target: RenewalTarget): Promise<Renewal> {
  const [{ renewGrant }, { requestRefresh }] = await Promise.all([
    import("../auth/renewal.ts"),
    import("../auth/refresh_request.ts"),
  ]);
  const { files, clock, fetch } = app.ports;
  const facts = factsOf(target.provider);
  const timeoutMs = refreshTimeoutMs((await app.env())[facts.refreshTimeoutEnv]);
  return await renewGrant(
    {
      store,
      files,
      clock,
      random: Math.random,
      async request(grant) {
        const { refreshToken, endpoints } = grant;
        await hide(app, grant);
        const given = { refreshToken, timeoutMs, ...(endpoints ? { endpoints } : {}) };
        return await requestRefresh({ fetch, clock }, facts, given, new AbortController().signal);
      },
    },
    target,
  );
}

/** At least 5 s, 20 s where nothing sensible is said. */
function refreshTimeoutMs(text: string | undefined): number {
  const seconds = Number(text?.trim() ?? "");
  return Number.isFinite(seconds) && seconds > 0 ? Math.max(5, seconds) * 1_000 : 20_000;
}

/** What may be shown by mistake from here on is masked. */
async function hide(
  app: AppParts,
  { accessToken, refreshToken, idToken }: Pick<Grant, "accessToken" | "refreshToken" | "idToken">,
): Promise<void> {
  const redactor = await app.redactor();
  for (const token of [accessToken, refreshToken, idToken]) {
    if (token !== "") redactor.addSecret(token);
  }
}

function factsOf(provider: string): SignInFacts {
  const facts = factsByProvider.get(provider);
  if (facts) return facts;
  const label = findProvider(provider)?.label ?? provider;
  throw new HermesError("usage/invalid", `${label} takes keys, it has no sign-in`, {
    hint: `hermes auth add ${provider} --type api-key`,
  });
}

async function storesOf(app: AppParts): Promise<readonly [AuthStore, AuthStore?]> {
  const { authFile, sharedAuthFile } = app.paths;
  const own = await openStore(app, authFile);
  return sharedAuthFile === null ? [own] : [own, await openStore(app, sharedAuthFile)];
}

/** Two links to one file are one store: its locks stand beside the file itself. */
async function openStore({ ports }: AppParts, path: string): Promise<AuthStore> {
  const { files, clock, host } = ports;
  const real = await files.realPath(path).catch(() => path);
  return createAuthStore({ files, clock, host }, real);
}

function newId(): string {
  return crypto.randomUUID().slice(0, 6);
}
