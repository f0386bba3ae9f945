import { isIP } from "node:net";
import type { Resolver } from "../core/ports.ts";

/** Names as the system resolves them: its hosts file, then its name servers. */
export const machineResolver: Resolver = {
  async addressesOf(host) {
    if (isIP(host) !== 0) return [host];
    const dns = await import("node:dns/promises");
    const found = await dns.lookup(host, { all: true });
    return found.map(({ address }) => address);
  },
};
