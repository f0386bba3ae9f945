import { expect, test } from "bun:test";
import { json } from "./faults.ts";
import { accountOf } from "./grant_book.ts";
import { createIdentityProvider } from "./identity_provider.ts";
import { createModelHosts, type ModelHosts } from "./model_hosts.ts";
import { startResponsesServer } from "./responses_server.ts";
import { textAnswer } from "./server_steps.ts";

const nowMs = Date.parse("2026-01-02T03:04:05Z");
const ada = accountOf("ada@example.com");
const codex = { originator: "codex_cli_rs", "chatgpt-account-id": ada.accountId };
const responses = "https://api.x.ai/v1/responses";
const codexResponses = "https://chatgpt.com/backend-api/codex/responses";

/** A request for a stream, or for a list where there is nothing to post. */
async function ask(
  { hosts }: ModelHosts,
  address: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const url = new URL(address);
  const body = url.pathname.endsWith("/responses") ? '{"model":"m1","stream":true}' : "";
  const handler = hosts[url.host];
  if (!handler) throw new TypeError(`No such host: ${address}`);
  return handler({
    method: body === "" ? "GET" : "POST",
    url,
    headers: new Headers({ ...headers, "content-type": "application/json" }),
    body,
    bytes: new TextEncoder().encode(body),
    left: new AbortController().signal,
  });
}

test("models answer who holds a good token of the vendor, and say who it was", async () => {
  let now = nowMs;
  const identity = createIdentityProvider({ now: () => now, lifeSeconds: 600 });
  await using server = await startResponsesServer({ steps: [textAnswer("hello")], repeat: true });
  const models = createModelHosts({ identity, server });
  const bearer = (token: string): { authorization: string } => ({
    authorization: `Bearer ${token}`,
  });
  const xai = bearer(identity.signIn("xai-oauth", ada.email).accessToken);
  const openai = bearer(identity.signIn("openai-codex", ada.email).accessToken);
  const statuses: number[] = [];
  for (const [address, headers] of [
    [responses, xai],
    [responses, openai],
    [responses, {}],
    [codexResponses, { ...openai, ...codex }],
    [codexResponses, openai],
    [codexResponses, { ...openai, ...codex, "chatgpt-account-id": "other" }],
    [codexResponses, { ...xai, ...codex }],
  ] as const) {
    const response = await ask(models, address, headers);
    statuses.push(response.status);
    if (response.ok) expect(await response.text()).toContain("hello");
  }
  expect(statuses).toEqual([200, 401, 401, 200, 403, 403, 401]);
  expect(models.asked.map(({ account }) => account)).toEqual([
    ada.email,
    undefined,
    undefined,
    ada.email,
    ada.email,
    ada.email,
    undefined,
  ]);
  expect(server.requests.map(({ path }) => path)).toEqual(["/v1/responses", "/v1/responses"]);
  now += 600_000;
  expect((await ask(models, responses, xai)).status).toBe(401);
});

test("models are listed in each vendor's own shape", async () => {
  const identity = createIdentityProvider({ now: () => nowMs });
  await using server = await startResponsesServer({ steps: [], models: ["grok-4.3"] });
  const models = createModelHosts({ identity, server, apiKeys: ["k"] });
  const listed = await ask(models, "https://api.x.ai/v1/models", { authorization: "Bearer k" });
  expect(await listed.json()).toMatchObject({ data: [{ id: "grok-4.3" }] });
  const { accessToken } = identity.signIn("openai-codex", ada.email);
  const headers = { ...codex, authorization: `Bearer ${accessToken}` };
  const address = "https://chatgpt.com/backend-api/codex/models?client_version=1.0.0";
  expect(await (await ask(models, address, headers)).json()).toMatchObject({
    models: [{ slug: "gpt-5.5" }, {}, {}, { slug: "codex-internal", visibility: "hide" }],
  });
});

test("scripted answers are for one account or one token, and come once each", async () => {
  const identity = createIdentityProvider({ now: () => nowMs });
  await using server = await startResponsesServer({ steps: [textAnswer("hello")], repeat: true });
  const models = createModelHosts({ identity, server });
  const [one, two] = ["ada@example.com", "bob@example.com"].map((email) => {
    const { accessToken } = identity.signIn("xai-oauth", email);
    return { token: accessToken, headers: { authorization: `Bearer ${accessToken}` } };
  });
  models.script("ada@example.com", json(429, {}, { "retry-after": "9" }), json(402, {}));
  models.script(two?.token ?? "", json(403, { error: "No access" }));
  const statuses: number[] = [];
  for (const { headers } of [one, two, one, two, one].flatMap((each) => each ?? [])) {
    const response = await ask(models, responses, headers);
    await response.text();
    statuses.push(response.status);
  }
  expect(statuses).toEqual([429, 403, 402, 200, 200]);
});
