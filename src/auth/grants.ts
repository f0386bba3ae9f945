/**
 * The grants in the file of the logins, read and changed without touching what else is there. The file may come from a
 * program that keeps one login of a provider apart (`providers`), with an entry beside the others (`credential_pool`)
 * that repeats its tokens. Here that entry is the login's place in the order and its state; the tokens are kept once.
 */
import type { Json, JsonObject } from "../core/json.ts";
import { isJsonObject } from "../core/json.ts";
import type { OauthEndpoints, TokenSet } from "../core/sign_in.ts";
import { isoTime, objectAt } from "./auth_file.ts";
import { expiryOf } from "./claims.ts";
import { type Grant, type GrantStatus, restMs } from "./grant.ts";

/** Sources of entries that stand for the login which is kept apart. */
const mirrorSources: ReadonlySet<string> = new Set(["loopback_pkce", "device_code"]);

/** Sources of entries that are other programs' or other places': their secrets are not kept here. */
function isBorrowed(source: string): boolean {
  return source !== "manual" && !source.startsWith("manual:") && !mirrorSources.has(source);
}

/** The grants of a provider, in the order in which they are tried. */
export function grantsOf(json: JsonObject, provider: string): readonly Grant[] {
  const apart = tokensApart(json, provider);
  const entries = withMirror(json, provider);
  return entries
    .filter((entry) => !isBorrowed(textOf(entry["source"], "manual")))
    .toSorted((one, other) => numberOf(one["priority"], 0) - numberOf(other["priority"], 0))
    .map((entry) => grantOf(provider, entry, isMirror(entry) ? apart : undefined));
}

/** Providers that have an entry of any kind. */
export function providersIn(json: JsonObject): readonly string[] {
  const names = [...Object.keys(objectAt(json, "providers")), ...Object.keys(poolsOf(json))];
  return [...new Set(names)].filter((provider) => grantsOf(json, provider).length > 0);
}

/** Ids of places whose secrets the user does not want to be used: `env:OPENAI_API_KEY`. */
export function suppressedOf(json: JsonObject, provider: string): readonly string[] {
  const list = objectAt(json, "suppressed_sources")[provider];
  return Array.isArray(list)
    ? (list as readonly Json[]).filter((source) => typeof source === "string")
    : [];
}

/** The grants of a provider that the user has not switched off. */
export function activeGrantsOf(json: JsonObject, provider: string): readonly Grant[] {
  const suppressed = suppressedOf(json, provider);
  return grantsOf(json, provider).filter(({ source }) => !suppressed.includes(source));
}

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

/** The file with one grant changed; as it was when there is no such grant. */
export function changeGrant(
  json: JsonObject,
  { provider, id }: Pick<Grant, "provider" | "id">,
  change: GrantChange,
  now: number,
): JsonObject {
  const entries = withMirror(json, provider);
  const entry = entries.find((one) => one["id"] === id);
  if (!entry) return json;
  const { tokens } = change;
  const isApart = isMirror(entry) && tokensApart(json, provider) !== undefined;
  const changed = {
    ...(isApart ? without(entry, tokenNames) : entry),
    ...fieldsOf(change, now),
    ...(tokens && !isApart ? tokenFields(tokens, now) : {}),
  };
  const next = withPool(
    json,
    provider,
    entries.map((one) => (one === entry ? changed : one)),
  );
  return tokens && isApart ? withTokensApart(next, provider, { tokens, change }, now) : next;
}

/** A grant to be kept. */
export interface NewGrant {
  readonly id: string;
  readonly provider: string;
  readonly label: string;
  readonly kind: Grant["kind"];
  readonly source: string;
  readonly tokens: TokenSet;
  readonly endpoints?: OauthEndpoints;
  readonly redirectUri?: string;
}

/** The file with one more grant, the last in the order. */
export function addGrant(json: JsonObject, grant: NewGrant, now: number): JsonObject {
  const entries = withMirror(json, grant.provider);
  const entry: JsonObject = {
    id: grant.id,
    label: grant.label,
    auth_type: grant.kind,
    priority: entries.length,
    source: grant.source,
    request_count: 0,
    ...tokenFields(grant.tokens, now),
    ...fieldsOf({ ...grant, status: { kind: "ok" } }, now),
    ...(grant.redirectUri === undefined ? {} : { redirect_uri: grant.redirectUri }),
  };
  return withPool(json, grant.provider, [...entries, entry]);
}

/** The file without a grant; the others keep their order. */
export function removeGrant(
  json: JsonObject,
  { provider, id }: Pick<Grant, "provider" | "id">,
): JsonObject {
  const entries = withMirror(json, provider);
  const entry = entries.find((one) => one["id"] === id);
  if (!entry) return json;
  const rest = entries
    .filter((one) => one !== entry)
    .map((one, priority) => ({ ...one, priority }));
  const isApart = isMirror(entry) && tokensApart(json, provider) !== undefined;
  const next = isApart ? withoutApart(json, provider) : json;
  return withPool(next, provider, rest);
}

/** The file without everything of a provider. */
export function removeProvider(json: JsonObject, provider: string): JsonObject {
  const { active_provider: active = null, ...rest } = withPool(
    withoutApart(json, provider),
    provider,
    [],
  );
  return { ...rest, active_provider: active === provider ? null : active };
}

/** The file with a provider as the one that is used where nobody names one. */
export function setActive(json: JsonObject, provider: string): JsonObject {
  return { ...json, active_provider: provider };
}

/** The provider that is used where nobody names one; undefined when none was chosen. */
export function activeOf(json: JsonObject): string | undefined {
  const { active_provider: active } = json;
  return typeof active === "string" && active !== "" ? active : undefined;
}

/** The file with places whose secrets are not used; an empty list uses all of them again. */
export function setSuppressed(
  json: JsonObject,
  provider: string,
  sources: readonly string[],
): JsonObject {
  const { [provider]: _, ...others } = objectAt(json, "suppressed_sources");
  const all = sources.length === 0 ? others : { ...others, [provider]: sources };
  const { suppressed_sources: __, ...rest } = json;
  return Object.keys(all).length === 0 ? rest : { ...rest, suppressed_sources: all };
}

function grantOf(provider: string, entry: JsonObject, apart: JsonObject | undefined): Grant {
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

/** The fields of an entry that a change sets. */
function fieldsOf(change: GrantChange, now: number): JsonObject {
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

const tokenNames: readonly string[] = ["access_token", "refresh_token", "id_token", "expires_in"];

function tokenFields({ accessToken, refreshToken, idToken, expiresIn }: TokenSet, now: number) {
  return {
    access_token: accessToken,
    ...(refreshToken === "" ? {} : { refresh_token: refreshToken }),
    ...(idToken === "" ? {} : { id_token: idToken }),
    ...(expiresIn === null ? {} : { expires_in: expiresIn }),
    last_refresh: isoTime(now),
  };
}

function discoveryOf({ authorization, token, revocation }: OauthEndpoints): JsonObject {
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

function poolsOf(json: JsonObject): JsonObject {
  return objectAt(json, "credential_pool");
}

function entriesOf(json: JsonObject, provider: string): readonly JsonObject[] {
  const list = poolsOf(json)[provider];
  return Array.isArray(list) ? (list as readonly Json[]).filter(isJsonObject) : [];
}

function withPool(json: JsonObject, provider: string, entries: readonly JsonObject[]): JsonObject {
  const { [provider]: _, ...others } = poolsOf(json);
  const pools = entries.length === 0 ? others : { ...others, [provider]: entries };
  return { ...json, credential_pool: pools };
}

/** The login that is kept apart, when it is one. */
function tokensApart(json: JsonObject, provider: string): JsonObject | undefined {
  const state = objectAt(json, "providers")[provider];
  if (!isJsonObject(state)) return undefined;
  return textOf(objectAt(state, "tokens")["access_token"], "") === "" ? undefined : state;
}

function withTokensApart(
  json: JsonObject,
  provider: string,
  { tokens, change }: { readonly tokens: TokenSet; readonly change: GrantChange },
  now: number,
): JsonObject {
  const providers = objectAt(json, "providers");
  const { last_auth_error: _, ...state } = objectAt(providers, provider);
  const { last_refresh: at, ...fields } = tokenFields(tokens, now);
  const next: JsonObject = {
    ...state,
    tokens: { ...objectAt(state, "tokens"), ...fields },
    last_refresh: at.replace(/\+00:00$/, "Z"),
    ...(change.endpoints === undefined
      ? {}
      : { discovery: { ...objectAt(state, "discovery"), ...discoveryOf(change.endpoints) } }),
  };
  return { ...json, providers: { ...providers, [provider]: next } };
}

function withoutApart(json: JsonObject, provider: string): JsonObject {
  const { [provider]: _, ...others } = objectAt(json, "providers");
  return { ...json, providers: others };
}

/** The entries of a provider, with one for the login that is kept apart where another program has made none yet. */
function withMirror(json: JsonObject, provider: string): readonly JsonObject[] {
  const entries = entriesOf(json, provider).map((entry, index) => ({
    ...entry,
    id: textOf(entry["id"], `${index}`),
  }));
  const state = tokensApart(json, provider);
  if (!state || entries.some(isMirror)) return entries;
  const source = state["auth_mode"] === "chatgpt" ? "device_code" : "loopback_pkce";
  const mirror: JsonObject = {
    id: "000000",
    label: textOf(state["label"], source),
    auth_type: "oauth",
    priority: -1,
    source,
    request_count: 0,
  };
  return [mirror, ...entries];
}

function isMirror(entry: JsonObject): boolean {
  return mirrorSources.has(textOf(entry["source"], ""));
}

function without(entry: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !names.includes(name)));
}

function textOf(value: Json | undefined, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}

function numberOf(value: Json | undefined, fallback: number): number {
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
