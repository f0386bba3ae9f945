import { HermesError } from "../core/errors.ts";

/**
 * An address that tokens may be sent to: https on its own port, at one of the domains or below it. What is checked is
 * what is asked: the result is the address as `fetch` and browsers read it (WHATWG URL), or undefined.
 */
export function pinnedUrl(text: string, domains: readonly string[]): URL | undefined {
  // The standard repairs much in silence, each reader in a way of its own; an identity provider writes none of that.
  const [, host = ""] = plainAddress.exec(text) ?? [];
  const url = URL.parse(text);
  if (host === "" || url?.hostname !== host) return undefined;
  return domains.some((domain) => host === domain || host.endsWith(`.${domain}`)) ? url : undefined;
}

/** The host in ASCII and lower case, no user, no fragment; nothing that is invisible or leans backwards. */
const plainAddress =
  /^https:\/\/((?:[a-z0-9-]+\.)+[a-z0-9-]+)(?::443)?(?:[/?][\x21\x22\x24-\x5b\x5d-\x7e]*)?$/;

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
    { hint: "check the network, and run the command again" },
  );
}

/** An address of somebody else's for a terminal. */
function shown(text: string): string {
  return JSON.stringify(text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "").slice(0, 100));
}
