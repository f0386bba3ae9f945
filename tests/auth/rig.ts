import { renderAuthFile } from "../../src/auth/auth_file.ts";
import type { Grant } from "../../src/auth/grant.ts";
import { grantsOf } from "../../src/auth/grants.ts";
import { Leases } from "../../src/auth/leases.ts";
import { createPoolSource } from "../../src/auth/pool_source.ts";
import type { Strategy } from "../../src/auth/pool.ts";
import { renewGrant, type RefreshReply, type RenewalDeps } from "../../src/auth/renewal.ts";
import { createAuthStore, type AuthStore } from "../../src/auth/store.ts";
import type { CredentialSource } from "../../src/core/credential.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { SignInFacts } from "../../src/core/sign_in.ts";
import { createFakeClock, type FakeClock } from "../fakes/clock.ts";
import { createFakeFiles, type FakeFiles } from "../fakes/files.ts";
import { jwtOf } from "../fakes/jwt.ts";

export const authPath = "/home/me/.hermes/auth.json";
export const provider = "xai-oauth";

export const facts: SignInFacts = {
  kind: "device_code",
  clientId: "client",
  domains: ["example.com"],
  userCodeUrl: "",
  pollUrl: "",
  verificationUrl: "",
  redirectUri: "",
  tokenUrl: "https://auth.example.com/token",
  skewMs: 3_600_000,
  refreshTimeoutEnv: "NONE",
  source: "manual:device_code",
  accountClaims: [["sub"]],
};

/** An access token of an account that ends `seconds` after the clock's start. */
export function accessToken(account: string, seconds: number, number = 1): string {
  return jwtOf({ sub: account, exp: seconds }, `s${number}`);
}

/** An entry of a pool. */
export function entry(id: string, seconds: number, more: JsonObject = {}): JsonObject {
  return {
    id,
    label: `${id}@example.com`,
    auth_type: "oauth",
    source: "manual:xai_pkce",
    priority: 0,
    access_token: accessToken(id, seconds),
    refresh_token: `rt-${id}-1`,
    ...more,
  };
}

/** A server of tokens in memory: a refresh token works once, and a second use kills the grant. */
export class TokenServer {
  posts = 0;
  reuses = 0;
  /** Thrown or answered in place of the next answers. */
  readonly faults: (HermesError | RefreshReply)[] = [];
  readonly #spent = new Set<string>();
  readonly #life: number;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock, lifeSeconds: number) {
    this.#clock = clock;
    this.#life = lifeSeconds;
  }

  async answer({ refreshToken }: Pick<Grant, "refreshToken">): Promise<RefreshReply> {
    const number = ++this.posts;
    await Promise.resolve();
    const fault = this.faults.shift();
    if (fault instanceof HermesError) throw fault;
    if (fault) return fault;
    if (this.#spent.has(refreshToken)) {
      this.reuses++;
      return { kind: "refused", reason: "refresh_token_reused", message: "Used before" };
    }
    this.#spent.add(refreshToken);
    const [, id = ""] = refreshToken.split("-");
    const end = this.#clock.now() / 1_000 + this.#life;
    return {
      kind: "tokens",
      tokens: {
        accessToken: accessToken(id, end, number + 1),
        refreshToken: `rt-${id}-${number + 1}`,
        idToken: "",
        expiresIn: this.#life,
      },
    };
  }
}

export interface AuthRig {
  readonly clock: FakeClock;
  readonly files: FakeFiles;
  readonly store: AuthStore;
  readonly server: TokenServer;
  readonly renewal: RenewalDeps;
  source(options?: {
    readonly leases?: Leases;
    readonly strategy?: Strategy;
    readonly outlivesUs?: boolean;
  }): CredentialSource;
  grants(): Promise<readonly Grant[]>;
}

/** A store with these entries of one provider, and a server that renews them. */
export function createAuthRig(entries: readonly JsonObject[], life = 21_600): AuthRig {
  const clock = createFakeClock();
  const files = createFakeFiles();
  if (entries.length > 0) {
    files.write(authPath, renderAuthFile({ credential_pool: { [provider]: entries } }, 0));
  }
  const store = createAuthStore({ files, clock, host: { userId: 1_000 } }, authPath);
  const server = new TokenServer(clock, life);
  const renewal: RenewalDeps = {
    store,
    files,
    clock,
    random: () => 0.5,
    request: (grant) => server.answer(grant),
  };
  return {
    clock,
    files,
    store,
    server,
    renewal,
    source: ({ strategy = "fill_first", outlivesUs = false, leases = new Leases() } = {}) =>
      createPoolSource({
        stores: [store],
        clock,
        random: () => 0.5,
        renew: (_, target) => renewGrant(renewal, target),
        outlivesUs,
        facts: new Map([[provider, facts]]),
        strategyOf: () => strategy,
        leases,
      }),
    grants: async () => grantsOf((await store.read()).json, provider),
  };
}
