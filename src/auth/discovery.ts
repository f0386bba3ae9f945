import { HermesError } from "../core/errors.ts";
import type { AuthorizationCodeFacts, OauthEndpoints } from "../core/sign_in.ts";
import { exchange, type ExchangeDeps } from "./exchange.ts";
import { pinnedUrl, requirePinned } from "./pinned_url.ts";

/**
 * Where the identity provider is asked (OpenID Connect Discovery 1.0), every address checked.
 * @throws {HermesError} `network/*`, `auth/sign_in_failed`
 */
export async function discover(
  deps: ExchangeDeps,
  { issuer, domains }: Pick<AuthorizationCodeFacts, "issuer" | "domains">,
  { timeoutMs }: { readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<OauthEndpoints> {
  const url = requirePinned(`${issuer}/.well-known/openid-configuration`, domains, "issuer");
  const { status, json } = await exchange(deps, { url, method: "GET", timeoutMs }, signal);
  if (status !== 200 || !json) {
    const what = json ? `HTTP ${status}` : `no JSON (HTTP ${status})`;
    throw new HermesError(
      "network/unreachable",
      `${url.host} does not say how to sign in: ${what}`,
      {
        httpStatus: status,
        retryable: true,
        hint: "check the network (a captive portal?), and try again",
      },
    );
  }
  if (json["issuer"] !== issuer) {
    throw new HermesError("auth/sign_in_failed", `${url.host} answers for another issuer`);
  }
  const at = (name: string): string => {
    const value = json[name];
    if (typeof value === "string" && value !== "") {
      return requirePinned(value, domains, name.replaceAll("_", " ")).href;
    }
    throw new HermesError(
      "auth/sign_in_failed",
      `${url.host} names no ${name.replaceAll("_", " ")}`,
    );
  };
  // What is not needed to sign in keeps nobody from it.
  const { revocation_endpoint: offered } = json;
  const revocation = typeof offered === "string" ? pinnedUrl(offered, domains) : undefined;
  return {
    authorization: at("authorization_endpoint"),
    token: at("token_endpoint"),
    ...(revocation ? { revocation: revocation.href } : {}),
  };
}
