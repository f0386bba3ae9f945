import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextRound } from "node:timers/promises";
import { heldUntil, json, oauthError, portal, rateLimited } from "../../fakes/faults.ts";
import { configFor } from "../sandbox.ts";
import { openAuthLab } from "./lab.ts";
import { leaksIn } from "./leaks.ts";

const [ada, bob] = ["ada@example.com", "bob@example.com"];
const xai = ["-z", "Say hello", "--provider", "xai-oauth"];

test("a login opens the model, and the file stays byte for byte", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 21_600 }]);
  const before = await readFile(lab.storePath, "utf8");
  const end = await lab.run(["-z", "Say hello"]);
  expect([end.code, end.stdout]).toEqual([0, "hello\n"]);
  expect(lab.models.asked.map(({ account }) => account)).toEqual([ada]);
  expect(await readFile(lab.storePath, "utf8")).toBe(before);
  expect([lab.identity.asked("xai/token").length, await lab.leaks(end)]).toEqual([0, []]);
});

test("logins that others can read are warned of, until the file is written anew", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 21_600 }]);
  await chmod(lab.storePath, 0o644);
  const warning = `Others can read the logins in ${lab.storePath}: chmod 600 ${lab.storePath}`;
  const end = await lab.run(xai);
  expect([end.code, end.stdout, end.stderr]).toEqual([0, "hello\n", `warning: ${warning}\n`]);
  const doctor = await lab.run(["doctor"]);
  expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining(`; ${warning}`)]);
  const key = { stdin: { text: "xai-key-0123456789\n" } };
  expect((await lab.run(["auth", "add", "xai"], key)).code).toBe(0);
  expect((await lab.run(xai)).stderr).toBe("");
});

test("the ChatGPT backend gets its account and its own headers", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "openai-codex", email: ada, lifeSeconds: 21_600 }]);
  const end = await lab.run(["-z", "Say hello", "--provider", "openai-codex"]);
  expect([end.code, end.stdout, await lab.leaks(end)]).toEqual([0, "hello\n", []]);
});

for (const vendor of ["xai-oauth", "openai-codex"] as const) {
  test(`${vendor}: a token that has ended is renewed before it is sent`, async () => {
    await using lab = await openAuthLab();
    await lab.writeLogins([{ vendor, email: ada, lifeSeconds: 0 }]);
    const end = await lab.run(["-z", "Say hello", "--provider", vendor]);
    expect([end.code, end.stdout, end.stderr]).toEqual([0, "hello\n", ""]);
    const again = await lab.run(["-z", "Say hello", "--provider", vendor]);
    expect([again.code, again.stdout]).toEqual([0, "hello\n"]);
    const endpoint = vendor === "xai-oauth" ? "xai/token" : "openai/token";
    expect([lab.identity.asked(endpoint).length, lab.identity.reuses()]).toEqual([1, 0]);
    expect(await lab.leaks(end, again)).toEqual([]);
  });
}

test("a refused token is renewed once, and the same account goes on", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 21_600 }]);
  lab.identity.refuseAccess(ada);
  const end = await lab.run(xai);
  expect([end.code, end.stdout, lab.identity.asked("xai/token").length]).toEqual([0, "hello\n", 1]);
  expect(await lab.leaks(end)).toEqual([]);
});

test("eight at once renew once, and all are answered", async () => {
  await using lab = await openAuthLab({ latencyMs: 100 });
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 0 }]);
  const ends = await Promise.all(Array.from({ length: 8 }, () => lab.run(xai)));
  expect(ends.map(({ code, stdout }) => [code, stdout])).toEqual(
    Array.from({ length: 8 }, () => [0, "hello\n"]),
  );
  expect([lab.identity.asked("xai/token").length, lab.identity.reuses()]).toEqual([1, 0]);
  expect(await lab.leaks(...ends)).toEqual([]);
});

test("a token that is good goes out while the server of tokens is down", async () => {
  await using lab = await openAuthLab();
  // Within the hour in which it would be renewed.
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 1_800 }]);
  lab.identity.script("xai/token", portal(503), portal(503));
  lab.identity.script("xai/discovery", portal(503), portal(503));
  const end = await lab.run(xai);
  expect([end.code, end.stdout, end.stderr]).toEqual([0, "hello\n", ""]);
  const { stdout } = await lab.run(["auth", "list", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ logins: [{ label: ada, state: "ready" }] });
});

test("a portal that answers in place of the server takes no login away", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([
    { vendor: "xai-oauth", email: ada, lifeSeconds: 0, fields: withEndpoints },
  ]);
  lab.identity.script("xai/token", portal(401));
  const end = await lab.run(xai);
  expect([end.code, end.stdout]).toEqual([1, ""]);
  expect(end.stderr).toContain(
    "could not be renewed: auth.x.ai answered with something else than JSON (HTTP 401)",
  );
  const again = await lab.run(["auth", "list", "--json"]);
  expect(JSON.parse(again.stdout)).toMatchObject({ logins: [{ state: "ready" }] });
});

test("a login that its server has ended says so, with the command that mends it", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 0 }]);
  lab.identity.script(
    "xai/token",
    oauthError(400, "invalid_grant", "Revoked\u001b[31m by the user"),
  );
  const end = await lab.run(xai);
  expect([end.code, end.stdout]).toEqual([4, ""]);
  expect(end.stderr).toBe(
    "error: The login of xai-oauth is no good any more: Revoked [31m by the user (auth/rejected)\n" +
      "hint: sign in again: hermes auth add xai-oauth\n",
  );
  const list = await lab.run(["auth", "list", "xai-oauth"]);
  expect(list.stdout).toContain("dead (invalid_grant, 401): sign in again");
  expect(await lab.leaks(end, list)).toEqual([]);
});

test.each([
  ["has ended", { lifeSeconds: 0 }, "needs to be signed in again"],
  ["cannot be renewed", { lifeSeconds: 0 }, "could not be renewed"],
] as const)(
  "a login that %s lets the next account step in, and says so",
  async (name, life, why) => {
    await using lab = await openAuthLab();
    await lab.writeLogins([
      { vendor: "xai-oauth", email: ada, ...life, fields: withEndpoints },
      { vendor: "xai-oauth", email: bob, lifeSeconds: 21_600 },
    ]);
    const isOver = name === "has ended";
    lab.identity.script("xai/token", isOver ? oauthError(400, "invalid_grant", "No") : portal(503));
    const end = await lab.run(xai);
    expect([end.code, end.stdout, end.stderr]).toEqual([
      0,
      "hello\n",
      `warning: ${ada} ${why}: going on as ${bob} (xai-oauth)\n`,
    ]);
  },
);

test("a used-up limit takes the next account, and says so", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([
    { vendor: "xai-oauth", email: ada, lifeSeconds: 21_600 },
    { vendor: "xai-oauth", email: bob, lifeSeconds: 21_600 },
  ]);
  const over = { error: { message: "You have hit your usage limit", type: "usage_limit_reached" } };
  lab.models.script(ada, json(429, over));
  const end = await lab.run(xai);
  expect([end.code, end.stdout]).toEqual([0, "hello\n"]);
  expect(end.stderr).toContain(`${ada} has used up its limit: going on as ${bob} (xai-oauth)`);
  expect(lab.models.asked.map(({ account }) => account)).toEqual([ada, bob]);
});

test("an account without the subscription is not renewed, not rotated, and told why", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([
    { vendor: "xai-oauth", email: ada, lifeSeconds: 21_600 },
    { vendor: "xai-oauth", email: bob, lifeSeconds: 21_600 },
  ]);
  const denied = { error: "You do not have an active Grok subscription" };
  lab.models.script(ada, json(403, denied));
  const end = await lab.run(xai);
  expect([end.code, lab.models.asked.length, lab.identity.asked("xai/token").length]).toEqual([
    4, 1, 0,
  ]);
  expect(end.stderr).toContain("(auth/not_entitled)");
});

test("a 403 that means a stale token renews it", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 21_600 }]);
  const stale = {
    error: "no [WKE=unauthenticated:bad-credentials] OAuth2 access token could not be validated",
  };
  lab.models.script(ada, json(403, stale));
  const end = await lab.run(xai);
  expect([end.code, end.stdout, lab.identity.asked("xai/token").length]).toEqual([0, "hello\n", 1]);
});

test("without a login nothing is asked, and the command is named", async () => {
  await using lab = await openAuthLab();
  const end = await lab.run(xai);
  expect([end.code, end.stdout, lab.proxy.connects]).toEqual([4, "", []]);
  expect(end.stderr).toBe(
    "error: xAI Grok OAuth (SuperGrok Subscription) needs a sign-in with an xAI account (auth/missing)\n" +
      "hint: hermes auth add xai-oauth; with an API key: set XAI_API_KEY, --provider xai\n",
  );
});

test("a poisoned token endpoint gets no token", async () => {
  await using lab = await openAuthLab({ strangers: { "evil.example": () => new Response("{}") } });
  for (const address of [
    "https://evil.example/token",
    "https://evil.example\\@auth.x.ai/token",
    "http://auth.x.ai/token",
    "https://auth.x.ai.evil.example/t",
  ]) {
    const discovery = {
      authorization_endpoint: "https://accounts.x.ai/a",
      token_endpoint: address,
    };
    await lab.writeLogins([
      { vendor: "xai-oauth", email: ada, lifeSeconds: 0, fields: { discovery } },
    ]);
    const end = await lab.run(xai);
    expect([end.code, lab.proxy.connects]).toEqual([4, []]);
    expect(end.stderr).toContain("The token endpoint is not at https://x.ai: nothing was sent");
    expect(end.stderr).toEndWith("hint: sign in again: hermes auth add xai-oauth\n");
  }
});

const withEndpoints = {
  discovery: {
    authorization_endpoint: "https://accounts.x.ai/oauth2/authorize",
    token_endpoint: "https://auth.x.ai/oauth2/token",
  },
};

test("a profile uses and renews the login of its home, in its home", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 0 }]);
  const before = await readFile(lab.storePath, "utf8");
  const profile = ["--profile", "work"];
  await mkdir(join(lab.sandbox.home, "profiles", "work"), { recursive: true, mode: 0o700 });
  const end = await lab.run([...xai, ...profile]);
  expect([end.code, end.stdout, lab.identity.reuses()]).toEqual([0, "hello\n", 0]);
  expect(await readFile(lab.storePath, "utf8")).not.toBe(before);
  const listed = await lab.run(["auth", "list", "--json", ...profile]);
  expect(JSON.parse(listed.stdout)).toMatchObject({ logins: [{ label: ada, inherited: true }] });
  const out = await lab.run(["auth", "logout", "xai-oauth", ...profile]);
  expect(out.stderr).toBe(
    "This profile does not use the logins of its home for xai-oauth any more\n",
  );
  expect((await lab.run([...xai, ...profile])).code).toBe(4);
  expect((await lab.run(xai)).code).toBe(0);
  expect(await lab.leaks(end, listed, out)).toEqual([]);
});

test("keys of one provider take turns too, and a variable can be switched off", async () => {
  const keys = ["xai-first-0123456789", "xai-second-0123456789"] as const;
  await using lab = await openAuthLab({ apiKeys: [keys[1]] });
  for (const key of keys) await lab.run(["auth", "add", "xai"], { stdin: { text: key } });
  const end = await lab.run(["-z", "Say hello"]);
  expect([end.code, end.stdout]).toEqual([0, "hello\n"]);
  expect(end.stderr).toContain("api-key-1 was refused: going on as api-key-2 (xai)");
  await lab.run(["auth", "logout", "xai"]);
  const env = { XAI_API_KEY: keys[1] };
  expect((await lab.run(["-z", "Say hello"], { env })).code).toBe(0);
  await lab.run(["auth", "remove", "xai", "env:XAI_API_KEY"], { env });
  const off = await lab.run(["-z", "Say hello", "--provider", "xai"], { env });
  expect([off.code, off.stdout]).toEqual([4, ""]);
  // Nor does it decide who is asked where nobody says it.
  const auto = await lab.run(["-z", "Say hello"], { env });
  expect([auto.code, auto.stderr]).toEqual([
    4,
    expect.stringContaining("No model endpoint is configured"),
  ]);
  await lab.run(["auth", "add", "xai", "--api-key-env", "XAI_API_KEY"], { env });
  expect((await lab.run(["-z", "Say hello"], { env })).code).toBe(0);
});

test("a file of logins that cannot be read stops what needs it, and nothing else", async () => {
  await using lab = await openAuthLab();
  await lab.sandbox.configure(configFor(lab.server.url));
  await writeFile(lab.storePath, "{");
  expect((await lab.run(["-z", "Say hello"])).stdout).toBe("hello\n");
  const end = await lab.run(xai);
  expect([end.code, end.stdout]).toEqual([78, ""]);
  expect(end.stderr).toContain("is no file of logins (store/invalid)");
});

test("what renews a login is told no token on its command line or in its environment", async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  await using lab = await openAuthLab();
  await lab.writeLogins([
    { vendor: "xai-oauth", email: ada, lifeSeconds: 0, fields: withEndpoints },
  ]);
  lab.identity.script("xai/token", heldUntil(gate));
  const run = lab.start(xai);
  while (lab.identity.asked("xai/token").length === 0) await nextRound();
  const texts = new Map<string, string>();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const env = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!env.includes(`HERMES_HOME=${lab.sandbox.home}`)) continue;
    texts.set(pid, `${env}\n${await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")}`);
  }
  release();
  const end = await run.ended;
  expect([end.code, texts.size, leaksIn(texts, lab.identity.secrets())]).toEqual([0, 2, []]);
  expect([...texts.values()].some((text) => text.includes("\0auth\0refresh"))).toBe(true);
});

test.each(["abc", "-1", "", "0"])("a refresh timeout of %j is none", async (value) => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 0 }]);
  const end = await lab.run(xai, { env: { HERMES_XAI_REFRESH_TIMEOUT_SECONDS: value } });
  expect([end.code, end.stdout]).toEqual([0, "hello\n"]);
});

test("two links to one file of logins renew once", async () => {
  await using lab = await openAuthLab({ latencyMs: 100 });
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 0 }]);
  const other = join(lab.sandbox.root, "other");
  await mkdir(other, { mode: 0o700 });
  await symlink(lab.storePath, join(other, "auth.json"));
  const ends = await Promise.all([lab.run(xai), lab.run(xai, { env: { HERMES_HOME: other } })]);
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  expect([lab.identity.asked("xai/token").length, lab.identity.reuses()]).toEqual([1, 0]);
});

test("short limits cost time and no login", async () => {
  await using lab = await openAuthLab();
  await lab.sandbox.configure("agent: {api_max_retries: 5}\n");
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 21_600 }]);
  lab.models.script(ada, rateLimited("1"), rateLimited("1"));
  const end = await lab.run(xai);
  expect([end.code, end.stdout, lab.models.asked.length]).toEqual([0, "hello\n", 3]);
});

test("a file that cannot be written is told before somebody signs in, and by the renewal", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 0 }], { version: 2 });
  const turn = await lab.run(xai);
  expect([turn.code, lab.identity.asked("xai/token").length]).toEqual([78, 0]);
  expect(turn.stderr).toContain("was written by a later hermes (store/invalid)");
  const add = await lab.run(["auth", "add", "openai-codex"]);
  expect([add.code, lab.identity.asked("openai/usercode").length]).toEqual([78, 0]);
});

test("renewals leave the chosen provider as it is, again and again, in a profile too", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 0 }], {
    active_provider: "openrouter",
  });
  await mkdir(join(lab.sandbox.home, "profiles", "work"), { recursive: true, mode: 0o700 });
  for (let round = 0; round < 3; round++) {
    expect((await lab.run([...xai, "--profile", "work"])).code).toBe(0);
    lab.identity.refuseAccess(ada);
  }
  expect(JSON.parse(await readFile(lab.storePath, "utf8"))).toMatchObject({
    active_provider: "openrouter",
  });
  expect(existsSync(join(lab.sandbox.home, "profiles", "work", "auth.json"))).toBe(false);
  expect([lab.identity.asked("xai/token").length, lab.identity.reuses()]).toEqual([3, 0]);
});

test("a login goes to its vendor's hosts and nowhere else", async () => {
  await using lab = await openAuthLab({ strangers: { "evil.example": () => new Response("{}") } });
  const fields = { base_url: "https://evil.example/v1" };
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 21_600, fields }]);
  for (const address of [
    "https://evil.example/v1",
    "http://api.x.ai/v1",
    "https://api.x.ai.evil.example/v1",
  ]) {
    const end = await lab.run([...xai, "--base-url", address]);
    expect([end.code, lab.proxy.connects]).toEqual([2, []]);
  }
  expect((await lab.run(xai)).stdout).toBe("hello\n");
  expect(lab.proxy.connects).toEqual(["api.x.ai:443"]);
});

test("a token that is refused again and again ends the turn", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 21_600 }]);
  const no = json(401, { error: { message: "Invalid token" } });
  lab.models.script(ada, no, no, no, no);
  const end = await lab.run(xai);
  expect([end.code, lab.models.asked.length, lab.identity.asked("xai/token").length]).toEqual([
    4, 2, 1,
  ]);
});
