import { describe, expect, test } from "bun:test";
import { requestRefresh } from "../../src/auth/refresh_request.ts";
import type { RefreshReply } from "../../src/auth/renewal.ts";
import type { OauthEndpoints, SignInFacts, TokenSet } from "../../src/core/sign_in.ts";
import { createFakeClock } from "../fakes/clock.ts";
import {
  cut,
  cutAfterwards,
  cutInAnswer,
  type Fault,
  hang,
  json,
  nestedError,
  oauthError,
  portal,
  rateLimited,
  redirect,
  text,
  withFields,
} from "../fakes/faults.ts";
import { createIdentityProvider, type IdentityProvider } from "../fakes/identity_provider.ts";
import { thrown } from "../fakes/thrown.ts";
import { codex, fetchFrom, type Sent, xai } from "./login_rig.ts";

const endpoints: OauthEndpoints = {
  authorization: "https://accounts.x.ai/oauth2/authorize",
  token: "https://auth.x.ai/oauth2/token",
  revocation: "https://auth.x.ai/oauth2/revoke",
};

interface Asked {
  readonly identity: IdentityProvider;
  readonly sent: readonly Sent[];
  readonly before: TokenSet;
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly reply: Promise<RefreshReply>;
  readonly stop: AbortController;
}

/** A renewal at a provider that answers with these faults first. */
function ask(
  facts: SignInFacts,
  faults: readonly Fault[] = [],
  given: { readonly endpoints?: OauthEndpoints } = facts === xai ? { endpoints } : {},
): Asked {
  const clock = createFakeClock(Date.parse("2026-01-02T03:04:05Z"));
  const identity = createIdentityProvider({ now: () => clock.now() });
  const vendor = facts.kind === "device_code" ? "openai-codex" : "xai-oauth";
  const before = identity.signIn(vendor, "ada@example.com");
  identity.script(facts.kind === "device_code" ? "openai/token" : "xai/token", ...faults);
  const { fetch, sent } = fetchFrom(identity);
  const { refreshToken } = before;
  const stop = new AbortController();
  const order = { refreshToken, timeoutMs: 20_000, ...given };
  const reply = requestRefresh({ fetch, clock }, facts, order, stop.signal);
  reply.catch(() => undefined);
  return { identity, sent, before, clock, reply, stop };
}

describe("requestRefresh()", () => {
  test("asks the endpoint that is known, and nobody else", async () => {
    const { reply, sent, before, identity } = ask(xai);
    const ended = await reply;
    if (ended.kind !== "tokens") throw new Error("Refused");
    expect(identity.holder("xai-oauth", ended.tokens.accessToken)?.email).toBe("ada@example.com");
    expect(ended).toEqual({ kind: "tokens", tokens: ended.tokens, endpoints });
    expect(
      sent.map(({ body, ...rest }) => ({ ...rest, form: [...new URLSearchParams(body)] })),
    ).toEqual([
      {
        url: endpoints.token,
        method: "POST",
        redirect: "manual",
        type: "application/x-www-form-urlencoded",
        form: [
          ["grant_type", "refresh_token"],
          ["client_id", xai.clientId],
          ["refresh_token", before.refreshToken],
        ],
      },
    ]);
  });

  test("finds the endpoint where it is not known", async () => {
    const { reply, sent } = ask(xai, [], {});
    expect(await reply).toMatchObject({ kind: "tokens", endpoints });
    expect(sent.map(({ method, url }) => [method, url])).toEqual([
      ["GET", "https://auth.x.ai/.well-known/openid-configuration"],
      ["POST", endpoints.token],
    ]);
  });

  test("asks ChatGPT's one address, whatever the file says", async () => {
    const evil = { authorization: "https://evil.example/", token: "https://evil.example/" };
    const { reply, sent } = ask(codex, [], { endpoints: evil });
    expect((await reply).kind).toBe("tokens");
    expect(sent.map(({ url }) => url)).toEqual([codex.tokenUrl]);
  });

  test.each([
    "https://evil.example/token",
    "http://auth.x.ai/token",
    "https://evil.example\\@x.ai/token",
    "https://x.ai@evil.example/token",
    "https://auth.x.ai:8443/token",
    "https://auth.x.ai./token",
    "https://AUTH.X.AI/token",
    "https://auth%2ex.ai/token",
    "",
  ])("sends nothing to %j, which the file may say", async (token) => {
    const { reply, sent } = ask(xai, [], { endpoints: { ...endpoints, token } });
    expect((await thrown(() => reply)).code).toBe("auth/sign_in_failed");
    expect(sent).toEqual([]);
  });

  test.each([
    ["no new refresh token", { refresh_token: undefined }, { refreshToken: "" }],
    ["no id token", { id_token: undefined }, { idToken: "" }],
    ["no time", { expires_in: undefined }, { expiresIn: null }],
    ["a time that is none", { expires_in: "soon" }, { expiresIn: null }],
  ])("takes an answer with %s", async (_name, fields, tokens) => {
    const { reply } = ask(xai, [withFields(fields)]);
    expect(await reply).toMatchObject({ kind: "tokens", tokens });
  });
});

describe("a grant is refused by", () => {
  test.each([
    ["invalid_grant", oauthError(400, "invalid_grant", "Over"), "invalid_grant", "Over"],
    ["invalid_grant, HTTP 401", oauthError(401, "invalid_grant"), "invalid_grant", "invalid_grant"],
    ["invalid_token", oauthError(401, "invalid_token", "Over"), "invalid_token", "Over"],
    [
      "a reused token",
      nestedError(401, "refresh_token_reused", "Used"),
      "refresh_token_reused",
      "Used",
    ],
    ["an expired token", nestedError(401, "token_expired", "Late"), "token_expired", "Late"],
    [
      "an ended session",
      nestedError(401, "app_session_terminated", "Out"),
      "app_session_terminated",
      "Out",
    ],
    ["a revoked token", oauthError(401, "token_revoked"), "token_revoked", "token_revoked"],
    [
      "an unauthorized client",
      oauthError(400, "unauthorized_client"),
      "unauthorized_client",
      "unauthorized_client",
    ],
    [
      "its sentence",
      json(400, {
        error: {
          message: "Your refresh token is not valid",
          type: "invalid_request_error",
          code: null,
        },
      }),
      "invalid_request_error",
      "Your refresh token is not valid",
    ],
    [
      "its flat sentence",
      oauthError(400, "invalid_request", "Unknown refresh_token"),
      "invalid_request",
      "Unknown refresh_token",
    ],
    [
      "words for a terminal",
      oauthError(400, "invalid_grant", "\u001b[2JA\r\nB\u0090"),
      "invalid_grant",
      "[2JA B",
    ],
  ])("%s", async (_name, fault, reason, message) => {
    for (const facts of [xai, codex]) {
      const { reply } = ask(facts, [fault]);
      expect(await reply).toEqual({ kind: "refused", reason, message });
    }
  });

  test("the provider itself, when the token was spent", async () => {
    const { reply, identity, before } = ask(xai);
    await reply;
    const { fetch } = fetchFrom(identity);
    const clock = createFakeClock();
    const given = { refreshToken: before.refreshToken, endpoints, timeoutMs: 1_000 };
    const { signal } = new AbortController();
    expect(await requestRefresh({ fetch, clock }, xai, given, signal)).toEqual({
      kind: "refused",
      reason: "invalid_grant",
      message: "The refresh token is reused",
    });
  });

  test("and what it repeats of the token is not told", async () => {
    const { reply, before } = ask(xai, [
      (_, { body }) =>
        Response.json(
          {
            error: "invalid_grant",
            error_description: `Bad: ${new URLSearchParams(body).get("refresh_token")}`,
          },
          { status: 400 },
        ),
    ]);
    expect(await reply).toEqual({ kind: "refused", reason: "invalid_grant", message: "Bad: ***" });
    expect(before.refreshToken.length).toBeGreaterThan(20);
  });

  test("at most 300 characters of it are told", async () => {
    const { reply } = ask(xai, [oauthError(400, "invalid_grant", "x ".repeat(5_000))]);
    expect(await reply).toMatchObject({ kind: "refused", message: "x ".repeat(150) });
  });
});

describe("a grant is not refused by", () => {
  const other = (status: number) =>
    `auth.x.ai answered with something else than JSON (HTTP ${status})`;
  const said = (status: number, told: string) =>
    `auth.x.ai refused the renewal (HTTP ${status}): ${told}`;

  test.each([
    ["a portal, HTTP 401", portal(401), "network/unreachable", other(401), true],
    ["a portal, HTTP 400", portal(400), "network/unreachable", other(400), true],
    ["a portal, HTTP 403", portal(403), "network/unreachable", other(403), true],
    [
      "a portal, HTTP 200",
      portal(200),
      "network/unreachable",
      "auth.x.ai answered without a token",
      true,
    ],
    ["nothing, HTTP 401", text(401, ""), "network/unreachable", other(401), true],
    ["a list, HTTP 401", json(401, ["invalid_grant"]), "network/unreachable", other(401), true],
    [
      "JSON of a gateway",
      json(401, { message: "token required" }),
      "network/unreachable",
      "auth.x.ai answered with HTTP 401",
      true,
    ],
    [
      "a gateway's word",
      oauthError(401, "unauthorized", "Log in first"),
      "auth/sign_in_failed",
      said(401, "Log in first"),
      false,
    ],
    [
      "a wrong client",
      oauthError(401, "invalid_client", "Unknown"),
      "auth/sign_in_failed",
      said(401, "Unknown"),
      false,
    ],
    [
      "a wrong request",
      oauthError(400, "invalid_request", "No client"),
      "auth/sign_in_failed",
      said(400, "No client"),
      false,
    ],
    [
      "a wrong kind of request",
      oauthError(400, "unsupported_grant_type"),
      "auth/sign_in_failed",
      said(400, "unsupported_grant_type"),
      false,
    ],
    [
      "a passing word",
      oauthError(400, "temporarily_unavailable"),
      "auth/sign_in_failed",
      said(400, "temporarily_unavailable"),
      false,
    ],
    [
      "HTTP 404",
      oauthError(404, "invalid_grant"),
      "auth/sign_in_failed",
      said(404, "invalid_grant"),
      false,
    ],
    [
      "HTTP 500",
      oauthError(500, "invalid_grant"),
      "network/unreachable",
      "auth.x.ai answered with HTTP 500: invalid_grant",
      true,
    ],
    ["HTTP 502", text(502, "bad gateway"), "network/unreachable", other(502), true],
    ["HTTP 503", text(503, ""), "network/unreachable", other(503), true],
    [
      "no access token",
      withFields({ access_token: undefined }),
      "network/unreachable",
      "auth.x.ai answered without a token",
      true,
    ],
    [
      "an access token that is none",
      withFields({ access_token: 7 }),
      "network/unreachable",
      "auth.x.ai answered without a token",
      true,
    ],
    [
      "a cut before the answer",
      cut,
      "network/unreachable",
      "Could not reach auth.x.ai: The connection was cut",
      true,
    ],
    [
      "a cut after the work",
      cutAfterwards,
      "network/unreachable",
      "Could not reach auth.x.ai: The connection was cut",
      true,
    ],
    [
      "a cut in the answer",
      cutInAnswer,
      "network/unreachable",
      "Could not reach auth.x.ai: Cut",
      true,
    ],
    [
      "a redirect",
      redirect(307, "https://evil.example/"),
      "auth/sign_in_failed",
      "auth.x.ai sent the request elsewhere (HTTP 307): it was not followed",
      true,
    ],
  ] as const)("%s", async (...row) => {
    const [, fault, code, message, retryable] = row;
    const { reply, sent } = ask(xai, [fault]);
    const error = await thrown(() => reply);
    expect([error.code, error.message, error.retryable]).toEqual([code, message, retryable]);
    expect(sent.length).toBe(1);
  });

  test("an account that has no plan for it; signing in again would not help", async () => {
    const { reply } = ask(xai, [oauthError(403, "tier", "SuperGrok is needed")]);
    const { code, message, hint, httpStatus } = await thrown(() => reply);
    expect({ code, message, hint, httpStatus }).toEqual({
      code: "auth/not_entitled",
      message: "auth.x.ai does not let this account in: SuperGrok is needed",
      hint: "look at the account's plan; with an API key: set XAI_API_KEY, choose --provider xai",
      httpStatus: 403,
    });
    expect(`${message} ${hint}`).not.toMatch(/sign in again|auth add/);
  });

  test.each([
    ["41", 41_000, "try again in 41 s"],
    ["soon", undefined, "try again later"],
  ])(
    "a limit that is used up (Retry-After: %s); the login is still good",
    async (header, ms, hint) => {
      const { reply } = ask(codex, [rateLimited(header)]);
      const error = await thrown(() => reply);
      expect([error.code, error.message, error.retryAfterMs, error.hint]).toEqual([
        "model/quota",
        "auth.openai.com renews no logins for now (HTTP 429): rate_limited; the login itself is still good",
        ms,
        hint,
      ]);
      expect(`${error.message} ${error.hint}`).not.toMatch(/sign in again|auth add/);
    },
  );

  test("no answer", async () => {
    const { reply, clock } = ask(xai, [hang]);
    await clock.untilSleeping();
    await clock.advance(20_000);
    const { code, message } = await thrown(() => reply);
    expect([code, message]).toEqual(["network/timeout", "auth.x.ai did not answer within 20 s"]);
    expect(clock.sleeping()).toBe(0);
  });

  test("somebody who has had enough", async () => {
    const { reply, clock, stop } = ask(xai, [hang]);
    await clock.untilSleeping();
    stop.abort();
    expect((await thrown(() => reply)).code).toBe("turn/interrupted");
    expect(clock.sleeping()).toBe(0);
  });
});
