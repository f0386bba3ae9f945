import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";

/** A JSON Web Token in form; `signature` is any text of base64url, and proves nothing. */
export function jwtOf(claims: JsonObject, signature: string): string {
  // OpenID Connect Core section 15.1: the one algorithm that everybody speaks.
  return [base64url({ alg: "RS256", typ: "JWT" }), base64url(claims), signature].join(".");
}

/** What a token says. Throws where it is no JSON Web Token. */
export function claimsOf(token: string): JsonObject {
  const claims = parseJson(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  if (!isJsonObject(claims)) throw new TypeError(`No token: ${token}`);
  return claims;
}

/** The same token with other claims; `undefined` takes one away. */
export function withClaims(
  token: string,
  changes: Readonly<Record<string, JsonObject[string] | undefined>>,
): string {
  const claims = Object.entries({ ...claimsOf(token), ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return jwtOf(Object.fromEntries(claims), token.split(".")[2] ?? "");
}

function base64url(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
