import { expect, test } from "bun:test";
import * as oauth from "oauth4webapi";
import {
  cut,
  cutAfterwards,
  type Fault,
  heldUntil,
  oauthError,
  portal,
  rateLimited,
  redirect,
  withFields,
  withIdClaims,
} from "./faults.ts";
import { createIdentityProvider, type IdentityProvider } from "./identity_provider.ts";
import { claimsOf } from "./jwt.ts";
import type { HostRequest } from "./tls_proxy.ts";

const clientId = "b1a00492-073a-47ea-816f-4c329264a828";
const redirectUri = "http://127.0.0.1:56121/callback";
const authorizeUrl = "https://accounts.x.ai/oauth2/authorize";
const tokenUrl = "https://auth.x.ai/oauth2/token";
const openaiTokenUrl = "https://auth.openai.com/oauth/token";
const nowMs = Date.parse("2026-01-02T03:04:05Z");
const nowSeconds = nowMs / 1000;

function createProvider(): IdentityProvider {
  return createIdentityProvider({ now: () => nowMs, lifeSeconds: 600 });
}

/** Asks a host as if a request had come through the proxy. */
async function ask(
  provider: IdentityProvider,
  url: string,
  init: RequestInit = {},
): Promise<Response> {
  const { signal: left = null, ...rest } = init;
  const request = new Request(url, rest);
  const bytes = new Uint8Array(await request.arrayBuffer());
  const asked: HostRequest = {
    method: request.method,
    url: new URL(url),
    headers: request.headers,
    body: new TextDecoder().decode(bytes),
    bytes,
    left: left ?? new AbortController().signal,
  };
  const handler = provider.hosts[asked.url.host];
  if (!handler) throw new TypeError(`No such host: ${url}`);
  return handler(asked);
}

function post(
  provider: IdentityProvider,
  url: string,
  fields: Record<string, string>,
  signal: AbortSignal | null = null,
): Promise<Response> {
  return ask(provider, url, {
    method: "POST",
    signal,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  });
}

function refresh(
  provider: IdentityProvider,
  token: string,
  signal: AbortSignal | null = null,
): Promise<Response> {
  const grant = { grant_type: "refresh_token", client_id: clientId, refresh_token: token };
  return post(provider, tokenUrl, grant, signal);
}

const told = async (response: Response): Promise<unknown> => [
  response.status,
  await response.json(),
];

const asked = {
  response_type: "code",
  client_id: clientId,
  redirect_uri: redirectUri,
  scope: "openid profile email offline_access grok-cli:access api:access",
  // RFC 7636 appendix B.
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  code_challenge_method: "S256",
  state: "5ca75bd30b1f4a6d8e2c9f0a1b2c3d4e",
  nonce: "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
  plan: "generic",
  referrer: "hermes-agent",
};
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

const authorizeAddress = (changes: Record<string, string> = {}): string =>
  `${authorizeUrl}?${new URLSearchParams({ ...asked, ...changes }).toString()}`;

function exchangeForm(code: string, changes: Record<string, string> = {}): Record<string, string> {
  return {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    client_id: clientId,
    code_verifier: verifier,
    code_challenge: asked.code_challenge,
    code_challenge_method: "S256",
    ...changes,
  };
}

test("an OAuth library signs in, renews and revokes", async () => {
  // The library compares with the real time.
  const provider = createIdentityProvider();
  const options = {
    [oauth.customFetch]: (
      url: string,
      { method, headers, body }: oauth.CustomFetchOptions<string, URLSearchParams | undefined>,
    ): Promise<Response> => ask(provider, url, { method, headers, body: body?.toString() ?? null }),
  };
  const issuer = new URL("https://auth.x.ai");
  const found = await oauth.discoveryRequest(issuer, options);
  const server = await oauth.processDiscoveryResponse(issuer, found);
  const client = { client_id: clientId };
  const back = provider.approve(authorizeAddress(), "ada@example.com");
  expect(back.origin + back.pathname).toBe(redirectUri);
  const answer = oauth.validateAuthResponse(server, client, back, asked.state);
  const exchanged = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    answer,
    redirectUri,
    verifier,
    {
      ...options,
      additionalParameters: {
        code_challenge: asked.code_challenge,
        code_challenge_method: "S256",
      },
    },
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, exchanged, {
    expectedNonce: asked.nonce,
    requireIdToken: true,
  });
  expect(oauth.getValidatedIdTokenClaims(tokens)?.["email"]).toBe("ada@example.com");
  expect(provider.holder("xai-oauth", tokens.access_token)?.email).toBe("ada@example.com");

  const renewal = await oauth.refreshTokenGrantRequest(
    server,
    client,
    oauth.None(),
    tokens.refresh_token ?? "",
    options,
  );
  const renewed = await oauth.processRefreshTokenResponse(server, client, renewal);
  expect(renewed.refresh_token).not.toBe(tokens.refresh_token);
  const revocation = await oauth.revocationRequest(
    server,
    client,
    oauth.None(),
    renewed.refresh_token ?? "",
    options,
  );
  await oauth.processRevocationResponse(revocation);
  expect([provider.revoked(), provider.holder("xai-oauth", renewed.access_token)]).toEqual([
    1,
    undefined,
  ]);
});

test("the page of xAI takes an address and sends the browser back", async () => {
  const provider = createProvider();
  const shown = await ask(provider, authorizeAddress());
  expect([shown.status, await shown.text()]).toEqual([200, expect.stringContaining("<form")]);
  const answered = await post(provider, authorizeAddress(), {
    email: "ada@example.com",
    decision: "allow",
  });
  const location = new URL(answered.headers.get("location") ?? "");
  expect([answered.status, location.origin, Object.fromEntries(location.searchParams)]).toEqual([
    302,
    "http://127.0.0.1:56121",
    { code: provider.secrets()[0] ?? "", state: asked.state, iss: "https://auth.x.ai" },
  ]);
  const refusal = await post(provider, authorizeAddress(), { decision: "deny" });
  expect(new URL(refusal.headers.get("location") ?? "").searchParams.get("error")).toBe(
    "access_denied",
  );
});

test.each([
  ["response_type", "token"],
  ["client_id", "other"],
  ["redirect_uri", "http://localhost:56121/callback"],
  ["redirect_uri", "http://127.0.0.1/callback"],
  ["redirect_uri", "https://127.0.0.1:56121/callback"],
  ["scope", "openid"],
  ["code_challenge", "short"],
  ["code_challenge_method", "plain"],
  ["state", ""],
  ["nonce", ""],
  ["plan", "other"],
  ["referrer", ""],
  ["prompt", "login"],
])("xAI refuses an authorization request whose %s is %p", async (name, value) => {
  const provider = createProvider();
  const address = authorizeAddress({ [name]: value });
  const shown = await ask(provider, address);
  expect([shown.status, await shown.text()]).toEqual([
    400,
    expect.stringContaining(`<p>${name}</p>`),
  ]);
  expect(() => provider.approve(address, "ada@example.com")).toThrow(name);
  expect((await ask(provider, `${authorizeAddress()}&${name}=${value}`)).status).toBe(400);
});

test.each([
  ["redirect_uri", "http://127.0.0.1:56122/callback"],
  ["code_verifier", "other"],
  ["code_challenge", ""],
  ["code_challenge_method", "plain"],
])("xAI refuses an exchange whose %s is %p", async (name, value) => {
  const provider = createProvider();
  const code = provider.approve(authorizeAddress(), "ada@example.com").searchParams.get("code");
  const form = exchangeForm(code ?? "", { [name]: value });
  expect(await told(await post(provider, tokenUrl, form))).toEqual([
    400,
    { error: "invalid_grant", error_description: `Wrong ${name}` },
  ]);
});

test("a code that comes again takes back what it gave", async () => {
  const provider = createProvider();
  const code =
    provider.approve(authorizeAddress(), "ada@example.com").searchParams.get("code") ?? "";
  const first = await post(provider, tokenUrl, exchangeForm(code));
  const tokens = (await first.json()) as Record<string, string>;
  expect(claimsOf(tokens["id_token"] ?? "")).toEqual({
    iss: "https://auth.x.ai",
    iat: nowSeconds,
    exp: nowSeconds + 600,
    sub: expect.stringMatching(/^user-/),
    email: "ada@example.com",
    aud: clientId,
    nonce: asked.nonce,
  });
  expect(provider.holder("xai-oauth", tokens["access_token"] ?? "")?.email).toBe("ada@example.com");
  expect((await post(provider, tokenUrl, exchangeForm(code))).status).toBe(400);
  expect(provider.holder("xai-oauth", tokens["access_token"] ?? "")).toBeUndefined();
});

test("a refresh token serves once, and its second coming ends the grant", async () => {
  const provider = createProvider();
  const first = provider.signIn("xai-oauth", "ada@example.com");
  const other = provider.signIn("xai-oauth", "ada@example.com");
  const second = (await (await refresh(provider, first.refreshToken)).json()) as Record<
    string,
    string
  >;
  expect(provider.reuses()).toBe(0);
  expect(await told(await refresh(provider, first.refreshToken))).toEqual([
    400,
    { error: "invalid_grant", error_description: "The refresh token is reused" },
  ]);
  expect(provider.reuses()).toBe(1);
  expect(await told(await refresh(provider, second["refresh_token"] ?? ""))).toEqual([
    400,
    { error: "invalid_grant", error_description: "The refresh token is ended" },
  ]);
  expect(provider.holder("xai-oauth", second["access_token"] ?? "")).toBeUndefined();
  expect((await refresh(provider, other.refreshToken)).status).toBe(200);
  expect(provider.asked("xai/token").length).toBe(4);
});

test("access tokens open their account until they expire or are refused", () => {
  let now = nowMs;
  const provider = createIdentityProvider({ now: () => now, lifeSeconds: 600 });
  const ada = provider.signIn("xai-oauth", "ada@example.com").accessToken;
  const bob = provider.signIn("openai-codex", "bob@example.com", { lifeSeconds: 601 }).accessToken;
  const holders = (): unknown => [
    provider.holder("xai-oauth", ada)?.email,
    provider.holder("openai-codex", bob)?.email,
    provider.holder("openai-codex", ada)?.email,
  ];
  expect(holders()).toEqual(["ada@example.com", "bob@example.com", undefined]);
  now += 600_000;
  expect(holders()).toEqual([undefined, "bob@example.com", undefined]);
  provider.refuseAccess("bob@example.com");
  expect(holders()).toEqual([undefined, undefined, undefined]);
});

const deviceUrl = "https://auth.openai.com/api/accounts/deviceauth";
const codexClient = "app_EMoamEEZ73f0CkXaXp7hrann";

test("a device is let in once its code is confirmed", async () => {
  const provider = createProvider();
  const postJson = (path: string, body: unknown): Promise<Response> =>
    ask(provider, `${deviceUrl}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const started = await postJson("usercode", { client_id: codexClient });
  const device = (await started.json()) as Record<string, string>;
  expect(device).toEqual({
    device_auth_id: provider.secrets()[0] ?? "",
    user_code: "ABCD-00001",
    interval: "1",
  });
  expect((await postJson("token", device)).status).toBe(403);
  provider.confirmDevice("ABCD-00001", "ada@example.com");
  expect(() => {
    provider.confirmDevice("ABCD-00009", "ada@example.com");
  }).toThrow("ABCD-00009");
  const done = (await (await postJson("token", device)).json()) as Record<string, string>;
  expect((await postJson("token", device)).status).toBe(404);
  const form = {
    grant_type: "authorization_code",
    client_id: codexClient,
    code: done["authorization_code"] ?? "",
    code_verifier: done["code_verifier"] ?? "",
    redirect_uri: "https://auth.openai.com/deviceauth/callback",
  };
  const granted = await post(provider, openaiTokenUrl, form);
  const tokens = (await granted.json()) as Record<string, string>;
  expect(claimsOf(tokens["access_token"] ?? "")["https://api.openai.com/auth"]).toEqual({
    chatgpt_account_id: expect.stringMatching(/^acc-/),
    chatgpt_plan_type: "plus",
  });
  expect((await post(provider, openaiTokenUrl, form)).status).toBe(400);

  const renewal = {
    grant_type: "refresh_token",
    client_id: codexClient,
    refresh_token: tokens["refresh_token"] ?? "",
  };
  expect((await post(provider, openaiTokenUrl, renewal)).status).toBe(200);
  expect(await told(await post(provider, openaiTokenUrl, renewal))).toMatchObject([
    401,
    { error: { code: "refresh_token_reused" } },
  ]);
});

test("the provider of one vendor knows nothing of another's tokens", async () => {
  const provider = createProvider();
  const { refreshToken } = provider.signIn("openai-codex", "ada@example.com");
  expect(await told(await refresh(provider, refreshToken))).toEqual([
    400,
    { error: "invalid_grant", error_description: "The refresh token is unknown" },
  ]);
  expect(provider.reuses()).toBe(0);
});

test("scripted faults come once each, and only some of them spend the token", async () => {
  const provider = createProvider();
  const { refreshToken } = provider.signIn("xai-oauth", "ada@example.com");
  const harmless: readonly Fault[] = [
    oauthError(503, "temporarily_unavailable"),
    portal(401),
    rateLimited("7"),
    redirect(307, "https://evil.example/token"),
    cut,
  ];
  provider.script("xai/token", ...harmless, cutAfterwards);
  const seen: unknown[] = [];
  for (const _ of harmless) {
    const { status, type, headers } = await refresh(provider, refreshToken);
    seen.push([status, type, headers.get("retry-after") ?? headers.get("location")]);
  }
  expect(seen).toEqual([
    [503, "default", null],
    [401, "default", null],
    [429, "default", "7"],
    [307, "default", "https://evil.example/token"],
    [0, "error", null],
  ]);
  expect((await refresh(provider, refreshToken)).type).toBe("error");
  expect([provider.reuses(), (await refresh(provider, refreshToken)).status]).toEqual([0, 400]);
  expect(provider.reuses()).toBe(1);
});

test("an answer that is late was made before, and is not waited for when its client has left", async () => {
  const provider = createIdentityProvider({ now: () => nowMs, latencyMs: 3_600_000 });
  const gate = Promise.withResolvers<void>();
  provider.script("xai/token", heldUntil(gate.promise));
  const { refreshToken } = provider.signIn("xai-oauth", "ada@example.com");
  const signal = AbortSignal.abort();
  const held = refresh(provider, refreshToken, signal);
  // Spent already, though nobody has the answer.
  expect((await refresh(provider, refreshToken, signal)).status).toBe(400);
  expect(provider.reuses()).toBe(1);
  gate.resolve();
  expect((await held).status).toBe(200);
});

test("answers can be given other fields and other claims", async () => {
  const provider = createProvider();
  provider.script(
    "xai/discovery",
    withFields({ token_endpoint: "https://evil.example/token", issuer: undefined }),
  );
  const found = await ask(provider, "https://auth.x.ai/.well-known/openid-configuration");
  expect(await found.json()).toMatchObject({ token_endpoint: "https://evil.example/token" });
  provider.script("xai/token", withIdClaims({ nonce: undefined, aud: "other" }));
  const { refreshToken } = provider.signIn("xai-oauth", "ada@example.com", { nonce: "n" });
  const { id_token: idToken } = (await (await refresh(provider, refreshToken)).json()) as Record<
    string,
    string
  >;
  expect(claimsOf(idToken ?? "")).toMatchObject({ aud: "other", email: "ada@example.com" });
});
