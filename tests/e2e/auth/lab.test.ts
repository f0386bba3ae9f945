import { expect, test } from "bun:test";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { json } from "../../fakes/faults.ts";
import { openAuthLab } from "./lab.ts";

const key = `xai-${"x3X4".repeat(15)}`;
const turn = ["-z", "hi", "--provider", "xai"];

test("the program reaches api.x.ai in the lab, and nobody else", async () => {
  await using lab = await openAuthLab({ apiKeys: [key] });
  const ended = await lab.run(turn, { env: { XAI_API_KEY: key } });
  expect(ended).toEqual({ code: 0, stdout: "hello\n", stderr: "" });
  expect(lab.models.asked.map(({ route, account, token }) => [route, account, token])).toEqual([
    ["POST https://api.x.ai/v1/responses", "API key", key],
  ]);
  expect(lab.proxy.connects).toEqual(["api.x.ai:443"]);
  expect(lab.server.requests.length).toBe(1);
});

test("api.x.ai lets nobody in with a wrong key, and refuses a right one when it is told to", async () => {
  await using lab = await openAuthLab({ apiKeys: [key] });
  const wrong = await lab.run(turn, { env: { XAI_API_KEY: key.replaceAll("3", "5") } });
  lab.models.script("API key", json(402, { error: "No credits" }));
  const refused = await lab.run(turn, { env: { XAI_API_KEY: key } });
  expect([wrong.code, refused.code, lab.server.requests.length]).toEqual([4, 75, 0]);
  expect(lab.models.asked.map(({ account }) => account)).toEqual([undefined, "API key"]);
});

test("logins are written as a file that only its owner reads", async () => {
  const now = (): number => Date.parse("2026-01-02T03:04:05Z");
  await using lab = await openAuthLab({ now });
  const fields = { label: "mine", priority: 3 };
  const [ada, bob] = await lab.writeLogins(
    [
      { vendor: "xai-oauth", email: "ada@example.com", lifeSeconds: 60 },
      { vendor: "openai-codex", email: "bob@example.com", fields },
    ],
    { suppressed_sources: {} },
  );
  const status = {
    last_status: null,
    last_status_at: null,
    last_error_code: null,
    last_error_reason: null,
    last_error_message: null,
    last_error_reset_at: null,
  };
  const shared = {
    auth_type: "oauth",
    ...status,
    last_refresh: "2026-01-02T03:04:05.000+00:00",
    token_type: "Bearer",
    request_count: 0,
  };
  expect((await stat(lab.storePath)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(lab.storePath, "utf8"))).toEqual({
    version: 1,
    updated_at: "2026-01-02T03:04:05.000+00:00",
    active_provider: "xai-oauth",
    providers: {},
    credential_pool: {
      "xai-oauth": [
        {
          ...shared,
          id: "a00001",
          label: "ada@example.com",
          priority: 0,
          source: "manual:xai_pkce",
          access_token: ada?.accessToken ?? "",
          refresh_token: ada?.refreshToken ?? "",
          expires_in: 60,
        },
      ],
      "openai-codex": [
        {
          ...shared,
          id: "a00002",
          label: "mine",
          priority: 3,
          source: "manual:device_code",
          access_token: bob?.accessToken ?? "",
          refresh_token: bob?.refreshToken ?? "",
          expires_in: 21_600,
        },
      ],
    },
    suppressed_sources: {},
  });
});

test("a piece of a token is found wherever it may not be", async () => {
  await using lab = await openAuthLab();
  const [tokens] = await lab.writeLogins([{ vendor: "xai-oauth", email: "ada@example.com" }]);
  const { home, work } = lab.sandbox;
  const piece = tokens?.refreshToken.slice(-12) ?? "";
  const none = { code: 0, stdout: `…${piece.slice(1)}`, stderr: "" };
  await writeFile(join(home, "auth.refresh-a00001.pending"), piece);
  expect(await lab.leaks(none)).toEqual([]);
  await writeFile(join(home, "errors.log"), `\0 ${piece}`);
  await writeFile(join(work, "auth.json"), tokens?.accessToken ?? "");
  const both = { code: 0, stdout: `a ${piece}`, stderr: tokens?.idToken ?? "" };
  expect((await lab.leaks(none, both)).toSorted()).toEqual([
    "home/errors.log",
    "stderr",
    "stdout",
    "work/auth.json",
  ]);
});
