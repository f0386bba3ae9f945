import type { ProviderRow } from "./providers.ts";

/** An address of an endpoint, taken apart once so that every decision is made on the same reading of it. */
export interface EndpointUrl {
  /** Normalised, without a trailing slash. */
  readonly baseUrl: string;
  /** Lower case, without the port; IPv6 in brackets. */
  readonly host: string;
  readonly isHttps: boolean;
  readonly hasDefaultPort: boolean;
  /** Whether the host is this machine. */
  readonly isLocal: boolean;
}

/** The address, or in words what is wrong with it; the words never repeat the address, which may hold a password. */
export function parseEndpointUrl(text: string): EndpointUrl | string {
  const url = URL.parse(text.trim());
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    return "expected an http or https address";
  }
  if (url.username !== "" || url.password !== "") {
    return "expected an address without a user name or password";
  }
  if (url.search !== "" || url.hash !== "") return "expected an address without ? and #";
  return {
    baseUrl: `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    host: url.hostname,
    isHttps: url.protocol === "https:",
    hasDefaultPort: url.port === "",
    isLocal: isLoopback(url.hostname),
  };
}

/** Whether the key of a vendor may be sent there. */
export function isPinned(url: EndpointUrl, { hosts }: Pick<ProviderRow, "hosts">): boolean {
  return url.isHttps && url.hasDefaultPort && hosts.includes(url.host);
}

/** Names and addresses that lead to this machine: RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3. */
function isLoopback(host: string): boolean {
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    host === "[::1]" ||
    host === "0.0.0.0" ||
    /^127\.\d+\.\d+\.\d+$/.test(host)
  );
}
