import * as oauth from "oauth4webapi";
import { HermesError } from "../core/errors.ts";
import type { AuthorizationCodeFacts, OauthEndpoints, TokenSet } from "../core/sign_in.ts";
import { isEqual } from "./callback.ts";
import { exchange, type ExchangeDeps, serverText } from "./exchange.ts";
import { idTokenFault } from "./id_token.ts";
import type { AuthorizationAnswer } from "./pasted.ts";
import { requirePinned } from "./pinned_url.ts";
import { replyFailure, tokensOf } from "./token_reply.ts";

/** A sign-in that was begun: what only this process knows of it. */
export interface Authorization {
  /** The address for the browser. */
  readonly url: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly challenge: string;
}

/** Begins a sign-in with PKCE (RFC 7636). */
export async function beginAuthorization(
  facts: AuthorizationCodeFacts,
  endpoints: OauthEndpoints,
  redirectUri: string,
): Promise<Authorization> {
  const verifier = `${oauth.generateRandomCodeVerifier()}${oauth.generateRandomCodeVerifier()}`;
  const challenge = await oauth.calculatePKCECodeChallenge(verifier);
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const query = new URLSearchParams([
    ["response_type", "code"],
    ["client_id", facts.clientId],
    ["redirect_uri", redirectUri],
    ["scope", facts.scope],
    ["code_challenge", challenge],
    ["code_challenge_method", "S256"],
    ["state", state],
    ["nonce", nonce],
    ...facts.extraParameters.map(([name, value]): [string, string] => [name, value]),
  ]);
  const base = requirePinned(endpoints.authorization, facts.domains, "authorization endpoint");
  for (const [name, value] of query) base.searchParams.append(name, value);
  return { url: base.href, redirectUri, state, nonce, verifier, challenge };
}

/**
 * The code of an answer, after everything that can be known of it was checked. A pasted code comes without a state.
 * @throws {HermesError} `auth/sign_in_failed`
 */
export function codeOf(
  answer: AuthorizationAnswer,
  { state }: Pick<Authorization, "state">,
  { issuer }: Pick<AuthorizationCodeFacts, "issuer">,
  isPasted: boolean,
): string {
  const isOurs = answer.state === undefined ? isPasted : isEqual(answer.state, state);
  if (!isOurs) {
    throw failed(
      "The answer belongs to another sign-in",
      "run the command again, and use its new address",
    );
  }
  if (answer.issuer !== undefined && answer.issuer !== issuer) {
    throw failed("The answer comes from another place than the one that was asked");
  }
  if (answer.error !== undefined) {
    const said = serverText(answer.errorDescription ?? answer.error);
    throw failed(`The sign-in was not allowed: ${said}`, "run the command again to try once more");
  }
  if (answer.code === undefined) throw failed("The answer has no code");
  return answer.code;
}

/**
 * Exchanges a code for tokens, and checks whom they are for.
 * @throws {HermesError} `auth/sign_in_failed`, `auth/not_entitled`, `network/*`
 */
export async function exchangeCode(
  deps: ExchangeDeps,
  facts: AuthorizationCodeFacts,
  given: {
    readonly code: string;
    readonly authorization: Authorization;
    readonly endpoints: OauthEndpoints;
    readonly timeoutMs: number;
  },
  signal: AbortSignal,
): Promise<TokenSet> {
  const { code, authorization, endpoints, timeoutMs } = given;
  const { verifier, challenge, redirectUri, nonce } = authorization;
  const url = requirePinned(endpoints.token, facts.domains, "token endpoint");
  const form = {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    client_id: facts.clientId,
    code_verifier: verifier,
    // The server looks at them again.
    code_challenge: challenge,
    code_challenge_method: "S256",
  };
  const reply = await exchange(deps, { url, form, timeoutMs }, signal);
  if (reply.status < 200 || reply.status >= 300) {
    const { keyHint } = facts;
    throw replyFailure(reply, { host: url.host, what: "sign-in", keyHint });
  }
  const tokens = tokensOf(reply.json);
  if (!tokens || tokens.refreshToken === "") {
    throw failed(`${url.host} answered without ${tokens ? "a refresh token" : "a token"}`);
  }
  const fault = tokens.idToken === "" ? undefined : idTokenFault(tokens.idToken, facts, nonce);
  if (fault === undefined) return tokens;
  throw failed(`The tokens are not for this sign-in: another ${fault}`);
}

function failed(message: string, hint = "run the command again"): HermesError {
  return new HermesError("auth/sign_in_failed", message, { hint });
}
