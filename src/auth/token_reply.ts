import { HermesError } from "../core/errors.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import type { TokenSet } from "../core/sign_in.ts";
import { type ExchangeReply, serverText } from "./exchange.ts";

/** What a server says is wrong, in either of the two shapes that there are. */
export interface OauthError {
  /** `invalid_grant`, `refresh_token_reused`; "" where there is none. */
  readonly code: string;
  readonly message: string;
}

/** RFC 6749 section 5.2, and the nested shape of OpenAI; undefined where an answer is neither. */
export function oauthErrorOf(json: JsonObject | undefined): OauthError | undefined {
  const { error, error_description: description, message } = json ?? {};
  if (typeof error === "string" && error !== "") {
    const text = typeof description === "string" ? description : message;
    return {
      code: serverText(error),
      message: serverText(typeof text === "string" ? text : error),
    };
  }
  if (!isJsonObject(error)) return undefined;
  const code = [error["code"], error["type"]].find(
    (name) => typeof name === "string" && name !== "",
  );
  const text = error["message"];
  if (code === undefined && typeof text !== "string") return undefined;
  const name = typeof code === "string" ? serverText(code) : "";
  return { code: name, message: serverText(typeof text === "string" ? text : name) };
}

/** The tokens of an answer; undefined where the access token is missing. */
export function tokensOf(json: JsonObject | undefined): TokenSet | undefined {
  const {
    access_token: access,
    refresh_token: refresh,
    id_token: id,
    expires_in: life,
  } = json ?? {};
  if (typeof access !== "string" || access === "") return undefined;
  return {
    accessToken: access,
    refreshToken: typeof refresh === "string" ? refresh : "",
    idToken: typeof id === "string" ? id : "",
    expiresIn: typeof life === "number" && Number.isFinite(life) ? life : null,
  };
}

/** The failure of an answer that says nothing about the login itself: it may pass, or is about the account. */
export function passingFailure(
  { status, json, retryAfterMs }: ExchangeReply,
  host: string,
): HermesError {
  const said = oauthErrorOf(json);
  const told = said ? `: ${said.message}` : "";
  const isShort = retryAfterMs !== undefined;
  if (status === 429) {
    return new HermesError(
      "model/quota",
      `${host} renews no logins for now (HTTP 429)${told}; the login itself is still good`,
      {
        httpStatus: status,
        retryable: true,
        ...(isShort ? { retryAfterMs } : {}),
        hint: isShort ? `try again in ${Math.ceil(retryAfterMs / 1_000)} s` : "try again later",
      },
    );
  }
  if (status === 403) {
    return new HermesError("auth/not_entitled", `${host} does not let this account in${told}`, {
      httpStatus: status,
      hint: "look at the account's plan; with an API key: set XAI_API_KEY, --provider xai",
    });
  }
  const what =
    json === undefined
      ? `with something else than JSON (HTTP ${status})`
      : `with HTTP ${status}${told}`;
  return new HermesError("network/unreachable", `${host} answered ${what}`, {
    httpStatus: status,
    retryable: true,
    hint: "check the network (a captive portal?), and try again",
  });
}
