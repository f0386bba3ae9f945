/** A grant as an entry of the file of the logins has it, read and written. */
import type { Json, JsonObject } from "../core/json.ts";
import type { OauthEndpoints, TokenSet } from "../core/sign_in.ts";
import { isoTime, objectAt } from "./auth_file.ts";
import { expiryOf } from "./claims.ts";
import { type Grant, type GrantStatus, restMs } from "./grant.ts";

/** What a grant is changed by; what is absent stays. */
export interface GrantChange {
  readonly tokens?: TokenSet;
  readonly endpoints?: OauthEndpoints;
  readonly status?: GrantStatus;
  readonly label?: string;
  readonly requestCount?: number;
  readonly priority?: number;
  readonly renewNotBefore?: number;
}

/** The grant that an entry is of; `apart`: where its tokens are, if not in the entry. */
export function grantOf(provider: string, entry: JsonObject, apart: JsonObject | undefined): Grant {
  const tokens = apart ? objectAt(apart, "tokens") : entry;
  const accessToken = textOf(tokens["access_token"], "");
  const refreshedAt = timeOf((apart ?? entry)["last_refresh"] ?? entry["obtained_at"]);
  const life = tokens["expires_in"];
  const source = textOf(entry["source"], "manual");
  return {
    id: textOf(entry["id"], ""),
    provider,
    label: textOf(entry["label"], source),
    kind: entry["auth_type"] === "oauth" ? "oauth" : "api_key",
    source,
    accessToken,
    refreshToken: textOf(tokens["refresh_token"], ""),
    idToken: textOf(tokens["id_token"], ""),
    expiresAt:
      expiryOf(accessToken) ??
      (typeof life === "number" && refreshedAt > 0 ? refreshedAt + life * 1_000 : undefined),
    endpoints: endpointsOf(objectAt(apart ?? entry, "discovery")),
    status: statusOf(entry),
    requestCount: numberOf(entry["request_count"], 0),
    renewNotBefore: numberOf(entry["renew_not_before"], 0) * 1_000,
  };
}

function statusOf(entry: JsonObject): GrantStatus {
  const code = entry["last_error_code"];
  const refusal = {
    code: typeof code === "number" ? code : null,
    reason: textOf(entry["last_error_reason"], ""),
    message: textOf(entry["last_error_message"], ""),
  };
  const since = timeOf(entry["last_status_at"]);
  switch (entry["last_status"]) {
    case "exhausted": {
      const reset = timeOf(entry["last_error_reset_at"]);
      const until = reset > 0 ? reset : since + restMs(refusal.code);
      return { kind: "cooling", ...refusal, until, isGuess: reset === 0 };
    }
    case "dead":
      return { kind: "dead", ...refusal, since };
    default:
      return { kind: "ok" };
  }
}

/** The fields of an entry that a change sets, besides its tokens. */
export function fieldsOf(change: GrantChange, now: number): JsonObject {
  const { status, endpoints, label, requestCount, priority, renewNotBefore } = change;
  return {
    ...(status === undefined ? {} : statusFields(status, now)),
    ...(endpoints === undefined ? {} : { discovery: discoveryOf(endpoints) }),
    ...(label === undefined ? {} : { label }),
    ...(requestCount === undefined ? {} : { request_count: requestCount }),
    ...(priority === undefined ? {} : { priority }),
    ...(renewNotBefore === undefined ? {} : { renew_not_before: seconds(renewNotBefore) }),
  };
}

function statusFields(status: GrantStatus, now: number): JsonObject {
  if (status.kind === "ok") {
    return {
      last_status: "ok",
      last_status_at: seconds(now),
      last_error_code: null,
      last_error_reason: null,
      last_error_message: null,
      last_error_reset_at: null,
    };
  }
  return {
    last_status: status.kind === "dead" ? "dead" : "exhausted",
    last_status_at: seconds(now),
    last_error_code: status.code,
    last_error_reason: status.reason === "" ? null : status.reason,
    last_error_message: status.message === "" ? null : status.message,
    last_error_reset_at:
      status.kind === "cooling" && !status.isGuess ? seconds(status.until) : null,
  };
}

/** Names of the fields that hold tokens. */
export const tokenNames: readonly string[] = [
  "access_token",
  "refresh_token",
  "id_token",
  "expires_in",
];

/** The fields that hold tokens, wherever they are kept. */
export function tokenFields(
  { accessToken, refreshToken, idToken, expiresIn }: TokenSet,
  now: number,
): JsonObject & { readonly last_refresh: string } {
  return {
    access_token: accessToken,
    ...(refreshToken === "" ? {} : { refresh_token: refreshToken }),
    ...(idToken === "" ? {} : { id_token: idToken }),
    ...(expiresIn === null ? {} : { expires_in: expiresIn }),
    last_refresh: isoTime(now),
  };
}

/** Endpoints as the file has them. */
export function discoveryOf({ authorization, token, revocation }: OauthEndpoints): JsonObject {
  return {
    authorization_endpoint: authorization,
    token_endpoint: token,
    ...(revocation === undefined ? {} : { revocation_endpoint: revocation }),
  };
}

function endpointsOf(discovery: JsonObject): OauthEndpoints | undefined {
  const token = textOf(discovery["token_endpoint"], "");
  if (token === "") return undefined;
  const revocation = textOf(discovery["revocation_endpoint"], "");
  return {
    authorization: textOf(discovery["authorization_endpoint"], ""),
    token,
    ...(revocation === "" ? {} : { revocation }),
  };
}

/** A field that should be text. */
export function textOf(value: Json | undefined, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}

/** A field that should be a number. */
export function numberOf(value: Json | undefined, fallback: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : fallback;
}

function seconds(ms: number): number {
  return ms / 1_000;
}

/** A time of the file in ms since epoch: seconds, milliseconds or ISO 8601; 0 where it is none. */
function timeOf(value: Json | undefined): number {
  if (typeof value === "string") {
    const parsed = Date.parse(value);
    return Number.isNaN(parsed) ? 0 : parsed;
  }
  const number = numberOf(value, 0);
  const ms = number > 1e12 ? number : number * 1_000;
  return Math.abs(ms) <= 8.64e15 ? ms : 0;
}
