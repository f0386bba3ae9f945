/**
 * The grants in the file of the logins, read and changed without touching what else is there. The file may come from a
 * program that keeps one login of a provider apart (`providers`), with an entry beside the others (`credential_pool`)
 * that repeats its tokens. Here that entry is the login's place in the order and its state; the tokens are kept once.
 */
import { isJsonArray, type JsonObject } from "../core/json.ts";
import type { OauthEndpoints, TokenSet } from "../core/sign_in.ts";
import { objectAt } from "./auth_file.ts";
import type { Grant } from "./grant.ts";
import {
  fieldsOf,
  type GrantChange,
  grantOf,
  numberOf,
  textOf,
  tokenFields,
  tokenNames,
} from "./grant_entry.ts";
import {
  isBorrowed,
  isMirror,
  poolsOf,
  tokensApart,
  withMirror,
  withoutApart,
  withTokensApart,
} from "./login_apart.ts";

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
  return isJsonArray(list) ? list.filter((source) => typeof source === "string") : [];
}

/** The grants of a provider that the user has not switched off. */
export function activeGrantsOf(json: JsonObject, provider: string): readonly Grant[] {
  const suppressed = suppressedOf(json, provider);
  return grantsOf(json, provider).filter(({ source }) => !suppressed.includes(source));
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

function withPool(json: JsonObject, provider: string, entries: readonly JsonObject[]): JsonObject {
  const { [provider]: _, ...others } = poolsOf(json);
  const pools = entries.length === 0 ? others : { ...others, [provider]: entries };
  return { ...json, credential_pool: pools };
}

function without(entry: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !names.includes(name)));
}
