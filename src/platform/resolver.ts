import type { Resolver } from "../core/ports.ts";

/** Names as the system resolves them: its hosts file, then its name servers. */
export const machineResolver: Resolver = {
  async addressesOf(host) {
    // Both are loaded where a name is asked for: they would take milliseconds of every start.
    const { isIP } = await import("node:net");
    if (isIP(host) !== 0) return [host];
    const dns = await import("node:dns/promises");
    const found = await dns.lookup(host, { all: true });
    return found.map(({ address }) => address);
  },
};
