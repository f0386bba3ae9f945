/**
 * The login of a provider that some programs keep apart (`providers`), with an entry beside the others (`credential_pool`)
 * that stands for it.
 */
import { isJsonArray, isJsonObject, type JsonObject } from "../core/json.ts";
import type { TokenSet } from "../core/sign_in.ts";
import { objectAt } from "./auth_file.ts";
import { discoveryOf, type GrantChange, textOf, tokenFields } from "./grant_entry.ts";

/** Sources of entries that stand for the login which is kept apart. */
const mirrorSources: ReadonlySet<string> = new Set(["loopback_pkce", "device_code"]);

/** Sources of entries that are other programs' or other places': their secrets are not kept here. */
export function isBorrowed(source: string): boolean {
  return source !== "manual" && !source.startsWith("manual:") && !mirrorSources.has(source);
}

/** The login that is kept apart, when it is one. */
export function tokensApart(json: JsonObject, provider: string): JsonObject | undefined {
  const state = objectAt(json, "providers")[provider];
  if (!isJsonObject(state)) return undefined;
  return textOf(objectAt(state, "tokens")["access_token"], "") === "" ? undefined : state;
}

/** The file with other tokens of that login. */
export function withTokensApart(
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

/** The file without that login. */
export function withoutApart(json: JsonObject, provider: string): JsonObject {
  const { [provider]: _, ...others } = objectAt(json, "providers");
  return { ...json, providers: others };
}

/** The entries of a provider, with one for the login that is kept apart where another program has made none yet. */
export function withMirror(json: JsonObject, provider: string): readonly JsonObject[] {
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

/** Whether an entry stands for the login that is kept apart. */
export function isMirror(entry: JsonObject): boolean {
  return mirrorSources.has(textOf(entry["source"], ""));
}

/** The entries of all providers. */
export function poolsOf(json: JsonObject): JsonObject {
  return objectAt(json, "credential_pool");
}

function entriesOf(json: JsonObject, provider: string): readonly JsonObject[] {
  const list = poolsOf(json)[provider];
  return isJsonArray(list) ? list.filter(isJsonObject) : [];
}
