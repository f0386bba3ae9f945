import type { OauthEndpoints } from "../core/sign_in.ts";

/** One way into a provider: a login, or a key. */
export interface Grant {
  /** Six hexadecimal digits; the same for as long as the grant is kept. */
  readonly id: string;
  readonly provider: string;
  /** For people: an e-mail address, or what they called it. */
  readonly label: string;
  readonly kind: "oauth" | "api_key";
  /** How it came: `manual`, `manual:xai_pkce`, `device_code`. */
  readonly source: string;
  /** The key itself, where it is one. */
  readonly accessToken: string;
  /** "" where it cannot be renewed. */
  readonly refreshToken: string;
  /** "" where there is none. */
  readonly idToken: string;
  /** ms since epoch; undefined where nothing says so. */
  readonly expiresAt: number | undefined;
  readonly endpoints: OauthEndpoints | undefined;
  readonly status: GrantStatus;
  /** How often it was chosen. */
  readonly requestCount: number;
  /** A renewal failed; the next one is not tried before this, in ms since epoch. */
  readonly renewNotBefore: number;
}

/** Whether it can be used, in ms since epoch. */
export type GrantStatus =
  | { readonly kind: "ok" }
  | (Refusal & {
      readonly kind: "cooling";
      readonly until: number;
      /** The server did not say when. */
      readonly isGuess: boolean;
    })
  | (Refusal & { readonly kind: "dead"; readonly since: number });

/** What a server refused a grant with. */
export interface Refusal {
  /** The HTTP status; null where it was none. */
  readonly code: number | null;
  /** A word of the server's: `invalid_grant`, `usage_limit_reached`; "" where it gave none. */
  readonly reason: string;
  readonly message: string;
}

/** Whether a grant can be chosen at a moment. */
export function isUsable({ status, accessToken }: Grant, now: number): boolean {
  if (accessToken === "" || status.kind === "dead") return false;
  return status.kind === "ok" || status.until <= now;
}

/** How long a grant rests that was refused without a time, in milliseconds. */
export function restMs(code: number | null): number {
  return code === 401 ? 300_000 : 3_600_000;
}
