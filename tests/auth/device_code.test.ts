import { describe, expect, test } from "bun:test";
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
} from "../fakes/faults.ts";
import { createIdentityProvider, type Endpoint } from "../fakes/identity_provider.ts";
import { thrown } from "../fakes/thrown.ts";
import { codex, type LoginSetup, type RunningLogin, startLogin } from "./login_rig.ts";

const ada = "ada@example.com";

function startDevice(
  endpoint: Endpoint = "openai/usercode",
  faults: readonly Fault[] = [],
  setup: LoginSetup & { readonly pollSeconds?: number } = {},
): RunningLogin {
  const { pollSeconds = 5, ...rest } = setup;
  const identity = createIdentityProvider({
    now: () => Date.parse("2026-01-02T03:04:05Z"),
    pollSeconds,
  });
  identity.script(endpoint, ...faults);
  return startLogin({ facts: codex, timeoutMs: 900_000, ...rest, identity });
}

const polls = (login: RunningLogin): number =>
  login.sent.filter(({ url }) => url === codex.pollUrl).length;

describe("signIn() with a device code", () => {
  test("shows the code, asks now and then, and exchanges what it is told", async () => {
    await using login = startDevice();
    const code = await login.code;
    expect(code).toBe("ABCD-00001");
    await login.clock.advance(10_000);
    expect([polls(login), login.isOver()]).toEqual([2, false]);
    login.identity.confirmDevice(code, ada);
    await login.clock.advance(5_000);
    const grant = await login.ended;
    expect(grant).toEqual({ tokens: grant.tokens });
    expect(login.identity.holder("openai-codex", grant.tokens.accessToken)?.email).toBe(ada);

    const { sent } = login;
    expect(sent.map(({ url, method, redirect: way, type }) => [url, method, way, type])).toEqual([
      [codex.userCodeUrl, "POST", "manual", "application/json"],
      ...[1, 2, 3].map(() => [codex.pollUrl, "POST", "manual", "application/json"]),
      [codex.tokenUrl, "POST", "manual", "application/x-www-form-urlencoded"],
    ]);
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({ client_id: codex.clientId });
    expect(JSON.parse(sent[1]?.body ?? "")).toEqual({
      device_auth_id: expect.any(String),
      user_code: code,
    });
    expect([...new URLSearchParams(sent.at(-1)?.body)]).toEqual([
      ["grant_type", "authorization_code"],
      ["code", expect.stringMatching(/^[\w-]{43}$/)],
      ["redirect_uri", codex.redirectUri],
      ["client_id", codex.clientId],
      ["code_verifier", expect.stringMatching(/^[\w-]{43}$/)],
    ]);
    expect(login.notes).toEqual([]);
  });

  test.each([
    ["10", 10_000],
    [7, 7_000],
    [1, 3_000],
    [0, 5_000],
    [-4, 5_000],
    [1e9, 60_000],
    ["soon", 5_000],
    ["", 5_000],
    [null, 5_000],
    [true, 5_000],
    [{}, 5_000],
  ])("with an interval of %j asks every %d ms", async (interval, ms) => {
    await using login = startDevice("openai/usercode", [withFields({ interval })]);
    await login.code;
    await login.clock.advance(ms - 1);
    expect(polls(login)).toBe(0);
    await login.clock.advance(1);
    expect(polls(login)).toBe(1);
  });

  test("takes the other spelling of the code", async () => {
    const fault = withFields({ user_code: undefined, usercode: "WXYZ-9" });
    await using login = startDevice("openai/usercode", [fault]);
    expect(await login.code).toBe("WXYZ-9");
  });

  test("ends when nobody types the code, with a last question", async () => {
    await using login = startDevice("openai/usercode", [], { timeoutMs: 12_000 });
    await login.code;
    await login.clock.advance(11_999);
    expect([login.isOver(), polls(login)]).toEqual([false, 2]);
    await login.clock.advance(1);
    expect((await thrown(() => login.ended)).message).toBe("Nobody typed the code within 12 s");
    expect([polls(login), login.clock.sleeping()]).toEqual([3, 0]);
  });

  test("ends with the code's own life, whatever time there would be", async () => {
    await using login = startDevice("openai/usercode", [], { timeoutMs: 86_400_000 });
    await login.code;
    await login.clock.advance(900_000);
    expect((await thrown(() => login.ended)).message).toBe("Nobody typed the code within 900 s");
  });

  test("ends at once when it is told to", async () => {
    await using login = startDevice();
    await login.code;
    login.abort();
    expect((await thrown(() => login.ended)).code).toBe("turn/interrupted");
    expect(login.clock.sleeping()).toBe(0);
  });
});

const busy = "something else than JSON";

describe("what passes by itself while the code is typed:", () => {
  test.each([
    ["a connection that is cut", cut, "Could not reach auth.openai.com: The connection was cut"],
    ["an answer that is cut", cutInAnswer, "Could not reach auth.openai.com: Cut"],
    ["HTTP 500", json(500, { error: "x" }), "auth.openai.com answered with HTTP 500: x"],
    ["a portal that says yes", portal(200), `auth.openai.com answered with ${busy} (HTTP 200)`],
    ["a portal that says no", portal(401), `auth.openai.com answered with ${busy} (HTTP 401)`],
    ["an empty answer", text(200, ""), `auth.openai.com answered with ${busy} (HTTP 200)`],
    ["a list", json(200, []), `auth.openai.com answered with ${busy} (HTTP 200)`],
    [
      "too many",
      rateLimited("3"),
      "auth.openai.com takes no sign-ins for now (HTTP 429): rate_limited",
    ],
    [
      "a portal that leads away",
      redirect(302, "https://evil.example/"),
      "auth.openai.com sent the request elsewhere (HTTP 302): it was not followed",
    ],
  ])("%s is told once, and tried again", async (_name, fault, message) => {
    await using login = startDevice("openai/poll", [fault, fault]);
    const code = await login.code;
    await login.clock.advance(10_000);
    expect([login.notes, login.isOver()]).toEqual([[`${message}; still trying`], false]);
    login.identity.confirmDevice(code, ada);
    await login.clock.advance(5_000);
    expect((await login.ended).tokens.refreshToken).toStartWith("rt_");
  });

  test("no answer", async () => {
    await using login = startDevice("openai/poll", [hang]);
    const code = await login.code;
    login.identity.confirmDevice(code, ada);
    await login.clock.advance(5_000 + 15_000 + 5_000);
    expect((await login.ended).tokens.refreshToken).toStartWith("rt_");
    expect(login.notes).toEqual(["auth.openai.com did not answer within 15 s; still trying"]);
  });

  test("an outage to the end is what is told at the end", async () => {
    await using login = startDevice(
      "openai/poll",
      Array.from({ length: 9 }, () => cut),
      {
        timeoutMs: 20_000,
      },
    );
    await login.code;
    await login.clock.advance(20_000);
    expect((await thrown(() => login.ended)).code).toBe("network/unreachable");
  });
});

describe("what ends a sign-in with a device code:", () => {
  const refused = (status: number, told: string) =>
    `auth.openai.com refused the sign-in (HTTP ${status}): ${told}`;
  const typeless = "auth.openai.com gave no code that could be typed";

  test.each([
    [
      "openai/usercode",
      "HTTP 400",
      oauthError(400, "bad", "Bad"),
      "auth/sign_in_failed",
      refused(400, "Bad"),
    ],
    [
      "openai/usercode",
      "HTTP 429",
      rateLimited("60"),
      "auth/sign_in_failed",
      "auth.openai.com takes no sign-ins for now (HTTP 429): rate_limited",
    ],
    [
      "openai/usercode",
      "HTTP 500",
      text(500, "x"),
      "network/unreachable",
      `auth.openai.com answered with ${busy} (HTTP 500)`,
    ],
    [
      "openai/usercode",
      "a portal",
      portal(200),
      "network/unreachable",
      `auth.openai.com answered with ${busy} (HTTP 200)`,
    ],
    [
      "openai/usercode",
      "a cut",
      cut,
      "network/unreachable",
      "Could not reach auth.openai.com: The connection was cut",
    ],
    [
      "openai/usercode",
      "no code",
      withFields({ user_code: undefined }),
      "auth/sign_in_failed",
      typeless,
    ],
    [
      "openai/usercode",
      "an empty code",
      withFields({ user_code: "" }),
      "auth/sign_in_failed",
      typeless,
    ],
    ["openai/usercode", "a number", withFields({ user_code: 7 }), "auth/sign_in_failed", typeless],
    [
      "openai/usercode",
      "a code for the terminal",
      withFields({ user_code: "A\u001b[2J" }),
      "auth/sign_in_failed",
      typeless,
    ],
    [
      "openai/usercode",
      "a sentence",
      withFields({ user_code: "Call 555 1234" }),
      "auth/sign_in_failed",
      typeless,
    ],
    [
      "openai/usercode",
      "no device",
      withFields({ device_auth_id: undefined }),
      "auth/sign_in_failed",
      typeless,
    ],
    [
      "openai/poll",
      "a refusal",
      nestedError(400, "expired_token", "Too late"),
      "auth/sign_in_failed",
      refused(400, "Too late"),
    ],
    [
      "openai/poll",
      "no verifier",
      withFields({ code_verifier: undefined }),
      "auth/sign_in_failed",
      "auth.openai.com confirmed the code without saying how to go on",
    ],
    [
      "openai/poll",
      "no code",
      withFields({ authorization_code: "" }),
      "auth/sign_in_failed",
      "auth.openai.com confirmed the code without saying how to go on",
    ],
    [
      "openai/token",
      "a refusal",
      nestedError(400, "invalid_grant", "No"),
      "auth/sign_in_failed",
      refused(400, "No"),
    ],
    [
      "openai/token",
      "a plan",
      nestedError(403, "plan", "No plan"),
      "auth/not_entitled",
      "auth.openai.com does not let this account in: No plan",
    ],
    [
      "openai/token",
      "HTTP 502",
      portal(502),
      "network/unreachable",
      `auth.openai.com answered with ${busy} (HTTP 502)`,
    ],
    [
      "openai/token",
      "no token",
      withFields({ access_token: undefined }),
      "auth/sign_in_failed",
      "auth.openai.com answered without a token",
    ],
    [
      "openai/token",
      "no refresh token",
      withFields({ refresh_token: null }),
      "auth/sign_in_failed",
      "auth.openai.com answered without a refresh token",
    ],
    [
      "openai/token",
      "a redirect",
      redirect(307, "https://evil.example/"),
      "auth/sign_in_failed",
      "auth.openai.com sent the request elsewhere (HTTP 307): it was not followed",
    ],
  ] as const)("%s: %s", async (...row) => {
    const [endpoint, , fault, errorCode, message] = row;
    await using login = startDevice(endpoint, [fault]);
    if (endpoint !== "openai/usercode") {
      login.identity.confirmDevice(await login.code, ada);
      await login.clock.advance(5_000);
    }
    const error = await thrown(() => login.ended);
    expect([error.code, error.message]).toEqual([errorCode, message]);
    await settled();
    expect(new Set(login.sent.map(({ url }) => new URL(url).host))).toEqual(
      new Set(["auth.openai.com"]),
    );
  });
});
