import { expect, test } from "bun:test";
import { revoke } from "../../src/auth/revoke.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { cut, type Fault, json, redirect } from "../fakes/faults.ts";
import { createIdentityProvider } from "../fakes/identity_provider.ts";
import { fetchFrom, xai } from "./login_rig.ts";

const offered = {
  authorization: "https://accounts.x.ai/oauth2/authorize",
  token: "https://auth.x.ai/oauth2/token",
  revocation: "https://auth.x.ai/oauth2/revoke",
};

/** Revokes a login; whether that was said to be done, what was sent, and how many are gone. */
async function run(faults: readonly Fault[], endpoints = offered, emptied = false) {
  const clock = createFakeClock();
  const identity = createIdentityProvider({ now: () => clock.now() });
  identity.script("xai/revoke", ...faults);
  const { refreshToken } = identity.signIn("xai-oauth", "ada@example.com");
  const { fetch, sent } = fetchFrom(identity);
  const grant = { endpoints, refreshToken: emptied ? "" : refreshToken };
  const isDone = await revoke({ fetch, clock }, xai, grant, new AbortController().signal);
  const forms = sent.map(({ url, body }) => [url, Object.fromEntries(new URLSearchParams(body))]);
  return { isDone, forms, revoked: identity.revoked(), refreshToken };
}

test("revoke() has the provider forget the refresh token", async () => {
  const { refreshToken, ...rest } = await run([]);
  expect(rest).toEqual({
    isDone: true,
    forms: [
      [
        offered.revocation,
        { token: refreshToken, token_type_hint: "refresh_token", client_id: xai.clientId },
      ],
    ],
    revoked: 1,
  });
});

test.each([
  ["a refusal", json(503, {})],
  ["a connection that is cut", cut],
  ["a redirect", redirect(307, "https://evil.example/")],
])("revoke() is false after %s, and throws nothing", async (_name, fault) => {
  const { isDone, forms, revoked } = await run([fault]);
  expect([isDone, forms.length, revoked]).toEqual([false, 1, 0]);
});

test.each(["https://evil.example/revoke", "http://auth.x.ai/revoke", ""])(
  "revoke() sends nothing to %j",
  async (revocation) => {
    const { isDone, forms } = await run([], { ...offered, revocation });
    expect([isDone, forms]).toEqual([false, []]);
  },
);

test("revoke() has nothing to send for a login without a refresh token", async () => {
  const { isDone, forms } = await run([], offered, true);
  expect([isDone, forms]).toEqual([false, []]);
});
