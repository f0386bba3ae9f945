import { setTimeout as sleep } from "node:timers/promises";
import type { TokenSet } from "../../src/core/sign_in.ts";
import type { Fault } from "./faults.ts";
import { createGrantBook, type GrantBook, type NewGrant, type Vendor } from "./grant_book.ts";
import type { Handle } from "./identity_forms.ts";
import { createOpenaiIdentity, type OpenaiIdentity } from "./openai_identity.ts";
import type { HostHandler, HostRequest } from "./tls_proxy.ts";
import { createXaiIdentity, type XaiIdentity } from "./xai_identity.ts";

/** What can be asked of the identity providers. */
export type Endpoint =
  | "xai/discovery"
  | "xai/authorize"
  | "xai/token"
  | "xai/revoke"
  | "openai/usercode"
  | "openai/poll"
  | "openai/token";

export interface IdentityOptions {
  /** Milliseconds since the epoch; the real time where absent. */
  readonly now?: () => number;
  /** How long access tokens live, in seconds; six hours where absent. */
  readonly lifeSeconds?: number;
  /** Between what an endpoint does and its answer; none where absent. */
  readonly latencyMs?: number;
  /** Between two questions of a program that waits for a device code; 1 where absent. */
  readonly pollSeconds?: number;
}

/** The identity providers of xAI and OpenAI. Refresh tokens serve once: a spent one that comes again ends its grant. */
export interface IdentityProvider
  extends
    Pick<GrantBook, "holder" | "refuseAccess" | "end" | "secrets" | "reuses" | "revoked">,
    Pick<XaiIdentity, "approve" | "deny">,
    Pick<OpenaiIdentity, "confirmDevice"> {
  /** Who answers for auth.x.ai, accounts.x.ai and auth.openai.com. */
  readonly hosts: Readonly<Record<string, HostHandler>>;
  /** A grant as if somebody had logged in. */
  signIn(
    vendor: Vendor,
    email: string,
    options?: Pick<NewGrant, "lifeSeconds" | "nonce">,
  ): TokenSet;
  /** What comes between an endpoint and its next requests, one each and in this order. */
  script(endpoint: Endpoint, ...faults: readonly Fault[]): void;
  /** What an endpoint was asked, in order of arrival. */
  asked(endpoint: Endpoint): readonly HostRequest[];
}

/** Starts with nobody signed in. Accounts are e-mail addresses, and none needs a password. */
export function createIdentityProvider(options: IdentityOptions = {}): IdentityProvider {
  const { now = Date.now, lifeSeconds = 6 * 3600, latencyMs = 0, pollSeconds = 1 } = options;
  const book = createGrantBook({ now, lifeSeconds });
  const xai = createXaiIdentity(book);
  const openai = createOpenaiIdentity(book, pollSeconds);
  const asked = new Map<Endpoint, HostRequest[]>();
  const scripts = new Map<Endpoint, Fault[]>();

  function at(endpoint: Endpoint, handle: Handle): HostHandler {
    return async (request) => {
      const before = asked.get(endpoint);
      if (before) before.push(request);
      else asked.set(endpoint, [request]);
      const fault = scripts.get(endpoint)?.shift();
      const answer = (): Response => handle(request);
      const response = await (fault ? fault(answer, request) : answer());
      if (latencyMs > 0) {
        await sleep(latencyMs, undefined, { signal: request.left }).catch(() => undefined);
      }
      return response;
    };
  }

  return {
    ...book,
    hosts: {
      "auth.x.ai": routes({
        "GET /.well-known/openid-configuration": at("xai/discovery", xai.discovery),
        "POST /oauth2/token": at("xai/token", xai.token),
        "POST /oauth2/revoke": at("xai/revoke", xai.revoke),
      }),
      "accounts.x.ai": routes({
        "GET /oauth2/authorize": at("xai/authorize", xai.authorize),
        "POST /oauth2/authorize": at("xai/authorize", xai.authorize),
      }),
      "auth.openai.com": routes({
        "POST /api/accounts/deviceauth/usercode": at("openai/usercode", openai.usercode),
        "POST /api/accounts/deviceauth/token": at("openai/poll", openai.poll),
        "POST /oauth/token": at("openai/token", openai.token),
      }),
    },
    signIn: (vendor, email, more = {}) => book.open({ vendor, email, ...more }),
    approve: (address, email) => xai.approve(address, email),
    deny: (address) => xai.deny(address),
    confirmDevice: (userCode, email) => {
      openai.confirmDevice(userCode, email);
    },
    script(endpoint, ...faults) {
      scripts.set(endpoint, [...(scripts.get(endpoint) ?? []), ...faults]);
    },
    asked: (endpoint) => asked.get(endpoint) ?? [],
  };
}

/** By method and path: `GET /.well-known/openid-configuration`. */
function routes(handlers: Readonly<Record<string, HostHandler>>): HostHandler {
  return (request) => {
    const handler = handlers[`${request.method} ${request.url.pathname}`];
    return handler ? handler(request) : new Response("Not found", { status: 404 });
  };
}
