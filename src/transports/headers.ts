import type { Credential } from "../core/credential.ts";
import { HermesError } from "../core/errors.ts";
import type { ModelEndpoint } from "../core/provider.ts";

type HeaderRecord = Readonly<Record<string, string>>;

/** Headers of a step that do not depend on the credential: what an answer may be, the vendor's own, the cache key. */
export function stepHeaders(endpoint: ModelEndpoint, cacheKey: string): HeaderRecord {
  const { dialect } = endpoint;
  return mergeHeaders(
    {
      "Content-Type": "application/json",
      Accept: "text/event-stream",
      "User-Agent": "hermes",
    },
    dialect.headers,
    Object.fromEntries(dialect.cacheKeyHeaders.map((name) => [name, cacheKey])),
  );
}

/**
 * Adds who asks. `Authorization` only when there is a token: local servers are used without one.
 * @throws {HermesError} `auth/rejected`, `config/invalid` for what no header can carry; the message names no value
 */
export function authorizedHeaders(
  headers: HeaderRecord,
  endpoint: ModelEndpoint,
  credential: Credential,
): HeaderRecord {
  const token = credential.token.trim();
  // RFC 9110 section 5.5: visible ASCII. Checked here because the error of `fetch` would repeat the value.
  if (!/^[\x21-\x7e]*$/.test(token)) {
    throw new HermesError(
      "auth/rejected",
      `Key for ${endpoint.provider} holds characters that no HTTP header can carry: ${credential.origin}`,
      { hint: "set the key again, on one line and without blanks or quotes around it" },
    );
  }
  const { accountHeader } = endpoint.dialect;
  const merged = mergeHeaders(
    headers,
    token === "" ? {} : { Authorization: `Bearer ${token}` },
    accountHeader === undefined || credential.accountId === undefined
      ? {}
      : { [accountHeader]: credential.accountId },
  );
  for (const [name, value] of Object.entries(merged)) checkHeader(name, value, endpoint);
  return merged;
}

function checkHeader(name: string, value: string, endpoint: ModelEndpoint): void {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return;
  throw new HermesError(
    "config/invalid",
    `Header for ${endpoint.provider} is none that HTTP can carry: ${JSON.stringify(name)}`,
    { hint: "correct the headers of the provider in the configuration: hermes config edit" },
  );
}

/** Later ones win; names are compared without case and sent as the winner wrote them. */
function mergeHeaders(...layers: readonly HeaderRecord[]): HeaderRecord {
  const merged = new Map<string, readonly [string, string]>();
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer))
      merged.set(name.toLowerCase(), [name, value]);
  }
  return Object.fromEntries(merged.values());
}
