import type { Credential, CredentialRequest, CredentialSource } from "../core/credential.ts";
import { HermesError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { SignInFacts } from "../core/sign_in.ts";
import { claimAt, claimsOf } from "./claims.ts";
import { type Grant, type GrantStatus, isUsable } from "./grant.ts";
import { activeGrantsOf, changeGrant, suppressedOf } from "./grants.ts";
import type { Leases } from "./leases.ts";
import { choose, type Strategy } from "./pool.ts";
import { isPlanLimit } from "./plan_limit.ts";
import { notRenewed, nothingLeft } from "./pool_refusals.ts";
import { fingerprint, type Renewal, type RenewalTarget } from "./renewal.ts";
import type { AuthStore } from "./store.ts";

/** Has a grant renewed, by whatever survives this process where that can be had. */
export type Renewer = (store: AuthStore, target: RenewalTarget) => Promise<Renewal>;

export interface PoolSourceDeps {
  /** Where grants are looked for: in the first one that has any of the provider. */
  readonly stores: readonly AuthStore[];
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly renew: Renewer;
  /** Whether a renewal goes on when this process ends: then nobody waits for one that is not needed yet. */
  readonly outlivesUs: boolean;
  /** How people sign in, by provider; none for those that take keys alone. */
  readonly facts: ReadonlyMap<string, SignInFacts>;
  readonly strategyOf: (provider: string) => Strategy;
  /** Shared by the sources of one process. */
  readonly leases: Leases;
}

/** What is suppressed in a profile that does not want the logins of the home that it is in. */
export const inherited = "inherited";

/** A second refusal for now within this time is no accident, in milliseconds. */
const accidentMs = 60_000;

/**
 * Grants that people have made with `hermes auth add`: one of them, renewed in time; when it is refused, itself renewed,
 * or another one with a word of it. A token is used for as long as it is good, whatever becomes of its renewal.
 * `get` throws {HermesError} `auth/rejected` when every login is dead, `model/quota` when every one rests until a time that
 * its server named, `store/*`, and what a renewal failed with when nothing can be used without it.
 */
export function createPoolSource(deps: PoolSourceDeps): CredentialSource {
  const pools = new Map<string, ProviderPool>();
  const poolOf = (provider: string): ProviderPool => {
    const pool = pools.get(provider) ?? new ProviderPool(deps, provider);
    pools.set(provider, pool);
    return pool;
  };
  return {
    get: async (provider, request = {}) => await poolOf(provider).get(request),
    hasOther: async (provider, credential) => await poolOf(provider).hasOther(credential),
    release() {
      for (const pool of pools.values()) pool.release();
    },
  };
}

class ProviderPool {
  readonly #deps: PoolSourceDeps;
  readonly #provider: string;
  /** The grant that was chosen; it is kept for as long as nothing speaks against it. */
  #current: string | undefined;
  /** The grant that others see in use. */
  #leased: string | undefined;
  /** Tokens that were refused, by grant: a new one of the same grant is another matter. */
  readonly #refused = new Map<string, string>();
  /** Tokens that a renewal brought after a refusal: refused again, they are no good. */
  readonly #secondTokens = new Set<string>();
  /** The grant that a limit refused last, and until when its next refusal counts as a second one. */
  #limited: { readonly id: string; readonly until: number } | undefined;

  constructor(deps: PoolSourceDeps, provider: string) {
    this.#deps = deps;
    this.#provider = provider;
  }

  async get({ rejected, exhausted }: CredentialRequest): Promise<Credential | undefined> {
    if (rejected) return await this.#replace(rejected);
    if (exhausted) return await this.#stepAside(exhausted.credential, exhausted.error);
    const found = await this.#find();
    return found && (await this.#first(found));
  }

  async hasOther({ id }: Credential): Promise<boolean> {
    const grants = (await this.#find())?.grants ?? [];
    return grants.some(
      (grant) => credentialId(this.#provider, grant.id) !== id && this.#canStepIn(grant),
    );
  }

  #canStepIn(grant: Grant): boolean {
    return isUsable(grant, this.#deps.clock.now()) && !this.#isRefused(grant);
  }

  /** Others may take what this one used. */
  release(): void {
    if (this.#leased === undefined) return;
    this.#deps.leases.giveBack(credentialId(this.#provider, this.#leased));
    this.#leased = undefined;
  }

  #lease(id: string): void {
    this.#current = id;
    if (this.#leased === id) return;
    this.release();
    this.#deps.leases.take(credentialId(this.#provider, id));
    this.#leased = id;
  }

  /** The grants of the first store that has any. */
  async #find(): Promise<Found | undefined> {
    for (const store of this.#deps.stores) {
      const { json } = await store.read();
      const grants = activeGrantsOf(json, this.#provider);
      if (grants.length > 0) return { store, grants };
      if (suppressedOf(json, this.#provider).includes(inherited)) return undefined;
    }
    return undefined;
  }

  /** The grant that a credential is of, as it is by now. */
  async #grantOf({ id }: Pick<Credential, "id">): Promise<{
    readonly store?: AuthStore;
    readonly grant?: Grant | undefined;
  }> {
    const found = await this.#find();
    if (!found) return {};
    const grant = found.grants.find((one) => credentialId(this.#provider, one.id) === id);
    return { store: found.store, grant };
  }

  async #first(found: Found): Promise<Credential> {
    const known = found.grants.find(({ id }) => id === this.#current);
    const isKept = known && isUsable(known, this.#deps.clock.now()) && !this.#isRefused(known);
    const grant = isKept ? known : await this.#choose(found);
    if (!grant) throw nothingLeft(this.#provider, found.grants, this.#deps.clock.now());
    return await this.#fresh(found.store, grant);
  }

  /** A grant by the user's strategy; what it moves is kept for the next process. */
  async #choose({ store, grants }: Found, left?: Grant): Promise<Grant | undefined> {
    const { clock, random, strategyOf, leases } = this.#deps;
    // Its own use is none of others.
    this.release();
    const strategy = strategyOf(this.#provider);
    // The one that is left may be usable again by now: its server asked for no time at all.
    const refused = grants.filter((grant) => grant.id === left?.id || this.#isRefused(grant));
    const except = new Set(refused.map(({ id }) => id));
    const choice = choose(grants, {
      strategy,
      now: clock.now(),
      random,
      except,
      usersOf: ({ id }) => leases.count(credentialId(this.#provider, id)),
    });
    if (!choice) return undefined;
    this.#lease(choice.grant.id);
    const isKept = strategy === "round_robin" || strategy === "least_used";
    if (isKept && grants.length > 1) {
      await store.update((json) => {
        const counted = changeGrant(
          json,
          choice.grant,
          { requestCount: choice.requestCount },
          clock.now(),
        );
        const moved = [...choice.priorities].reduce(
          (file, [id, priority]) =>
            changeGrant(file, { provider: this.#provider, id }, { priority }, clock.now()),
          counted,
        );
        return { json: moved, result: undefined };
      });
    }
    return choice.grant;
  }

  /** The grant's credential, renewed where it has to be. */
  async #fresh(store: AuthStore, grant: Grant): Promise<Credential> {
    const { clock, facts, outlivesUs } = this.#deps;
    const left = (grant.expiresAt ?? Number.POSITIVE_INFINITY) - clock.now();
    const skewMs = facts.get(this.#provider)?.skewMs ?? 0;
    if (left > skewMs || grant.refreshToken === "") return this.#credential(grant);
    const isGood = left > 0;
    if (isGood && clock.now() < grant.renewNotBefore) return this.#credential(grant);
    const renewal = this.#renew(store, grant);
    if (isGood && outlivesUs) {
      renewal.catch(() => undefined);
      return this.#credential(grant);
    }
    const ended = await renewal;
    switch (ended.kind) {
      case "renewed":
      case "gone":
        return await this.#reread(grant);
      case "refused":
        return await this.#next(grant, `needs to be signed in again`);
      case "failed": {
        if (isGood) return this.#credential(grant);
        const other = await this.#another(grant, "could not be renewed");
        if (other) return other;
        throw notRenewed(grant, ended.error);
      }
      default:
        return ended satisfies never;
    }
  }

  /** After a 401: the same account with another token, or another account with a word of it. */
  async #replace(rejected: Credential): Promise<Credential | undefined> {
    const { store, grant } = await this.#grantOf(rejected);
    if (!store || !grant) return undefined;
    // Another process has renewed it meanwhile.
    if (grant.accessToken !== rejected.token) return this.#credential(grant);
    const canRenew = grant.refreshToken !== "" && !this.#secondTokens.has(rejected.token);
    if (canRenew) {
      const renewal = await this.#renew(store, grant);
      if (renewal.kind === "failed") {
        const other = await this.#another(grant, "could not be renewed");
        if (other) return other;
        throw notRenewed(grant, renewal.error);
      }
      if (renewal.kind === "renewed") {
        const renewed = await this.#reread(grant);
        this.#secondTokens.add(renewed.token);
        return renewed;
      }
    } else {
      await this.#mark(store, grant, this.#resting({ code: 401, reason: "", message: "" }));
    }
    return await this.#another(grant, "was refused");
  }

  /** After a 402 or a 429: another account where there is one that can be used now. */
  async #stepAside(credential: Credential, error: HermesError): Promise<Credential | undefined> {
    const { store, grant } = await this.#grantOf(credential);
    if (!store || !grant) return undefined;
    const now = this.#deps.clock.now();
    const { httpStatus = null, retryAfterMs } = error;
    const isFirst = this.#limited?.id !== grant.id || now > this.#limited.until;
    // The wait that was asked for is no time in which it was not limited.
    this.#limited = { id: grant.id, until: now + accidentMs + (retryAfterMs ?? 0) };
    // One that rests already was asked because there was nothing better: it gets no second chance.
    const isAccident = isFirst && isUsable(grant, now) && !isPlanLimit(error);
    if (error.code === "model/rate_limited" && isAccident) return undefined;
    const refusal = { code: httpStatus, reason: "", message: error.message.slice(0, 300) };
    await this.#mark(store, grant, this.#resting(refusal, retryAfterMs));
    return await this.#another(grant, "has used up its limit", { isResting: true });
  }

  #resting(
    refusal: { readonly code: number | null; readonly reason: string; readonly message: string },
    forMs?: number,
  ): GrantStatus {
    const until = this.#deps.clock.now() + (forMs ?? 0);
    return { kind: "cooling", ...refusal, until, isGuess: forMs === undefined };
  }

  async #mark(store: AuthStore, grant: Grant, status: GrantStatus): Promise<void> {
    const now = this.#deps.clock.now();
    await store.update((json) => ({
      json: changeGrant(json, grant, { status }, now),
      result: undefined,
    }));
  }

  #isRefused({ id, accessToken }: Grant): boolean {
    return this.#refused.get(id) === accessToken;
  }

  /** Another grant that can be used now; undefined when there is none. */
  async #another(
    left: Grant,
    why: string,
    { isResting = false }: { readonly isResting?: boolean } = {},
  ): Promise<Credential | undefined> {
    // One that rests comes back by itself.
    if (!isResting) this.#refused.set(left.id, left.accessToken);
    const grants = (await this.#find())?.grants ?? [];
    const isThere = grants.some((grant) => grant.id !== left.id && this.#canStepIn(grant));
    return isThere ? await this.#next(left, why, isResting) : undefined;
  }

  /** @throws {HermesError} when there is no other one */
  async #next(left: Grant, why: string, isResting = false): Promise<Credential> {
    if (!isResting) this.#refused.set(left.id, left.accessToken);
    const found = await this.#find();
    const grant = found && (await this.#choose(found, left));
    if (!grant) throw nothingLeft(this.#provider, found?.grants ?? [], this.#deps.clock.now());
    const credential = await this.#fresh(found.store, grant);
    const notice = `${left.label} ${why}: going on as ${grant.label} (${this.#provider})`;
    return { ...credential, notice };
  }

  async #renew(store: AuthStore, grant: Grant): Promise<Renewal> {
    const { provider, id, accessToken } = grant;
    return await this.#deps.renew(store, { provider, id, seen: await fingerprint(accessToken) });
  }

  async #reread(grant: Grant): Promise<Credential> {
    const found = await this.#find();
    const now = found?.grants.find(({ id }) => id === grant.id);
    if (now) return this.#credential(now);
    throw new HermesError("auth/missing", `The login was removed meanwhile: ${grant.label}`, {
      hint: `hermes auth add ${this.#provider}`,
    });
  }

  #credential(grant: Grant): Credential {
    const facts = this.#deps.facts.get(this.#provider);
    const claims = claimsOf(grant.accessToken);
    const accountId = claimAt(claims, facts?.accountClaims ?? []);
    this.#lease(grant.id);
    return {
      id: credentialId(this.#provider, grant.id),
      token: grant.accessToken,
      origin: `${grant.kind === "oauth" ? "login" : "key"} ${grant.label}`,
      ...(accountId === "" ? {} : { accountId }),
    };
  }
}

interface Found {
  readonly store: AuthStore;
  readonly grants: readonly Grant[];
}

function credentialId(provider: string, id: string): string {
  return `${provider}:${id}`;
}
