import { HermesError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { Clock } from "../core/ports.ts";
import type { FreshGrant, SignInFacts } from "../core/sign_in.ts";
import { claimAt, claimsOf } from "./claims.ts";
import type { Grant } from "./grant.ts";
import {
  activeOf,
  addGrant,
  changeGrant,
  grantsOf,
  providersIn,
  removeGrant,
  removeProvider,
  setActive,
  setSuppressed,
  suppressedOf,
} from "./grants.ts";
import { inherited } from "./pool_source.ts";
import type { AuthStore } from "./store.ts";

export interface LoginsDeps {
  /** The home's own. */
  readonly store: AuthStore;
  /** Of the home that a profile is in. */
  readonly root?: AuthStore;
  readonly clock: Clock;
  /** Six hexadecimal digits, others each time. */
  readonly newId: () => string;
}

/** A grant as people see it. */
export interface KnownGrant {
  readonly grant: Grant;
  /** It belongs to the home that this profile is in. */
  readonly isInherited: boolean;
}

/** What people do with logins and keys. Reading changes nothing, and opens no connection. */
export interface Logins {
  /** Providers with a grant, by name. @throws {HermesError} `store/*` */
  providers(): Promise<readonly string[]>;
  /** In the order in which they are tried. @throws {HermesError} `store/*` */
  list(provider: string): Promise<readonly KnownGrant[]>;
  /** The provider that was signed in to last; undefined when there is none. @throws {HermesError} `store/*` */
  active(): Promise<string | undefined>;
  /**
   * Keeps a login that was just made: in the place of one of the same account, else as one more.
   * @throws {HermesError} `store/*`
   */
  keep(
    fresh: FreshGrant,
    about: KeepOptions,
  ): Promise<{ readonly grant: Grant; readonly isNew: boolean }>;
  /** @throws {HermesError} `store/*` */
  addKey(provider: string, key: string, label: string | undefined): Promise<Grant>;
  /**
   * The one grant that `target` names: an id, a label, or a place in the list from 1.
   * @throws {HermesError} `auth/not_found`, `usage/invalid` when several are meant, `store/*`
   */
  find(provider: string, target: string): Promise<KnownGrant>;
  /** @throws {HermesError} `usage/invalid` for an inherited one, `store/*` */
  remove(known: KnownGrant): Promise<void>;
  /** All of a provider; the grants that were there. @throws {HermesError} `store/*` */
  logout(provider: string): Promise<readonly Grant[]>;
  /** Makes every grant usable again that was refused; how many. @throws {HermesError} `store/*` */
  reset(provider: string): Promise<number>;
  /** Whether secrets of a place are not used, such as `env:OPENAI_API_KEY`. @throws {HermesError} `store/*` */
  suppressed(provider: string): Promise<readonly string[]>;
  /** @throws {HermesError} `store/*` */
  suppress(provider: string, source: string): Promise<void>;
}

export interface KeepOptions {
  readonly provider: string;
  readonly facts: SignInFacts;
  readonly label?: string;
}

export function createLogins(deps: LoginsDeps): Logins {
  const { store, root, clock, newId } = deps;
  const list = async (provider: string): Promise<readonly KnownGrant[]> => {
    const { json } = await store.read();
    const own = grantsOf(json, provider);
    const isOwn = own.length > 0 || suppressedOf(json, provider).includes(inherited);
    if (isOwn || !root) return own.map((grant) => ({ grant, isInherited: false }));
    const others = grantsOf((await root.read()).json, provider);
    return others.map((grant) => ({ grant, isInherited: true }));
  };
  const rootHas = async (provider: string): Promise<boolean> =>
    root !== undefined && grantsOf((await root.read()).json, provider).length > 0;
  return {
    list,
    async providers() {
      const files = await Promise.all([store, ...(root ? [root] : [])].map((one) => one.read()));
      const names = new Set(files.flatMap(({ json }) => providersIn(json)));
      const known = await Promise.all(
        [...names].map(async (name) => [name, await list(name)] as const),
      );
      return known.flatMap(([name, grants]) => (grants.length > 0 ? [name] : [])).toSorted();
    },
    async active() {
      const own = activeOf((await store.read()).json);
      return own ?? (root && activeOf((await root.read()).json));
    },
    keep: (fresh, about) =>
      store.update((json) => {
        const { json: next, id, isNew } = withLogin(json, { fresh, about, newId }, clock.now());
        const grant = grantsOf(next, about.provider).find((one) => one.id === id);
        if (!grant) throw new TypeError("A login that was kept is not there");
        return { json: next, result: { grant, isNew } };
      }),
    addKey: (provider, key, label) =>
      store.update((json) => {
        const id = newId();
        const count = grantsOf(json, provider).length;
        const next = addGrant(
          setSuppressed(json, provider, []),
          {
            id,
            provider,
            label: label ?? `api-key-${count + 1}`,
            kind: "api_key",
            source: "manual",
            tokens: { accessToken: key, refreshToken: "", idToken: "", expiresIn: null },
          },
          clock.now(),
        );
        const grant = grantsOf(next, provider).find((one) => one.id === id);
        if (!grant) throw new TypeError("A key that was kept is not there");
        return { json: next, result: grant };
      }),
    async find(provider, target) {
      return findIn(await list(provider), provider, target);
    },
    async remove({ grant, isInherited }) {
      if (isInherited) {
        throw new HermesError(
          "usage/invalid",
          `This login belongs to the home that the profile is in: ${grant.label}`,
          {
            hint: `remove it there, without --profile; or for this profile: hermes auth logout ${grant.provider}`,
          },
        );
      }
      const isShared = await rootHas(grant.provider);
      await store.update((json) => {
        const next = removeGrant(json, grant);
        const isLast = grantsOf(next, grant.provider).length === 0;
        return { json: isLast ? closed(next, grant.provider, isShared) : next, result: undefined };
      });
    },
    async logout(provider) {
      const grants = await list(provider);
      if (grants.length === 0) return [];
      const isShared = await rootHas(provider);
      await store.update((json) => ({ json: closed(json, provider, isShared), result: undefined }));
      return grants.map(({ grant }) => grant);
    },
    async reset(provider) {
      const grants = await list(provider);
      const isInherited = grants.some((known) => known.isInherited);
      const target = isInherited && root ? root : store;
      const marked = grants.filter(({ grant }) => grant.status.kind !== "ok");
      if (marked.length === 0) return 0;
      await target.update((json) => ({
        json: marked.reduce(
          (file, { grant }) =>
            changeGrant(file, grant, { status: { kind: "ok" }, renewNotBefore: 0 }, clock.now()),
          json,
        ),
        result: undefined,
      }));
      return marked.length;
    },
    async suppressed(provider) {
      return suppressedOf((await store.read()).json, provider);
    },
    suppress: (provider, source) =>
      store.update((json) => ({
        json: setSuppressed(json, provider, [
          ...new Set([...suppressedOf(json, provider), source]),
        ]),
        result: undefined,
      })),
  };
}

/**
 * The file without the grants of a provider; where the home that the profile is in has some, without those too: nobody
 * who logs out means to go on as somebody else.
 */
function closed(json: JsonObject, provider: string, isShared: boolean): JsonObject {
  const next = removeProvider(json, provider);
  if (!isShared) return next;
  return setSuppressed(next, provider, [...new Set([...suppressedOf(next, provider), inherited])]);
}

/** The account that a login is of; "" where its tokens do not say. */
function accountOf(
  { accessToken, idToken }: { readonly accessToken: string; readonly idToken: string },
  { accountClaims }: Pick<SignInFacts, "accountClaims">,
): string {
  const own = claimAt(claimsOf(accessToken), accountClaims);
  return own === "" ? claimAt(claimsOf(idToken), accountClaims) : own;
}

function withLogin(
  json: JsonObject,
  given: { readonly fresh: FreshGrant; readonly about: KeepOptions; readonly newId: () => string },
  now: number,
): { readonly json: JsonObject; readonly id: string; readonly isNew: boolean } {
  const { fresh, about, newId } = given;
  const { provider, facts } = about;
  const open = setSuppressed(json, provider, []);
  const grants = grantsOf(open, provider);
  const account = accountOf(fresh.tokens, facts);
  const same = grants.find((grant) => account !== "" && accountOf(grant, facts) === account);
  const label = about.label ?? labelOf(fresh) ?? `${provider}-${grants.length + 1}`;
  const { tokens, endpoints, redirectUri } = fresh;
  const places = endpoints === undefined ? {} : { endpoints };
  const active = activeOf(open);
  const isFree = active === undefined || grantsOf(open, active).length === 0;
  const chosen = isFree ? setActive(open, provider) : open;
  if (same) {
    const status = { kind: "ok" } as const;
    const change = {
      tokens,
      status,
      label: about.label ?? same.label,
      renewNotBefore: 0,
      ...places,
    };
    return { json: changeGrant(chosen, same, change, now), id: same.id, isNew: false };
  }
  const id = newId();
  const grant = { id, provider, label, kind: "oauth", source: facts.source, tokens } as const;
  const redirect = redirectUri === undefined ? {} : { redirectUri };
  return { json: addGrant(chosen, { ...grant, ...places, ...redirect }, now), id, isNew: true };
}

/** What a person calls the account. */
function labelOf({ tokens }: FreshGrant): string | undefined {
  const names = [
    ["email"],
    ["preferred_username"],
    ["upn"],
    ["https://api.openai.com/profile", "email"],
  ];
  const name =
    claimAt(claimsOf(tokens.idToken), names) || claimAt(claimsOf(tokens.accessToken), names);
  // Of a token that nobody has checked: it is shown at terminals.
  const plain = name.replaceAll(/[\p{Cc}\p{Cf}]/gu, "").slice(0, 100);
  return plain === "" ? undefined : plain;
}

function findIn(grants: readonly KnownGrant[], provider: string, target: string): KnownGrant {
  const wanted = target.trim().toLowerCase();
  const byId = grants.find(({ grant }) => grant.id.toLowerCase() === wanted);
  if (byId) return byId;
  const byLabel = grants.filter(({ grant }) => grant.label.toLowerCase() === wanted);
  const [one, ...others] = byLabel;
  if (one && others.length === 0) return one;
  if (one) {
    throw new HermesError("usage/invalid", `Several logins of ${provider} are called ${target}`, {
      hint: `name one by its id: ${byLabel.map(({ grant }) => grant.id).join(", ")}`,
    });
  }
  const byPlace = /^\d{1,4}$/.test(wanted) ? grants[Number(wanted) - 1] : undefined;
  if (byPlace) return byPlace;
  throw new HermesError("auth/not_found", `${provider} has no login or key ${target}`, {
    hint: `hermes auth list ${provider}`,
  });
}
