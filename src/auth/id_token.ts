import type { AuthorizationCodeFacts } from "../core/sign_in.ts";
import { isEqual } from "./callback.ts";
import { claimsOf } from "./claims.ts";

/**
 * What is wrong with the id token of a sign-in, in a word; undefined where nothing is (OpenID Connect Core section
 * 3.1.3.7). The signature is not looked at, as the token came over the server's own TLS; nor is the time, as the nonce
 * was made for this sign-in and many a machine's clock is wrong.
 */
export function idTokenFault(
  idToken: string,
  { issuer, clientId }: Pick<AuthorizationCodeFacts, "issuer" | "clientId">,
  nonce: string,
): string | undefined {
  const { nonce: said, aud, azp, iss } = claimsOf(idToken);
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  const isOneOfMany = audiences.length > 1 && azp !== clientId;
  if (typeof said !== "string" || !isEqual(said, nonce)) return "nonce";
  if (!audiences.includes(clientId) || isOneOfMany) return "audience";
  return iss === issuer ? undefined : "issuer";
}
