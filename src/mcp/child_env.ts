import type { Env } from "../core/ports.ts";

/** What programs need to find their files, the user's language and the way to the network; no key of anybody's is in it. */
const passed: ReadonlySet<string> = new Set([
  "HOME",
  "PATH",
  "LANG",
  "USER",
  "LOGNAME",
  "SHELL",
  "TERM",
  "TMPDIR",
  "TZ",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
]);

/** The environment of a server: what every program may know, and what the user gives to this one. */
export function serverEnv(
  env: Env,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (isPassed(entry[0]) || isPassed(proxyName(entry[0]))),
  );
  return { ...Object.fromEntries(kept), ...given };
}

function isPassed(name: string): boolean {
  return passed.has(name) || name.startsWith("LC_") || name.startsWith("XDG_");
}

/** Proxies are named in both cases. */
function proxyName(name: string): string {
  return name.endsWith("_proxy") ? name.toUpperCase() : name;
}
