import { type HostAnswer, type HttpsProxy, startHttpsProxy } from "../fakes/https_proxy.ts";
import {
  type ResponsesServer,
  startResponsesServer,
  type StepSource,
} from "../fakes/responses_server.ts";
import { createTestAuthority } from "../fakes/test_authority.ts";

/** Keys of all vendors at once: each must see its own and no other. */
export const keys = {
  OPENAI_API_KEY: `sk-proj-${"o1O2".repeat(10)}`,
  XAI_API_KEY: `xai-${"x3X4".repeat(15)}`,
  OPENROUTER_API_KEY: `sk-or-v1-${"r5R6".repeat(15)}`,
};

/** Vendors under their real names on this machine, and a few strangers. */
export interface Vendors extends AsyncDisposable {
  /** What answers for the vendors. */
  readonly server: ResponsesServer;
  /** What stands in front of everybody. */
  readonly proxy: HttpsProxy;
  /** Environment that leads to them and trusts them. */
  readonly env: Readonly<Record<string, string>>;
}

const vendorHosts = ["api.openai.com", "api.x.ai", "openrouter.ai"];

/** Starts the vendors with one script for all; `strangers` answer in their own way. */
export async function startVendors(
  steps: readonly StepSource[],
  strangers: Readonly<Record<string, HostAnswer>> = {},
): Promise<Vendors> {
  const authority = await createTestAuthority([...vendorHosts, ...Object.keys(strangers)]);
  const server = await startResponsesServer({ steps, repeat: true });
  const vendors = Object.fromEntries(vendorHosts.map((host) => [host, server.url]));
  const proxy = await startHttpsProxy({ authority, hosts: { ...vendors, ...strangers } });
  return {
    server,
    proxy,
    env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority.file },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await authority[Symbol.asyncDispose]();
    },
  };
}
