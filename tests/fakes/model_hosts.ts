import { type Fault, jsonAnswer } from "./faults.ts";
import type { Account, Vendor } from "./grant_book.ts";
import type { IdentityProvider } from "./identity_provider.ts";
import type { ResponsesServer } from "./responses_server.ts";
import type { HostHandler, HostRequest } from "./tls_proxy.ts";

export interface ModelHostsDeps {
  /** Knows whose tokens they are. */
  readonly identity: Pick<IdentityProvider, "holder">;
  /** Answers whoever is let in. */
  readonly server: Pick<ResponsesServer, "url">;
  /** Keys that api.x.ai takes beside tokens. */
  readonly apiKeys?: readonly string[];
}

/** A request for a model or for the list of them. */
export interface ModelRequest {
  /** `POST https://api.x.ai/v1/responses`. */
  readonly route: string;
  /** The address of the account, "API key", or undefined for who was not let in. */
  readonly account: string | undefined;
  /** What came as bearer. */
  readonly token: string;
  readonly headers: Headers;
}

/** The vendors' model endpoints, for who has signed in. */
export interface ModelHosts {
  /** Who answers for api.x.ai and chatgpt.com. */
  readonly hosts: Readonly<Record<string, HostHandler>>;
  /** In order of arrival. */
  readonly asked: readonly ModelRequest[];
  /** What comes between the hosts and the next requests of an account or a token, one each and in this order. */
  script(who: string, ...faults: readonly Fault[]): void;
}

/** What the ChatGPT backend lists, in its own shape. */
const codexModels = {
  models: [
    { slug: "gpt-5.5", visibility: "list", supported_in_api: true, priority: 0 },
    { slug: "gpt-5.4-mini", visibility: "list", supported_in_api: false, priority: 2 },
    { slug: "gpt-5.4", visibility: "list", supported_in_api: true, priority: 1 },
    { slug: "codex-internal", visibility: "hide", supported_in_api: true, priority: 3 },
  ],
};

/** Lets in who holds an access token that is still good, and has `server` answer. */
export function createModelHosts({ identity, server, apiKeys = [] }: ModelHostsDeps): ModelHosts {
  const asked: ModelRequest[] = [];
  const scripts = new Map<string, Fault[]>();

  function guarded(
    vendor: Vendor,
    handle: (request: HostRequest, account: Account | undefined) => Response | Promise<Response>,
  ): HostHandler {
    return (request) => {
      const { method, url, headers } = request;
      const token = /^Bearer (.+)$/.exec(headers.get("authorization") ?? "")?.[1] ?? "";
      const account = identity.holder(vendor, token);
      const isKey = vendor === "xai-oauth" && apiKeys.includes(token);
      const name = isKey ? "API key" : account?.email;
      const route = `${method} ${url.origin}${url.pathname}`;
      asked.push({ route, account: name, token, headers });
      const answer = (): Response | Promise<Response> =>
        name === undefined ? unauthorized() : handle(request, account);
      const fault = scripts.get(token)?.shift() ?? scripts.get(name ?? "")?.shift();
      return fault ? fault(answer, request) : answer();
    };
  }

  const xai = guarded("xai-oauth", (request) =>
    forward(request, `${server.url}${request.url.pathname.replace(/^\/v1/, "")}`),
  );
  const chatgpt = guarded("openai-codex", (request, account) => {
    const { headers, url } = request;
    // The guard in front of this host lets only codex through, and only to the account of the token.
    const isCodex = headers.get("originator") === "codex_cli_rs";
    if (!isCodex || headers.get("chatgpt-account-id") !== account?.accountId) {
      return new Response("<!doctype html><title>Just a moment...</title>", {
        status: 403,
        headers: { "content-type": "text/html", server: "cloudflare" },
      });
    }
    const path = url.pathname.replace(/^\/backend-api\/codex/, "");
    if (path !== "/models") return forward(request, `${server.url}${path}`);
    return url.searchParams.has("client_version")
      ? jsonAnswer(200, codexModels)
      : jsonAnswer(400, { detail: "client_version is missing" });
  });
  return {
    hosts: { "api.x.ai": xai, "chatgpt.com": chatgpt },
    asked,
    script(who, ...faults) {
      scripts.set(who, [...(scripts.get(who) ?? []), ...faults]);
    },
  };
}

function unauthorized(): Response {
  const message = "The access token is wrong or has expired";
  return jsonAnswer(401, {
    error: { message, type: "invalid_request_error", code: "invalid_token" },
  });
}

/** Passes a request on to the fake endpoint, in slices both ways; its leaving too. */
async function forward(
  { method, headers, bytes, left }: HostRequest,
  url: string,
): Promise<Response> {
  const passed = new Headers(headers);
  for (const name of ["host", "connection", "content-length", "accept-encoding"])
    passed.delete(name);
  const body = method === "POST" ? { body: bytes } : {};
  return fetch(url, { method, headers: passed, signal: left, ...body }).catch(() =>
    Response.error(),
  );
}
