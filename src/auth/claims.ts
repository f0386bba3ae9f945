import { isJsonObject, type Json, type JsonObject, parseJson } from "../core/json.ts";

/**
 * The claims of a JSON Web Token (RFC 7519); none for a token that is something else. The signature is not checked:
 * what is read here decides when a token is renewed and whose it is, never whether it is good.
 */
export function claimsOf(token: string): JsonObject {
  const [, payload = ""] = token.split(".");
  const claims = parseJson(decodeBase64Url(payload));
  return isJsonObject(claims) ? claims : {};
}

/** When a token expires, in ms since epoch; undefined where it does not say. */
export function expiryOf(token: string): number | undefined {
  const { exp } = claimsOf(token);
  // As far as dates go (ECMA-262, section 21.4.1.1).
  return typeof exp === "number" && Math.abs(exp) <= 8.64e12 ? exp * 1_000 : undefined;
}

/** The claim at the first of these places that has a text; "" where none has. */
export function claimAt(claims: JsonObject, places: readonly (readonly string[])[]): string {
  for (const place of places) {
    let value: Json | undefined = claims;
    for (const name of place) value = isJsonObject(value) ? value[name] : undefined;
    if (typeof value === "string" && value.trim() !== "") return value.trim();
  }
  return "";
}

function decodeBase64Url(text: string): string {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.codePointAt(0) ?? 0);
    return new TextDecoder().decode(bytes);
  } catch {
    return "";
  }
}
