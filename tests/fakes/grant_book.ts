import { createHash } from "node:crypto";
import type { JsonObject } from "../../src/core/json.ts";
import type { TokenSet } from "../../src/core/sign_in.ts";
import { jwtOf } from "./jwt.ts";

/** Who issues tokens, by the name of our provider. */
export type Vendor = "xai-oauth" | "openai-codex";

/** A person's account at a vendor; its ids follow from the address. */
export interface Account {
  readonly email: string;
  readonly sub: string;
  /** As ChatGPT calls it. */
  readonly accountId: string;
}

export interface NewGrant {
  readonly vendor: Vendor;
  readonly email: string;
  /** Of the authorization request. */
  readonly nonce?: string;
  /** Seconds that its first access token lives; the book's own where absent. */
  readonly lifeSeconds?: number;
}

/** What becomes of a refresh token that is handed in: new tokens, or why there are none. */
export type Rotation = TokenSet | "unknown" | "reused" | "ended";

export interface BookOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Of access and id tokens. */
  readonly lifeSeconds: number;
}

/** The tokens of all vendors: who got them, and what they are still worth. */
export interface GrantBook {
  open(grant: NewGrant): TokenSet;
  /** A token serves once; handing a spent one in ends its grant, with every token of it. */
  rotate(vendor: Vendor, refreshToken: string): Rotation;
  /** Ends the grant of a token of either kind. */
  revoke(vendor: Vendor, token: string): void;
  /** Ends all grants of an account, as the vendor does when a password changes. */
  end(email: string): void;
  /** The account that an access token opens now. */
  holder(vendor: Vendor, accessToken: string): Account | undefined;
  /** Access tokens from before now are refused, whatever they say about their end; of one account, or of all. */
  refuseAccess(email?: string): void;
  /** A text that nobody may ever show, as long as a token is. */
  secret(): string;
  /** All that was made. */
  secrets(): readonly string[];
  /** Spent refresh tokens that were handed in again. */
  reuses(): number;
  /** Grants that were revoked. */
  revoked(): number;
}

interface Grant {
  readonly vendor: Vendor;
  readonly account: Account;
  isOver: boolean;
}

interface AccessToken {
  readonly grant: Grant;
  readonly expiresAt: number;
  isRefused: boolean;
}

interface RefreshToken {
  readonly grant: Grant;
  isSpent: boolean;
}

/** What tokens are issued in the name of, and to which program. */
export const issuers: Readonly<
  Record<Vendor, { readonly issuer: string; readonly clientId: string }>
> = {
  "xai-oauth": {
    issuer: "https://auth.x.ai",
    clientId: "b1a00492-073a-47ea-816f-4c329264a828",
  },
  "openai-codex": {
    issuer: "https://auth.openai.com",
    clientId: "app_EMoamEEZ73f0CkXaXp7hrann",
  },
};

/** The account of an address, the same in every run. */
export function accountOf(email: string): Account {
  const digest = createHash("sha256").update(email).digest("hex");
  return { email, sub: `user-${digest.slice(0, 12)}`, accountId: `acc-${digest.slice(12, 24)}` };
}

/** An empty book. Its tokens are the same in every run. */
export function createGrantBook({ now, lifeSeconds }: BookOptions): GrantBook {
  const access = new Map<string, AccessToken>();
  const refresh = new Map<string, RefreshToken>();
  const secrets: string[] = [];
  let reuses = 0;
  let revoked = 0;

  const randomly = (): string =>
    createHash("sha256").update(`secret ${secrets.length}`).digest("base64url");
  const keep = (secret: string): string => {
    secrets.push(secret);
    return secret;
  };

  function issue(grant: Grant, { nonce, seconds }: { nonce?: string; seconds: number }): TokenSet {
    const { issuer: iss, clientId } = issuers[grant.vendor];
    const iat = Math.floor(now() / 1000);
    const exp = iat + seconds;
    const shared = { iss, iat, exp, ...claimsFor(grant) };
    const accessToken = keep(jwtOf({ ...shared, jti: `at-${access.size}` }, randomly()));
    const idClaims = { ...shared, aud: clientId, ...(nonce !== undefined && { nonce }) };
    const idToken = keep(jwtOf(idClaims, randomly()));
    const refreshToken = keep(`rt_${randomly()}`);
    access.set(accessToken, { grant, expiresAt: exp * 1000, isRefused: false });
    refresh.set(refreshToken, { grant, isSpent: false });
    return { accessToken, refreshToken, idToken, expiresIn: seconds };
  }

  return {
    open({ vendor, email, nonce, lifeSeconds: seconds = lifeSeconds }) {
      const grant = { vendor, account: accountOf(email), isOver: false };
      return issue(grant, { seconds, ...(nonce !== undefined && { nonce }) });
    },
    rotate(vendor, refreshToken) {
      const token = refresh.get(refreshToken);
      if (token?.grant.vendor !== vendor) return "unknown";
      if (token.isSpent) {
        reuses++;
        token.grant.isOver = true;
        return "reused";
      }
      if (token.grant.isOver) return "ended";
      token.isSpent = true;
      return issue(token.grant, { seconds: lifeSeconds });
    },
    revoke(vendor, text) {
      const token = refresh.get(text) ?? access.get(text);
      if (token?.grant.vendor !== vendor || token.grant.isOver) return;
      token.grant.isOver = true;
      revoked++;
    },
    end(email) {
      for (const { grant } of refresh.values()) {
        if (grant.account.email === email) grant.isOver = true;
      }
    },
    holder(vendor, accessToken) {
      const token = access.get(accessToken);
      if (token?.grant.vendor !== vendor || token.grant.isOver || token.isRefused) return undefined;
      return now() < token.expiresAt ? token.grant.account : undefined;
    },
    refuseAccess(email) {
      for (const token of access.values()) {
        if (email === undefined || token.grant.account.email === email) token.isRefused = true;
      }
    },
    secret: () => keep(randomly()),
    secrets: () => secrets,
    reuses: () => reuses,
    revoked: () => revoked,
  };
}

/** What both kinds of tokens say about the person, where each vendor says it. */
function claimsFor({ vendor, account }: Grant): JsonObject {
  const { email, sub, accountId } = account;
  if (vendor === "xai-oauth") return { sub, email };
  return {
    sub,
    email,
    "https://api.openai.com/auth": { chatgpt_account_id: accountId, chatgpt_plan_type: "plus" },
  };
}
