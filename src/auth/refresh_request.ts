import type { OauthEndpoints, SignInFacts } from "../core/sign_in.ts";
import { HermesError } from "../core/errors.ts";
import { discover } from "./discovery.ts";
import { exchange, type ExchangeDeps } from "./exchange.ts";
import { requirePinned } from "./pinned_url.ts";
import type { RefreshReply } from "./renewal.ts";
import { type OauthError, oauthErrorOf, replyFailure, tokensOf } from "./token_reply.ts";

export interface RefreshGiven {
  readonly refreshToken: string;
  /** As they were found at the sign-in; asked for again where they are not known. */
  readonly endpoints?: OauthEndpoints;
  readonly timeoutMs: number;
}

/**
 * Asks the token endpoint for new tokens (RFC 6749 section 6). Only what the endpoint itself says about the grant is a
 * refusal: a portal's login page or a full server takes no login away.
 * @throws {HermesError} `network/*`, `model/quota`, `auth/not_entitled`, `auth/sign_in_failed`
 */
export async function requestRefresh(
  deps: ExchangeDeps,
  facts: SignInFacts,
  { refreshToken, endpoints, timeoutMs }: RefreshGiven,
  signal: AbortSignal,
): Promise<RefreshReply> {
  const found =
    facts.kind === "authorization_code" && !endpoints
      ? await discover(deps, facts, { timeoutMs }, signal)
      : endpoints;
  const address = facts.kind === "device_code" ? facts.tokenUrl : (found?.token ?? "");
  // Again each time: the file that it comes from can be written by others.
  const url = requirePinned(address, facts.domains, "token endpoint");
  const form = {
    grant_type: "refresh_token",
    client_id: facts.clientId,
    refresh_token: refreshToken,
  };
  const reply = await exchange(deps, { url, form, timeoutMs }, signal);
  const { status, json } = reply;
  if (status >= 200 && status < 300) {
    const tokens = tokensOf(json);
    if (tokens) return { kind: "tokens", tokens, ...(found ? { endpoints: found } : {}) };
    throw new HermesError("network/unreachable", `${url.host} answered without a token`, {
      retryable: true,
      hint: "try again; if it stays so, sign in again",
    });
  }
  const said = oauthErrorOf(json);
  if ((status === 400 || status === 401) && said && isAboutGrant(said)) {
    return { kind: "refused", reason: said.code, message: said.message };
  }
  const { keyHint } = facts;
  throw replyFailure(reply, { host: url.host, what: "renewal", keyHint });
}

/**
 * Whether an error names the login. Servers have words of their own (`refresh_token_reused`, `token_expired`,
 * `app_session_terminated`), so there is no list of them; but a portal's or a gateway's `unauthorized` is none, nor is what
 * RFC 6749 section 5.2 has for the program or the request.
 */
function isAboutGrant({ code, message }: OauthError): boolean {
  if (code === "unsupported_grant_type" || /csrf|required/i.test(code)) return false;
  if (/grant|token|session|revoked|deactivated|unauthorized_client/i.test(code)) return true;
  const isGeneral = code === "" || /^invalid_request(?:_error)?$/.test(code);
  return isGeneral && /refresh[ _]token|\bgrant\b/i.test(message);
}
