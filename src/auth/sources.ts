import { presentKeys, type PresentKey } from "../core/api_key.ts";
import type { Credential, CredentialRequest, CredentialSource } from "../core/credential.ts";
import { HermesError } from "../core/errors.ts";
import type { Clock, Env } from "../core/ports.ts";
import { KeyRests } from "./key_rests.ts";

/** How a provider is opened with a key. */
export interface KeyRule {
  /** Variables that may hold it, the preferred one first. */
  readonly names: readonly string[];
  /** Whether it is asked without a key when no variable holds one. */
  readonly noKeyNeeded: boolean;
}

export interface KeySourceDeps {
  readonly env: Env;
  readonly clock: Pick<Clock, "monotonic">;
  /** By provider. Whoever fills it names a key only where the endpoint is its vendor's. */
  readonly keys: ReadonlyMap<string, KeyRule>;
  /** Where a variable comes from, for people; `environment NAME` where absent. */
  readonly originOf?: (name: string) => string;
}

/** What servers get that check no key: many of them refuse a request without the header. */
const NO_KEY = "no-key-required";

/**
 * Keys of the environment. A key that the server refused is not offered again; the next variable is. One that a limit
 * refused twice, or that is out of credit, rests while another one steps in. A variable that holds what cannot be a key
 * fails with its name and never its value.
 * `get` throws {HermesError} `auth/rejected` for such a variable.
 */
export function createKeySource({ env, clock, keys, originOf }: KeySourceDeps): CredentialSource {
  const rests = new KeyRests(clock);

  function credentialOf(key: PresentKey): Credential {
    const origin = originOf?.(key.name) ?? `environment ${key.name}`;
    return { id: idOf(key), token: checkKey(key), origin };
  }

  function present(provider: string): readonly PresentKey[] {
    return presentKeys(env, keys.get(provider)?.names ?? []);
  }

  function first(provider: string): Credential | undefined {
    const found = present(provider);
    // Where all rest, asking is the only way to learn that one does no more.
    const key = found.find((one) => !rests.isResting(idOf(one))) ?? found[0];
    if (key) return credentialOf(key);
    return keys.get(provider)?.noKeyNeeded
      ? { id: `none:${provider}`, token: NO_KEY, origin: "no key needed", isPlaceholder: true }
      : undefined;
  }

  function behind(provider: string, rejected: Credential): Credential | undefined {
    const found = present(provider);
    // Only those after the refused one: going round would offer it again.
    const after = found.findIndex((key) => idOf(key) === rejected.id);
    const next = found.slice(after + 1).find((key) => key.value.trim() !== rejected.token);
    return next && credentialOf(next);
  }

  /** Who steps in for a key that rests. */
  function other(provider: string, { id, token }: Credential): PresentKey | undefined {
    return present(provider).find((key) => {
      const value = key.value.trim();
      const isOther = idOf(key) !== id && value !== token;
      return isOther && keyFault(value) === undefined && !rests.isResting(idOf(key));
    });
  }

  function instead(
    provider: string,
    { credential, error }: NonNullable<CredentialRequest["exhausted"]>,
  ): Credential | undefined {
    const next = rests.note(credential.id, error) ? other(provider, credential) : undefined;
    if (next === undefined) return undefined;
    const notice = `The key of ${credential.origin} has used up its limit: going on with that of ${next.name} (${provider})`;
    return { ...credentialOf(next), notice };
  }

  return {
    get: (provider, { rejected, exhausted } = {}) =>
      new Promise((resolve) => {
        if (rejected) resolve(behind(provider, rejected));
        else if (exhausted) resolve(instead(provider, exhausted));
        else resolve(first(provider));
      }),
    hasOther: (provider, credential) => Promise.resolve(other(provider, credential) !== undefined),
  };
}

function idOf({ name }: PresentKey): string {
  return `env:${name}`;
}

/** The key without the blanks around it. Says what is wrong without showing a character of it. */
function checkKey({ name, value }: PresentKey): string {
  const key = value.trim();
  const fault = keyFault(key);
  if (fault === undefined) return key;
  throw new HermesError("auth/rejected", `The key in ${name} cannot be used: it ${fault}`, {
    hint: `set ${name} to the key alone, on one line, as the vendor shows it`,
  });
}

/** Why a text cannot be sent as a key, for a sentence that begins with it; undefined where it can. */
export function keyFault(key: string): string | undefined {
  if (/^bearer\s/i.test(key)) return "starts with Bearer";
  if (/^(["']).*\1$/s.test(key)) return "stands in quotes";
  if (/[\r\n]/.test(key)) return "has more than one line";
  if (/\s/.test(key)) return "has a blank in it";
  // RFC 9110 section 5.5: a header carries visible ASCII.
  if (!/^[\x21-\x7e]+$/.test(key)) return "has a character that no HTTP header can carry";
  if (/^[A-Z][A-Z0-9_]*=+[^=]/.test(key)) return "starts with the name of a variable";
  return undefined;
}
