import { presentKeys, type PresentKey } from "../core/api_key.ts";
import type { Credential, CredentialSource } from "../core/credential.ts";
import { HermesError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";

/** How a provider is opened with a key. */
export interface KeyRule {
  /** Variables that may hold it, the preferred one first. */
  readonly names: readonly string[];
  /** Whether it is asked without a key when no variable holds one. */
  readonly noKeyNeeded: boolean;
}

export interface KeySourceDeps {
  readonly env: Env;
  /** By provider. Whoever fills it names a key only where the endpoint is its vendor's. */
  readonly keys: ReadonlyMap<string, KeyRule>;
  /** Where a variable comes from, for people; `environment NAME` where absent. */
  readonly originOf?: (name: string) => string;
}

/** What servers get that check no key: many of them refuse a request without the header. */
const NO_KEY = "no-key-required";

/**
 * Keys of the environment. A key that the server refused is not offered again; the next variable is. A variable that
 * holds what cannot be a key fails with its name and never its value.
 * `get` throws {HermesError} `auth/rejected` for such a variable.
 */
export function createKeySource({ env, keys, originOf }: KeySourceDeps): CredentialSource {
  const credentialOf = (key: PresentKey): Credential => ({
    id: idOf(key),
    token: checkKey(key),
    origin: originOf?.(key.name) ?? `environment ${key.name}`,
  });
  const find = (provider: string, rejected: Credential | undefined): Credential | undefined => {
    const rule = keys.get(provider);
    if (!rule) return undefined;
    const found = presentKeys(env, rule.names);
    // Only those after the refused one: going round would offer it again.
    const after = found.findIndex((key) => idOf(key) === rejected?.id);
    const next = found.slice(after + 1).find((key) => key.value.trim() !== rejected?.token);
    if (next) return credentialOf(next);
    const isOpen = rule.noKeyNeeded && !rejected && found.length === 0;
    return isOpen ? { id: `none:${provider}`, token: NO_KEY, origin: "no key needed" } : undefined;
  };
  return {
    get: (provider, request) =>
      new Promise((resolve) => {
        resolve(find(provider, request?.rejected));
      }),
  };
}

function idOf({ name }: PresentKey): string {
  return `env:${name}`;
}

/** The key without the blanks around it. Says what is wrong without showing a character of it. */
function checkKey({ name, value }: PresentKey): string {
  const key = value.trim();
  const fault = faultOf(key);
  if (fault === undefined) return key;
  throw new HermesError("auth/rejected", `The key in ${name} cannot be used: it ${fault}`, {
    hint: `set ${name} to the key alone, on one line, as the vendor shows it`,
  });
}

function faultOf(key: string): string | undefined {
  if (/^bearer\s/i.test(key)) return "starts with Bearer";
  if (/^(["']).*\1$/s.test(key)) return "stands in quotes";
  if (/[\r\n]/.test(key)) return "has more than one line";
  if (/\s/.test(key)) return "has a blank in it";
  // RFC 9110 section 5.5: a header carries visible ASCII.
  if (!/^[\x21-\x7e]+$/.test(key)) return "has a character that no HTTP header can carry";
  if (/^[A-Z][A-Z0-9_]*=/.test(key)) return "starts with the name of a variable";
  return undefined;
}
