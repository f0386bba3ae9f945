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

/** Whose answer it is, and what was asked for. */
export interface Asked {
  readonly host: string;
  readonly what: "sign-in" | "renewal";
  readonly keyHint?: string | undefined;
}

/** The failure that a refusal is: of the account, of this sign-in or renewal, or of the moment. */
export function replyFailure(reply: ExchangeReply, asked: Asked): HermesError {
  const { status, json, isPage } = reply;
  const said = oauthErrorOf(json);
  const told = said ? `: ${said.message}` : "";
  if (status === 429) return limited(reply, asked, told);
  if (status === 403 && !isPage) {
    const { host, keyHint } = asked;
    return new HermesError("auth/not_entitled", `${host} does not let this account in${told}`, {
      httpStatus: status,
      hint: `look at the account's plan${keyHint === undefined ? "" : `; ${keyHint}`}`,
    });
  }
  if (said && status >= 400 && status < 500) {
    return new HermesError(
      "auth/sign_in_failed",
      `${asked.host} refused the ${asked.what} (HTTP ${status})${told}`,
      { httpStatus: status, ...(asked.what === "sign-in" && { hint: "run the command again" }) },
    );
  }
  const what = json ? `HTTP ${status}${told}` : `something else than JSON (HTTP ${status})`;
  return new HermesError("network/unreachable", `${asked.host} answered with ${what}`, {
    httpStatus: status,
    retryable: true,
    hint: "check the network (a captive portal?), and try again",
  });
}

function limited(
  { status, retryAfterMs }: ExchangeReply,
  { host, what }: Asked,
  told: string,
): HermesError {
  const hint =
    retryAfterMs === undefined
      ? "try again later"
      : `try again in ${Math.ceil(retryAfterMs / 1_000)} s`;
  const options = {
    httpStatus: status,
    retryable: true,
    hint,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  return what === "renewal"
    ? new HermesError(
        "model/quota",
        `${host} renews no logins for now (HTTP 429)${told}; the login itself is still good`,
        options,
      )
    : new HermesError(
        "auth/sign_in_failed",
        `${host} takes no sign-ins for now (HTTP 429)${told}`,
        options,
      );
}
