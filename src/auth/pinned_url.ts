import { HermesError } from "../core/errors.ts";

/**
 * An address that tokens may be sent to: https on its own port, at one of the domains or below it. What is checked is
 * what is asked: the result is the address as `fetch` and browsers read it (WHATWG URL), or undefined.
 */
export function pinnedUrl(text: string, domains: readonly string[]): URL | undefined {
  // The standard repairs these in silence; an identity provider writes none of them.
  if (/[\\\s#\p{Cc}]/u.test(text) || !/^https:\/\/[^/?]/i.test(text)) return undefined;
  const authority = text.slice("https://".length).split(/[/?]/, 1)[0] ?? "";
  if (!/^[A-Za-z0-9.-]+(?::443)?$/.test(authority)) return undefined;
  const url = URL.parse(text);
  if (!url || url.port !== "" || url.username !== "" || url.password !== "") return undefined;
  const { hostname } = url;
  const isOurs = domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
  return isOurs && !hostname.endsWith(".") ? url : undefined;
}

/**
 * The address, where a token may go there.
 * @throws {HermesError} `auth/sign_in_failed`; `what` names the address: `token endpoint`
 */
export function requirePinned(text: string, domains: readonly string[], what: string): URL {
  const url = pinnedUrl(text, domains);
  if (url) return url;
  throw new HermesError(
    "auth/sign_in_failed",
    `The ${what} is not at https://${domains[0] ?? ""}: nothing was sent to ${shown(text)}`,
    { hint: "sign in again: hermes auth add" },
  );
}

/** An address of somebody else's for a terminal. */
function shown(text: string): string {
  return JSON.stringify(text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "").slice(0, 100));
}
