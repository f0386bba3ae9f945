import { describe, expect, test } from "bun:test";
import { HermesError } from "../../src/core/errors.ts";
import type { Browser, Loopback } from "../../src/core/ports.ts";
import { settled } from "../fakes/clock.ts";
import {
  cut,
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
  withIdClaims,
} from "../fakes/faults.ts";
import { createIdentityProvider, type Endpoint } from "../fakes/identity_provider.ts";
import { thrown } from "../fakes/thrown.ts";
import { claimsOf } from "../fakes/jwt.ts";
import {
  type LoginSetup,
  type RunningLogin,
  speak,
  startLogin,
  statusOf,
  xai,
} from "./login_rig.ts";

const ada = "ada@example.com";

/** The browser comes back from the identity provider; the page that it is shown. */
async function comeBack(login: RunningLogin, back: URL): Promise<string> {
  const { port = 0 } = await login.shown;
  const head = `GET ${back.pathname}${back.search} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  return await speak(port, head);
}

/** A sign-in in which everybody does what they should, except where the endpoint's answers are scripted. */
async function signInWith(
  endpoint: Endpoint,
  faults: readonly Fault[],
  setup: LoginSetup = {},
): Promise<RunningLogin> {
  const identity = createIdentityProvider({ now: () => Date.parse("2026-01-02T03:04:05Z") });
  identity.script(endpoint, ...faults);
  const login = startLogin({ ...setup, identity });
  if (endpoint === "xai/discovery") return login;
  const { address } = await login.shown;
  await comeBack(login, identity.approve(address, ada));
  return login;
}

/** What a failed sign-in tells, and what the program does with it. */
async function failureOf(login: RunningLogin): Promise<Readonly<Record<string, unknown>>> {
  const { code, message, hint, retryable, retryAfterMs, httpStatus } = await thrown(
    () => login.ended,
  );
  return {
    code,
    message,
    retryable,
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
  };
}

describe("signIn() in the browser", () => {
  test("asks with exactly the ten parameters and keeps what it gets", async () => {
    await using login = startLogin();
    const { address, port } = await login.shown;
    const url = new URL(address);
    const redirectUri = `http://127.0.0.1:${port}/callback`;
    expect(`${url.origin}${url.pathname}`).toBe("https://accounts.x.ai/oauth2/authorize");
    expect([...url.searchParams]).toEqual([
      ["response_type", "code"],
      ["client_id", "b1a00492-073a-47ea-816f-4c329264a828"],
      ["redirect_uri", redirectUri],
      ["scope", "openid profile email offline_access grok-cli:access api:access"],
      ["code_challenge", expect.stringMatching(/^[\w-]{43}$/)],
      ["code_challenge_method", "S256"],
      ["state", expect.stringMatching(/^[\w-]{32,}$/)],
      ["nonce", expect.stringMatching(/^[\w-]{32,}$/)],
      ["plan", "generic"],
      ["referrer", "hermes-agent"],
    ]);
    expect(address).toContain("scope=openid+profile+email+");

    const page = await comeBack(login, login.identity.approve(address, ada));
    expect(statusOf(page)).toBe(200);
    const { tokens, ...rest } = await login.ended;
    expect(rest).toEqual({
      endpoints: {
        authorization: "https://accounts.x.ai/oauth2/authorize",
        token: "https://auth.x.ai/oauth2/token",
        revocation: "https://auth.x.ai/oauth2/revoke",
      },
      redirectUri,
    });
    expect(login.identity.holder("xai-oauth", tokens.accessToken)?.email).toBe(ada);
    expect({ ...claimsOf(tokens.idToken), expiresIn: tokens.expiresIn }).toMatchObject({
      nonce: url.searchParams.get("nonce"),
      expiresIn: 21_600,
    });
    expect(login.notes).toEqual([]);
  });

  test("exchanges the code with everything that the server looks at, and follows nobody", async () => {
    await using login = await signInWith("xai/token", []);
    await login.ended;
    const { address } = await login.shown;
    const [discovery, exchange, ...more] = login.sent;
    expect([discovery?.method, discovery?.url, discovery?.redirect, more]).toEqual([
      "GET",
      "https://auth.x.ai/.well-known/openid-configuration",
      "manual",
      [],
    ]);
    expect({ ...exchange, body: "" }).toEqual({
      url: "https://auth.x.ai/oauth2/token",
      method: "POST",
      redirect: "manual",
      type: "application/x-www-form-urlencoded",
      body: "",
    });
    const asked = new URL(address).searchParams;
    expect([...new URLSearchParams(exchange?.body)]).toEqual([
      ["grant_type", "authorization_code"],
      ["code", expect.stringMatching(/^[\w-]{43}$/)],
      ["redirect_uri", asked.get("redirect_uri") ?? ""],
      ["client_id", xai.clientId],
      ["code_verifier", expect.stringMatching(/^[\w-]{86}$/)],
      ["code_challenge", asked.get("code_challenge") ?? ""],
      ["code_challenge_method", "S256"],
    ]);
  });

  test("has secrets of its own each time", async () => {
    await using one = startLogin();
    await using other = startLogin();
    const [first, second] = [await one.shown, await other.shown].map(
      ({ address }) => new URL(address).searchParams,
    );
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(first?.get(name)).not.toBe(second?.get(name) ?? null);
    }
  });

  test("listens before anybody knows the address, and not after the end", async () => {
    await using login = await signInWith("xai/token", []);
    const { port = 0 } = await login.shown;
    await login.ended;
    expect(await speak(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("");
  });

  test.each([
    [true, true, true, []],
    [true, false, true, ["No browser could be started: open the address yourself"]],
    [true, true, false, []],
    [false, true, true, []],
  ])("opens it when wanted (%p), started (%p) and likely (%p)", async (...given) => {
    const [isWanted, isStarted, isLikely, notes] = given;
    const opened: string[] = [];
    const browser: Browser = {
      isLikely: async () => isLikely,
      async open(url) {
        opened.push(url);
        return isStarted;
      },
    };
    await using login = startLogin({ browser, openBrowser: isWanted });
    const { address } = await login.shown;
    await settled();
    expect(opened).toEqual(isWanted && isLikely ? [address] : []);
    expect(login.notes).toEqual(notes);
  });

  test("says what the person refused, in words that no terminal minds", async () => {
    await using login = startLogin();
    const { address } = await login.shown;
    const back = login.identity.deny(address);
    const rest = "\u001b]0;x\u0007\u009b2J\n";
    back.searchParams.set("error_description", `No${rest}${"x".repeat(2_000)}`);
    const page = await comeBack(login, back);
    expect([statusOf(page), page.includes("xxx"), page.includes("]0;x")]).toEqual([
      200,
      false,
      false,
    ]);
    const { code, message } = await thrown(() => login.ended);
    expect(code).toBe("auth/sign_in_failed");
    expect(message).toMatch(/^The sign-in was not allowed: No \]0;x 2J x+$/);
    expect(message.length).toBeLessThan(340);
  });

  test("takes the error's code where nothing describes it", async () => {
    await using login = startLogin();
    const back = login.identity.deny((await login.shown).address);
    back.searchParams.delete("error_description");
    await comeBack(login, back);
    expect((await thrown(() => login.ended)).message).toBe(
      "The sign-in was not allowed: access_denied",
    );
  });

  test("does not take an answer of another issuer", async () => {
    await using login = startLogin();
    const back = login.identity.approve((await login.shown).address, ada);
    back.searchParams.set("iss", "https://evil.example");
    await comeBack(login, back);
    expect((await thrown(() => login.ended)).code).toBe("auth/sign_in_failed");
    expect(login.sent.length).toBe(1);
  });

  test("the first right answer counts, whatever comes after it", async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const identity = createIdentityProvider({ now: () => Date.parse("2026-01-02T03:04:05Z") });
    identity.script("xai/token", async (answer) => {
      const whole = await answer();
      await gate;
      return whole;
    });
    await using login = startLogin({ identity });
    const { address } = await login.shown;
    await comeBack(login, identity.approve(address, ada));
    expect(statusOf(await comeBack(login, identity.approve(address, "bob@example.com")))).toBe(200);
    expect(statusOf(await comeBack(login, identity.deny(address)))).toBe(200);
    open();
    const { tokens } = await login.ended;
    expect(identity.holder("xai-oauth", tokens.accessToken)?.email).toBe(ada);
  });

  test("ends when nobody comes", async () => {
    await using login = startLogin({ timeoutMs: 30_000 });
    await login.shown;
    await login.clock.advance(29_999);
    expect(login.isOver()).toBe(false);
    await login.clock.advance(1);
    const { code, message } = await thrown(() => login.ended);
    expect([code, message]).toEqual(["auth/sign_in_failed", "Nobody signed in within 30 s"]);
    expect(login.clock.sleeping()).toBe(0);
  });

  test("ends with the reason that it is told to end with", async () => {
    await using login = startLogin();
    await login.shown;
    const reason = new HermesError("turn/deadline", "Enough");
    login.abort(reason);
    expect(await thrown(() => login.ended)).toBe(reason);
    expect(login.clock.sleeping()).toBe(0);
  });

  test("says that nothing can listen", async () => {
    const loopback: Loopback = {
      listen: () => Promise.reject(Object.assign(new Error("no"), { code: "EADDRNOTAVAIL" })),
    };
    await using login = startLogin({ loopback });
    expect(await failureOf(login)).toEqual({
      code: "auth/sign_in_failed",
      message: "No port of this machine can be listened on: EADDRNOTAVAIL",
      hint: "sign in without one: --manual-paste",
      retryable: false,
    });
  });
});

describe("signIn() with something pasted", () => {
  const codeOf = (back: URL): string => back.searchParams.get("code") ?? "";

  test.each([
    ["the address", (back: URL) => back.href],
    ["its query", (back: URL) => back.search],
    ["the code", codeOf],
    ["the code and the state", (back: URL) => `code=${codeOf(back)}&state=${stateOf(back)}`],
    ["a fragment", (back: URL) => back.search.replace("?", "#")],
  ])("takes %s while it listens", async (_name, line) => {
    await using login = startLogin();
    const { address } = await login.shown;
    login.paste(line(login.identity.approve(address, ada)));
    const { tokens } = await login.ended;
    expect(login.identity.holder("xai-oauth", tokens.accessToken)?.email).toBe(ada);
    expect(login.notes).toEqual([]);
  });

  test("takes it without a listener", async () => {
    const loopback: Loopback = { listen: () => Promise.reject(new Error("Nobody listens")) };
    await using login = startLogin({
      facts: { ...xai, preferredPort: 56_121 },
      loopback,
      manualPaste: true,
    });
    const { address, port } = await login.shown;
    expect([port, new URL(address).searchParams.get("redirect_uri")]).toEqual([
      undefined,
      "http://127.0.0.1:56121/callback",
    ]);
    login.paste(login.identity.approve(address, ada).href);
    expect((await login.ended).redirectUri).toBe("http://127.0.0.1:56121/callback");
  });

  test("says what it cannot use, and goes on waiting", async () => {
    await using login = startLogin();
    const { address, port } = await login.shown;
    const back = login.identity.approve(address, ada);
    for (const line of ["", "what now?", "https://evil.example/callback?code=a"]) login.paste(line);
    login.paste(`?code=${codeOf(back)}&state=0000`);
    login.paste(`?error=access_denied&state=`);
    await settled();
    const neither = `That is neither the address (http://127.0.0.1:${port}/callback?...) nor a code`;
    const foreign = "That address belongs to another sign-in: open the one shown here";
    expect(login.notes).toEqual([neither, neither, foreign, foreign]);
    expect([login.isOver(), login.sent.length]).toEqual([false, 1]);
    login.paste(back.href);
    expect((await login.ended).tokens.refreshToken).toStartWith("rt_");
  });

  test("takes a refusal, too", async () => {
    await using login = startLogin();
    const { address } = await login.shown;
    login.paste(login.identity.deny(address).href);
    expect((await thrown(() => login.ended)).message).toBe(
      "The sign-in was not allowed: The person said no",
    );
  });

  test("goes on listening when nobody can type", async () => {
    await using login = startLogin({ pasted: () => [] });
    const { address } = await login.shown;
    await settled();
    expect(login.isOver()).toBe(false);
    await comeBack(login, login.identity.approve(address, ada));
    expect((await login.ended).tokens.refreshToken).toStartWith("rt_");
  });

  test.each([[[]], [["what now?"]]])("ends when nobody listens and %j is all", async (lines) => {
    await using login = startLogin({ manualPaste: true, pasted: () => lines });
    const { code, message } = await thrown(() => login.ended);
    expect([code, message]).toEqual([
      "auth/sign_in_failed",
      "Nothing was pasted that could be the answer",
    ]);
  });
});

const stateOf = (back: URL): string => back.searchParams.get("state") ?? "";

const captive = "check the network (a captive portal?), and try again";
const again = "run the command again";

describe("a discovery that goes wrong:", () => {
  const document = {
    issuer: "https://auth.x.ai",
    authorization_endpoint: "https://accounts.x.ai/oauth2/authorize",
    token_endpoint: "https://auth.x.ai/oauth2/token",
  };
  const passing = (message: string, httpStatus: number) => ({
    code: "network/unreachable",
    message: `auth.x.ai does not say how to sign in: ${message}`,
    hint: captive,
    retryable: true,
    httpStatus,
  });
  const wrong = (message: unknown) => ({
    code: "auth/sign_in_failed",
    message,
    retryable: false,
  });
  const elsewhere = (name: string) => ({
    ...wrong(expect.stringContaining(`The ${name} is not at https://x.ai: nothing was sent`)),
    hint: "check the network, and run the command again",
  });

  test.each([
    ["HTTP 404", json(404, {}), passing("HTTP 404", 404)],
    ["HTTP 503 in words", text(503, "busy"), passing("no JSON (HTTP 503)", 503)],
    ["a portal", portal(200), passing("no JSON (HTTP 200)", 200)],
    ["a list", json(200, []), passing("no JSON (HTTP 200)", 200)],
    ["nothing", text(200, ""), passing("no JSON (HTTP 200)", 200)],
    [
      "another issuer",
      json(200, { ...document, issuer: "https://evil.example" }),
      wrong("auth.x.ai answers for another issuer"),
    ],
    ["no issuer", withFields({ issuer: undefined }), wrong("auth.x.ai answers for another issuer")],
    [
      "no token endpoint",
      withFields({ token_endpoint: undefined }),
      wrong("auth.x.ai names no token endpoint"),
    ],
    [
      "an empty token endpoint",
      withFields({ token_endpoint: "" }),
      wrong("auth.x.ai names no token endpoint"),
    ],
    [
      "no authorization endpoint",
      withFields({ authorization_endpoint: 7 }),
      wrong("auth.x.ai names no authorization endpoint"),
    ],
    [
      "a token endpoint elsewhere",
      withFields({ token_endpoint: "https://evil.example/token" }),
      elsewhere("token endpoint"),
    ],
    [
      "one for which parsers differ",
      withFields({ token_endpoint: "https://evil.example\\@x.ai/" }),
      elsewhere("token endpoint"),
    ],
    [
      "an authorization endpoint elsewhere",
      withFields({ authorization_endpoint: "https://x.ai.evil.example/" }),
      elsewhere("authorization endpoint"),
    ],
    [
      "one that is not encrypted",
      withFields({ authorization_endpoint: "http://auth.x.ai/" }),
      elsewhere("authorization endpoint"),
    ],
    [
      "one with a script",
      withFields({ authorization_endpoint: "javascript:alert(1)" }),
      elsewhere("authorization endpoint"),
    ],
    [
      "a redirect",
      redirect(302, "https://evil.example/"),
      {
        code: "auth/sign_in_failed",
        message: "auth.x.ai sent the request elsewhere (HTTP 302): it was not followed",
        hint: "check the network (a captive portal?)",
        retryable: true,
        httpStatus: 302,
      },
    ],
    [
      "a connection that is cut",
      cut,
      {
        code: "network/unreachable",
        message: "Could not reach auth.x.ai: The connection was cut",
        hint: "check the network and the proxy, and try again",
        retryable: true,
      },
    ],
  ] as const)("%s", async (_name, fault, failure) => {
    await using login = await signInWith("xai/discovery", [fault]);
    expect(await failureOf(login)).toEqual(failure);
    expect(login.sent.length).toBe(1);
  });

  test("no answer", async () => {
    await using login = await signInWith("xai/discovery", [hang]);
    await login.clock.untilSleeping();
    await login.clock.advance(20_000);
    expect(await failureOf(login)).toEqual({
      code: "network/timeout",
      message: "auth.x.ai did not answer within 20 s",
      hint: "check the network, and try again",
      retryable: true,
    });
  });

  test("a revocation endpoint elsewhere is left out, and keeps nobody from signing in", async () => {
    await using login = await signInWith("xai/discovery", [
      withFields({ revocation_endpoint: "https://evil.example/revoke" }),
    ]);
    const { address } = await login.shown;
    await comeBack(login, login.identity.approve(address, ada));
    expect((await login.ended).endpoints).toEqual({
      authorization: document.authorization_endpoint,
      token: document.token_endpoint,
    });
  });
});

describe("an exchange that goes wrong:", () => {
  const refused = (message: unknown, httpStatus?: number) => ({
    code: "auth/sign_in_failed",
    message,
    hint: again,
    retryable: false,
    ...(httpStatus === undefined ? {} : { httpStatus }),
  });
  const passing = (message: unknown, httpStatus: number) => ({
    code: "network/unreachable",
    message,
    hint: captive,
    retryable: true,
    httpStatus,
  });
  const notEntitled = (told: string) => ({
    code: "auth/not_entitled",
    message: `auth.x.ai does not let this account in${told}`,
    hint: "look at the account's plan; with an API key: set XAI_API_KEY, choose --provider xai",
    retryable: false,
    httpStatus: 403,
  });
  const notOurs = (what: string) => refused(`The tokens are not for this sign-in: another ${what}`);

  test.each([
    [
      "invalid_grant",
      oauthError(400, "invalid_grant", "No such code"),
      refused("auth.x.ai refused the sign-in (HTTP 400): No such code", 400),
    ],
    [
      "invalid_client",
      oauthError(401, "invalid_client"),
      refused("auth.x.ai refused the sign-in (HTTP 401): invalid_client", 401),
    ],
    [
      "the other shape",
      nestedError(400, "bad_code", "Bad code"),
      refused("auth.x.ai refused the sign-in (HTTP 400): Bad code", 400),
    ],
    [
      "a plan that has it not",
      oauthError(403, "tier", "Your plan has no API"),
      notEntitled(": Your plan has no API"),
    ],
    ["a plan, without a word", text(403, ""), notEntitled("")],
    [
      "a portal that forbids",
      portal(403),
      passing("auth.x.ai answered with something else than JSON (HTTP 403)", 403),
    ],
    [
      "a portal that wants a login",
      portal(401),
      passing("auth.x.ai answered with something else than JSON (HTTP 401)", 401),
    ],
    ["a portal that says yes", portal(200), refused("auth.x.ai answered without a token")],
    [
      "HTTP 503",
      oauthError(503, "busy", "Busy"),
      passing("auth.x.ai answered with HTTP 503: Busy", 503),
    ],
    [
      "too many",
      rateLimited("17"),
      {
        ...refused("auth.x.ai takes no sign-ins for now (HTTP 429): rate_limited", 429),
        hint: "try again in 17 s",
        retryable: true,
        retryAfterMs: 17_000,
      },
    ],
    [
      "no access token",
      withFields({ access_token: undefined }),
      refused("auth.x.ai answered without a token"),
    ],
    [
      "an empty access token",
      withFields({ access_token: "" }),
      refused("auth.x.ai answered without a token"),
    ],
    [
      "no refresh token",
      withFields({ refresh_token: undefined }),
      refused("auth.x.ai answered without a refresh token"),
    ],
    ["another nonce", withIdClaims({ nonce: "another" }), notOurs("nonce")],
    ["no nonce", withIdClaims({ nonce: undefined }), notOurs("nonce")],
    ["another audience", withIdClaims({ aud: "another" }), notOurs("audience")],
    ["no audience", withIdClaims({ aud: undefined }), notOurs("audience")],
    ["another audience beside us", withIdClaims({ aud: [xai.clientId, "b"] }), notOurs("audience")],
    ["another issuer", withIdClaims({ iss: "https://evil.example" }), notOurs("issuer")],
    ["no issuer", withIdClaims({ iss: undefined }), notOurs("issuer")],
    ["an id token that is none", withFields({ id_token: "abc" }), notOurs("nonce")],
  ] as const)("%s", async (_name, fault, failure) => {
    await using login = await signInWith("xai/token", [fault]);
    expect(await failureOf(login)).toEqual(failure);
    expect(login.sent.length).toBe(2);
  });

  test.each([301, 302, 303, 307, 308] as const)(
    "a redirect (%d) is not followed",
    async (status) => {
      await using login = await signInWith("xai/token", [
        redirect(status, "https://evil.example/"),
      ]);
      expect(await failureOf(login)).toMatchObject({
        code: "auth/sign_in_failed",
        message: `auth.x.ai sent the request elsewhere (HTTP ${status}): it was not followed`,
      });
      expect(login.sent.length).toBe(2);
    },
  );

  test("an answer that is cut", async () => {
    await using login = await signInWith("xai/token", [cutInAnswer]);
    expect((await failureOf(login))["code"]).toBe("network/unreachable");
  });

  test("an answer without an end", async () => {
    await using login = await signInWith("xai/token", [text(200, " ".repeat(1_100_000))]);
    expect(await failureOf(login)).toMatchObject({
      code: "network/unreachable",
      message: "Could not reach auth.x.ai: the answer is too long",
    });
  });

  test("an answer that repeats what it was sent, or moves the terminal, is told without that", async () => {
    const identity = createIdentityProvider({ now: () => Date.parse("2026-01-02T03:04:05Z") });
    identity.script("xai/token", (_, request) =>
      Response.json(
        {
          error: "invalid_grant",
          error_description: `\u001b[31mNo:\r\n${request.body}${new URLSearchParams(request.body).get("code")}\u009d`,
        },
        { status: 400 },
      ),
    );
    await using login = startLogin({ identity });
    await comeBack(login, identity.approve((await login.shown).address, ada));
    const { message, cause } = await thrown(() => login.ended);
    const [, exchange] = login.sent;
    const form = new URLSearchParams(exchange?.body);
    for (const name of ["code", "code_verifier"]) {
      expect(message).not.toContain((form.get(name) ?? "none").slice(0, 12));
    }
    expect(message).toMatch(
      /^auth\.x\.ai refused the sign-in \(HTTP 400\): \[31mNo: [^\p{Cc}\p{Cf}]+$/u,
    );
    expect(cause).toBeUndefined();
  });

  test.each([
    ["several audiences with us as the party", { aud: [xai.clientId, "b"], azp: xai.clientId }],
    ["a list with us alone", { aud: [xai.clientId] }],
    ["a clock that is wrong", { exp: 1, iat: 4_000_000_000 }],
  ])("an id token with %s is good", async (_name, claims) => {
    await using login = await signInWith("xai/token", [withIdClaims(claims)]);
    expect((await login.ended).tokens.refreshToken).toStartWith("rt_");
  });
});
