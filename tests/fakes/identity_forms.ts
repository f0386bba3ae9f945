import { isJsonObject, parseJson } from "../../src/core/json.ts";
import type { TokenSet } from "../../src/core/sign_in.ts";
import { jsonAnswer } from "./faults.ts";
import type { HostRequest } from "./tls_proxy.ts";

/** What an endpoint does with a request when nothing stands in between. */
export type Handle = (request: HostRequest) => Response;

/**
 * The fields of a form, or the texts of a JSON object. Empty where the content type is neither, the request no
 * POST, or a field is there twice (RFC 6749 section 3.2).
 */
export function formOf({ method, headers, body }: HostRequest): URLSearchParams {
  const [type = ""] = (headers.get("content-type") ?? "").split(";");
  if (method !== "POST") return new URLSearchParams();
  if (type === "application/json") {
    const fields = parseJson(body);
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(isJsonObject(fields) ? fields : {})) {
      if (typeof value === "string") form.set(name, value);
    }
    return form;
  }
  const form = new URLSearchParams(type === "application/x-www-form-urlencoded" ? body : "");
  const isTwice = new Set(form.keys()).size < form.size;
  return isTwice ? new URLSearchParams() : form;
}

/** The name of the first thing that does not hold. */
export function firstFault(
  checks: readonly (readonly [name: string, holds: boolean])[],
): string | undefined {
  return checks.find(([, holds]) => !holds)?.[0];
}

/** RFC 6749 section 5.1. */
export function granted({ accessToken, refreshToken, idToken, expiresIn }: TokenSet): Response {
  return jsonAnswer(200, {
    access_token: accessToken,
    token_type: "Bearer",
    expires_in: expiresIn,
    refresh_token: refreshToken,
    id_token: idToken,
  });
}
