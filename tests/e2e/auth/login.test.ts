import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { json } from "../../fakes/faults.ts";
import { inkShare } from "../../fakes/png.ts";
import { startInPty } from "../../fakes/pty.ts";
import { binary, type Running } from "../sandbox.ts";
import { findChromium, openBrowser } from "./browser.ts";
import { type AuthLab, openAuthLab } from "./lab.ts";

const ada = "ada@example.com";

/** The address that a sign-in asks the person to open. */
async function shownAddress(run: Running): Promise<string> {
  const text = await run.untilStderr(/^ {2}(https:\/\/\S+)\n/m);
  return /^ {2}(https:\/\/\S+)\n/m.exec(text)?.[1] ?? "";
}

/** Signs in as a browser would, and gives back what its last page says. */
async function answerTo(lab: AuthLab, run: Running, email: string): Promise<Response> {
  return await fetch(lab.identity.approve(await shownAddress(run), email), { redirect: "manual" });
}

async function stored(lab: AuthLab): Promise<unknown> {
  return JSON.parse(await readFile(lab.storePath, "utf8"));
}

test("a subscriber signs in to xAI, and the next turn is theirs", async () => {
  await using lab = await openAuthLab();
  const run = lab.start(["auth", "add", "xai-oauth"]);
  const address = new URL(await shownAddress(run));
  expect([...address.searchParams.keys()]).toEqual([
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "code_challenge",
    "code_challenge_method",
    "state",
    "nonce",
    "plan",
    "referrer",
  ]);
  const page = await answerTo(lab, run, ada);
  expect([page.status, await page.text()]).toEqual([
    200,
    expect.stringContaining("Your sign-in has arrived"),
  ]);
  const end = await run.ended;
  expect([end.code, end.stdout]).toEqual([0, ""]);
  expect(end.stderr).toEndWith(`Signed in to xai-oauth as ${ada}\n`);
  expect((await stat(lab.storePath)).mode & 0o777).toBe(0o600);
  expect(await stored(lab)).toMatchObject({
    active_provider: "xai-oauth",
    credential_pool: { "xai-oauth": [{ label: ada, source: "manual:xai_pkce", priority: 0 }] },
  });
  const turn = await lab.run(["-z", "Say hello"]);
  expect([turn.code, turn.stdout, lab.models.asked.map(({ account }) => account)]).toEqual([
    0,
    "hello\n",
    [ada],
  ]);
  expect(await lab.leaks(end, turn)).toEqual([]);
});

test("a second account stands beside the first, and the first one's place is kept on a new login", async () => {
  await using lab = await openAuthLab();
  for (const email of [ada, "bob@example.com", ada]) {
    const run = lab.start(["auth", "add", "xai-oauth"]);
    await answerTo(lab, run, email);
    expect((await run.ended).code).toBe(0);
  }
  const { stdout } = await lab.run(["auth", "list", "--json"]);
  const { logins } = JSON.parse(stdout) as {
    readonly logins: readonly { readonly label: string }[];
  };
  expect(logins.map(({ label }) => label)).toEqual([ada, "bob@example.com"]);
});

test("who signs in beside what the configuration names is told how to use it", async () => {
  await using lab = await openAuthLab();
  await lab.sandbox.configure("model: {provider: openrouter}\n");
  const run = lab.start(["auth", "add", "xai-oauth"]);
  await answerTo(lab, run, ada);
  expect((await run.ended).stderr).toEndWith(
    `Signed in to xai-oauth as ${ada}\nTo use it: hermes --provider xai-oauth; from now on: hermes model\n`,
  );
});

test("the key of one's own provider is listed, tried and switched off, as any other", async () => {
  await using lab = await openAuthLab({
    strangers: {
      "lab.example": ({ headers }) => {
        const isRight = headers.get("authorization") === "Bearer lab-0123456789";
        return Response.json({ data: [{ id: "m1" }] }, { status: isRight ? 200 : 401 });
      },
    },
  });
  await lab.sandbox.configure(
    'custom_providers: [{name: My Lab, base_url: "https://lab.example/v1", key_env: LAB_KEY}]\n',
  );
  const env = { LAB_KEY: "lab-0123456789" };
  const list = await lab.run(["auth", "list"], { env });
  expect([list.code, list.stdout]).toEqual([
    0,
    "custom:my-lab\t1\tLAB_KEY\tkey\tenv:LAB_KEY\tready\tenv:LAB_KEY\n",
  ]);
  const status = await lab.run(["auth", "status", "my lab", "--probe"], { env });
  expect([status.code, status.stdout]).toEqual([
    0,
    "custom:my-lab\tsigned in\t1 of 1 ready\tanswers: 1 model\n",
  ]);
  expect((await lab.run(["auth", "remove", "my lab", "env:LAB_KEY"], { env })).code).toBe(0);
  expect((await lab.run(["auth", "status", "my lab"], { env })).code).toBe(4);
});

test("a port that is taken is no obstacle", async () => {
  await using lab = await openAuthLab();
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen({ host: "127.0.0.1", port: 56_121 }, resolve).once("error", () => resolve());
  });
  const run = lab.start(["auth", "add", "xai-oauth"]);
  const address = new URL(await shownAddress(run));
  const redirect = new URL(address.searchParams.get("redirect_uri") ?? "");
  expect([redirect.hostname, redirect.port === "56121"]).toEqual(["127.0.0.1", false]);
  await answerTo(lab, run, ada);
  expect((await run.ended).code).toBe(0);
  server.close();
});

test("a sign-in that the person refuses changes nothing", async () => {
  await using lab = await openAuthLab();
  const run = lab.start(["auth", "add", "xai-oauth"]);
  const page = await fetch(lab.identity.deny(await shownAddress(run)), { redirect: "manual" });
  expect(await page.text()).toContain("The sign-in was not allowed");
  const end = await run.ended;
  expect(end.code).toBe(4);
  expect(end.stderr).toContain("error: The sign-in was not allowed");
  expect(stat(lab.storePath)).rejects.toThrow();
});

test("over SSH the tunnel with the real port is shown, and a pasted address signs in", async () => {
  await using lab = await openAuthLab();
  const env = { SSH_CLIENT: "10.0.0.1 1 22", USER: "ada" };
  const run = lab.start(["auth", "add", "xai-oauth"], { env, stdin: "open" });
  const address = await shownAddress(run);
  const redirect = new URL(new URL(address).searchParams.get("redirect_uri") ?? "");
  const text = await run.untilStderr(/ssh -N -L/);
  expect(text).toContain(`ssh -N -L ${redirect.port}:127.0.0.1:${redirect.port} ada@`);
  await run.untilStderr(/: hermes auth add xai-oauth --manual-paste\n/);
  run.write("https://example.com/callback?code=x&state=y\n");
  await run.untilStderr(/That is neither the address/);
  run.write(`${lab.identity.approve(address, ada).href}\n`);
  const end = await run.ended;
  expect([end.code, await lab.leaks(end)]).toEqual([0, []]);
});

test("--manual-paste listens nowhere, and takes the code alone", async () => {
  await using lab = await openAuthLab();
  const run = lab.start(["auth", "add", "xai-oauth", "--manual-paste"], { stdin: "open" });
  const address = await shownAddress(run);
  const code = lab.identity.approve(address, ada).searchParams.get("code") ?? "";
  run.write(`${code}\n`);
  const end = await run.ended;
  expect([end.code, await lab.leaks(end)]).toEqual([0, []]);
  await using person = atTerminal(lab, "auth", "add", "xai-oauth", "--manual-paste");
  await person.untilShown("Paste here the address that the browser was sent to, or the code.");
  expect(person.screen()).not.toContain("Waiting for the browser");
});

test("a ChatGPT subscriber types a code elsewhere", async () => {
  await using lab = await openAuthLab();
  const run = lab.start(["auth", "add", "openai-codex", "--label", "work"]);
  const text = await run.untilStderr(/device\n {2}(\S+)\n/);
  const [, code = ""] = /device\n {2}(\S+)\n/.exec(text) ?? [];
  lab.identity.confirmDevice(code, ada);
  const end = await run.ended;
  expect(end.stderr).toEndWith("Signed in to openai-codex as work\n");
  const turn = await lab.run(["-z", "Say hello", "--provider", "openai-codex"]);
  expect([end.code, turn.code, turn.stdout, await lab.leaks(end, turn)]).toEqual([
    0,
    0,
    "hello\n",
    [],
  ]);
});

test("Ctrl-C ends the wait at once and changes nothing", async () => {
  await using lab = await openAuthLab();
  const run = lab.start(["auth", "add", "xai-oauth"]);
  await shownAddress(run);
  run.signal("SIGINT");
  const end = await run.ended;
  expect(end.code).toBe(130);
  expect(end.stderr).toEndWith("The sign-in was cancelled: nothing has changed\n");
  expect(stat(lab.storePath)).rejects.toThrow();
});

test("a key comes from stdin or a variable, never from the command line", async () => {
  const key = "xai-key-0123456789abcdef";
  await using lab = await openAuthLab({ apiKeys: [key] });
  const added = await lab.run(["auth", "add", "xai", "--label", "mine"], {
    stdin: { text: `${key}\n` },
  });
  expect([added.code, added.stdout, added.stderr]).toEqual([0, "", "Kept a key for xai: mine\n"]);
  const named = await lab.run(["auth", "add", "xai", "--api-key-env", "MINE"], {
    env: { MINE: key },
  });
  expect([named.code, named.stderr]).toEqual([0, "Kept a key for xai: api-key-2\n"]);
  const turn = await lab.run(["-z", "Say hello"]);
  expect([turn.code, turn.stdout]).toEqual([0, "hello\n"]);
  const refused = await lab.run(["auth", "add", "xai", "--api-key", key]);
  expect(refused.code).toBe(2);
  expect(`${added.stderr}${turn.stderr}${refused.stderr}`).not.toContain(key);
});

test.each([
  ["", "There is no key"],
  ["OPENAI_API_KEY=sk-0123456789abcdef", "it starts with the name of a variable"],
  ['"sk-0123456789abcdef"', "it stands in quotes"],
  ["Bearer sk-0123456789abcdef", "it starts with Bearer"],
  ["sk-0123456789\nabcdef", "it has more than one line"],
  ["sk-0123456789 abcdef", "it has a blank in it"],
  ["sk-0123456789\u2026", "it has a character that no HTTP header can carry"],
  ["your-api-key", "it is what templates have in the place of one"],
  ["k".repeat(5_000), "it is too long"],
])("%j is not kept as a key", async (text, words) => {
  await using lab = await openAuthLab();
  const end = await lab.run(["auth", "add", "openai"], { stdin: { text: `${text}\n` } });
  expect([end.code, end.stdout]).toEqual([2, ""]);
  expect(end.stderr).toContain(words);
  expect(end.stderr).not.toContain("0123456789");
  expect(stat(lab.storePath)).rejects.toThrow();
});

test.each([
  [["auth", "add", "nobody"], 2, "No such provider: nobody"],
  [["auth", "add", "openai", "--type", "oauth"], 2, "OpenAI takes keys, it has no sign-in"],
  [["auth", "add", "xai-oauth", "--type", "api-key"], 2, "takes no key"],
  [["auth", "add", "openai"], 2, "Nobody can be asked for the key"],
  [["auth", "add", "openai", "--type", "magic"], 2, "--type is neither oauth nor api-key: magic"],
  [["auth", "add", "openai", "--api-key-env", "NONE"], 2, "NONE is not set"],
  [["auth", "add"], 2, ""],
  [["auth", "remove", "openai", "1"], 66, "openai has no login or key 1"],
  [["auth", "remove", "openai", "env:PATH"], 66, "openai takes no key from PATH"],
  [["auth", "status", "xai-oauth"], 4, ""],
  [["auth", "refresh"], 2, "There is no order on stdin"],
] as const)("hermes %j ends with %d", async (args, code, words) => {
  await using lab = await openAuthLab();
  const end = await lab.run(args);
  expect([end.code, lab.proxy.connects]).toEqual([code, []]);
  expect(end.stderr).toContain(words);
});

test("looking changes no byte and asks nobody", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([
    { vendor: "xai-oauth", email: ada, lifeSeconds: 0 },
    {
      vendor: "xai-oauth",
      email: "bob@example.com",
      fields: {
        last_status: "exhausted",
        last_status_at: Date.now() / 1_000,
        last_error_code: 429,
      },
    },
    {
      vendor: "openai-codex",
      email: ada,
      fields: { last_status: "dead", last_error_reason: "invalid_grant" },
    },
  ]);
  await lab.sandbox.configure("credential_pool_strategies: {xai-oauth: round_robin}\n");
  const digest = async () =>
    createHash("sha256")
      .update(await readFile(lab.storePath))
      .digest("hex");
  const before = await digest();
  const ends = [];
  for (const args of [
    ["auth"],
    ["auth", "list"],
    ["auth", "list", "--json"],
    ["auth", "status"],
    ["auth", "status", "xai-oauth", "--json"],
    ["doctor"],
  ]) {
    ends.push(await lab.run(args));
  }
  expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual(ends.map(() => [0, ""]));
  expect([await digest(), lab.proxy.connects]).toEqual([before, []]);
  expect(ends[1]?.stdout).toMatch(/bob@example\.com\t.*\trests for (?:1h|59min 5\ds) \(429\)/);
  expect(ends[1]?.stdout).toContain("dead (invalid_grant): sign in again");
  expect(await lab.leaks(...ends)).toEqual([]);
});

test("remove forgets here and at the provider, and touches nobody else", async () => {
  await using lab = await openAuthLab();
  for (const email of [ada, "bob@example.com"]) {
    const run = lab.start(["auth", "add", "xai-oauth"]);
    await answerTo(lab, run, email);
    await run.ended;
  }
  const removed = await lab.run(["auth", "remove", "xai-oauth", ada]);
  expect([removed.code, removed.stderr, lab.identity.revoked()]).toEqual([
    0,
    `Removed ${ada} of xai-oauth here, and at the provider\n`,
    1,
  ]);
  const turn = await lab.run(["-z", "Say hello"]);
  expect([turn.stdout, lab.models.asked.at(-1)?.account]).toEqual(["hello\n", "bob@example.com"]);
  const out = await lab.run(["auth", "logout", "xai-oauth"]);
  expect([out.code, out.stderr]).toEqual([0, "Logged out of xai-oauth\n"]);
  expect(lab.identity.revoked()).toBe(2);
  expect((await lab.run(["-z", "Say hello", "--provider", "xai-oauth"])).code).toBe(4);
});

test("what forgets logins and what takes refusals back print one document with --json", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([
    { vendor: "xai-oauth", email: ada, fields: { last_status: "dead" } },
    { vendor: "xai-oauth", email: "bob@example.com" },
  ]);
  const env = { OPENAI_API_KEY: "sk-0123456789abcdef" };
  const asked = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await lab.run(["auth", ...args, "--json"], { env });
    expect([code, stderr]).toEqual([0, ""]);
    return JSON.parse(stdout) as unknown;
  };
  const bob = { id: "a00002", label: "bob@example.com", type: "oauth", revoked: false };
  const variable = { id: "env:OPENAI_API_KEY", label: "OPENAI_API_KEY", type: "api_key" };
  expect([
    await asked("reset", "xai-oauth"),
    await asked("remove", "xai-oauth", "a00001"),
    await asked("remove", "openai", "env:OPENAI_API_KEY"),
    await asked("logout", "xai-oauth"),
    await asked("logout", "xai-oauth"),
    await asked("logout", "openai"),
  ]).toEqual([
    { provider: "xai-oauth", reset: 1 },
    { provider: "xai-oauth", removed: { ...bob, id: "a00001", label: ada } },
    { provider: "openai", removed: { ...variable, revoked: false } },
    { provider: "xai-oauth", inherited: false, removed: [bob], left: [] },
    { provider: "xai-oauth", inherited: false, removed: [], left: [] },
    { provider: "openai", inherited: false, removed: [], left: [] },
  ]);
});

test("who logs out is told of a variable that still opens the provider", async () => {
  await using lab = await openAuthLab();
  const env = { OPENAI_API_KEY: "sk-0123456789abcdef" };
  const key = { stdin: { text: "sk-9876543210abcdef\n" } };
  expect((await lab.run(["auth", "add", "openai"], key)).code).toBe(0);
  const out = await lab.run(["auth", "logout", "openai"], { env });
  expect([out.code, out.stderr]).toEqual([
    0,
    "Logged out of openai\nOPENAI_API_KEY is still used: hermes auth remove openai env:OPENAI_API_KEY\n",
  ]);
  const { stdout } = await lab.run(["auth", "logout", "openai", "--json"], { env });
  expect(JSON.parse(stdout)).toMatchObject({ left: ["env:OPENAI_API_KEY"] });
});

test("--probe asks the provider", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 21_600 }]);
  const { code, stdout } = await lab.run(["auth", "status", "xai-oauth", "--probe", "--json"]);
  expect([code, JSON.parse(stdout)]).toMatchObject([
    0,
    { providers: [{ provider: "xai-oauth", logged_in: true }] },
  ]);
  expect(lab.models.asked.length).toBeGreaterThan(0);
});

test.each([
  ["dead", { last_status: "dead", last_error_reason: "invalid_grant" }, 4, false, "not usable"],
  [
    "at a limit that lifts at a time",
    { last_status: "exhausted", last_error_code: 429, last_error_reset_at: 9_999_999_999 },
    75,
    true,
    "at its limit",
  ],
  [
    "at a limit of which nobody knows when it lifts, and is tried all the same",
    { last_status: "exhausted", last_error_code: 429, last_status_at: Date.now() / 1_000 },
    0,
    true,
    "signed in",
  ],
] as const)(
  "auth status and doctor tell of a login that is %s",
  async (...[, fields, code, isIn, state]) => {
    await using lab = await openAuthLab();
    await lab.writeLogins([{ vendor: "xai-oauth", email: ada, fields }]);
    const status = await lab.run(["auth", "status", "xai-oauth"]);
    expect([status.code, status.stdout.split("\t").slice(0, 3)]).toEqual([
      code,
      ["xai-oauth", state, "0 of 1 ready"],
    ]);
    const { stdout } = await lab.run(["auth", "status", "xai-oauth", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ providers: [{ logged_in: isIn, ready: 0 }] });
    const doctor = await lab.run(["doctor", "--json"]);
    const turn = await lab.run(["-z", "Say hello"]);
    expect([doctor.code, turn.code, lab.proxy.connects.length]).toEqual([
      code,
      code,
      code === 0 ? 1 : 0,
    ]);
  },
);

test("a ChatGPT subscriber is told the models of that backend", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "openai-codex", email: ada, lifeSeconds: 21_600 }]);
  const list = await lab.run(["model", "list", "--json"]);
  expect([list.code, JSON.parse(list.stdout)]).toMatchObject([
    0,
    {
      provider: "openai-codex",
      models: [
        { id: "gpt-5.5", chosen: true },
        { id: "gpt-5.4", chosen: false },
        { id: "gpt-5.4-mini", chosen: false },
      ],
    },
  ]);
  const status = await lab.run(["auth", "status", "openai-codex", "--probe"]);
  expect([status.code, status.stdout]).toEqual([
    0,
    "openai-codex\tsigned in\t1 of 1 ready\tanswers: 3 models\n",
  ]);
});

test.each([
  [1, true, "network/unreachable", "HTTP_CONNECT"],
  [4, false, "auth/rejected", "HTTP_401"],
  [75, true, "model/rate_limited", "HTTP_429"],
] as const)(
  "a probe that fails ends with %d, and leaves logged_in at %p: %s",
  async (...wanted) => {
    const [code, isLoggedIn, error, cause] = wanted;
    await using lab = await openAuthLab();
    await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 21_600 }]);
    if (cause === "HTTP_429") lab.models.script(ada, json(429, {}));
    if (cause === "HTTP_401")
      lab.identity.script("xai/token", json(400, { error: "invalid_grant" }));
    if (cause === "HTTP_401") lab.models.script(ada, json(401, {}));
    const env = cause === "HTTP_CONNECT" ? { HTTPS_PROXY: "http://127.0.0.1:9" } : {};
    const end = await lab.run(["auth", "status", "xai-oauth", "--probe", "--json"], { env });
    expect([end.code, JSON.parse(end.stdout)]).toMatchObject([
      code,
      { providers: [{ logged_in: isLoggedIn, error: { code: error } }] },
    ]);
  },
);

test.each([
  ["corrupt", "{"],
  ["torn", '{"providers":{"xai-oauth":{"tok'],
  ["of something else", "[]"],
  ["of a later hermes", '{"version":2,"providers":{},"credential_pool":{}}'],
])("a file of logins that is %s is not written", async (_name, text) => {
  await using lab = await openAuthLab();
  await Bun.write(lab.storePath, text);
  const end = await lab.run(["auth", "add", "openai"], {
    stdin: { text: "sk-0123456789abcdef\n" },
  });
  expect([end.code, await readFile(lab.storePath, "utf8")]).toEqual([78, text]);
  expect(end.stderr).toContain("(store/invalid)");
});

test("at a terminal a key is typed unseen", async () => {
  const key = "xai-key-0123456789abcdef";
  await using lab = await openAuthLab({ apiKeys: [key] });
  await using person = startInPty({
    command: [binary, "auth", "add", "xai"],
    cwd: lab.sandbox.work,
    env: {
      PATH: process.env["PATH"],
      HOME: lab.sandbox.root,
      HERMES_HOME: lab.sandbox.home,
      TERM: "xterm",
    },
  });
  await person.untilShown("API key: ");
  person.type(`${key}x\x7f\r`);
  await person.untilShown("Kept a key for xai: api-key-1");
  expect([await person.exited, person.screen().includes("xai-key")]).toEqual([0, false]);
  const turn = await lab.run(["-z", "Say hello"]);
  expect(turn.stdout).toBe("hello\n");
});

const program = findChromium();
test.skipIf(program === undefined)(
  "a real browser signs in, and its last page can be read in the light and in the dark",
  async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await using lab = await openAuthLab();
      await using browser = await openBrowser({
        program: program ?? "",
        proxy: lab.proxy,
        colorScheme,
      });
      const run = lab.start(["auth", "add", "xai-oauth", "--no-browser"]);
      const landing = await browser.answer(await shownAddress(run), ada);
      expect([landing.title, landing.problems]).toEqual(["Welcome back to hermes · hermes", []]);
      expect(landing.text).toContain("This window can be closed");
      expect(inkShare(landing.screenshot)).toBeGreaterThan(0.001);
      expect(landing.url).not.toContain(join("x", "y"));
      expect((await run.ended).code).toBe(0);
    }
  },
  240_000,
);

/** The program at a terminal, in the world of the lab. */
function atTerminal(lab: AuthLab, ...args: readonly string[]) {
  return startInPty({
    command: [binary, ...args],
    cwd: lab.sandbox.work,
    env: {
      PATH: process.env["PATH"],
      HOME: lab.sandbox.root,
      HERMES_HOME: lab.sandbox.home,
      TERM: "xterm",
      ...lab.env,
    },
  });
}

test("hermes model lets a person choose provider and model", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, lifeSeconds: 21_600 }]);
  await using person = atTerminal(lab, "model");
  await person.untilShown("1  xAI Grok OAuth (SuperGrok Subscription) (in use, signed in)");
  await person.untilShown("Provider [1, q leaves]: ");
  person.type("1\r");
  await person.untilShown("Model of xAI Grok OAuth");
  person.type("grok-4.3x\x7f\r");
  await person.untilShown("Turns now ask grok-4.3 at xAI Grok OAuth");
  expect(await person.exited).toBe(0);
  const config = await readFile(join(lab.sandbox.home, "config.yaml"), "utf8");
  expect(config).toContain("provider: xai-oauth");
  expect(config).toContain("default: grok-4.3");
});

test("hermes model signs in where that is needed, and q changes nothing", async () => {
  await using lab = await openAuthLab();
  await using leaving = atTerminal(lab, "model");
  await leaving.untilShown("q leaves]: ");
  leaving.type("q\r");
  await leaving.untilShown("Nothing has changed");
  expect(await leaving.exited).toBe(0);
  await using person = atTerminal(lab, "model");
  await person.untilShown("q leaves]: ");
  const place = /(\d+) {2}xAI Grok OAuth/.exec(person.screen())?.[1] ?? "";
  person.type(`${place}\r`);
  await person.untilShown("Waiting for the browser");
  // The terminal breaks no line of its own: this is all of the address.
  const [, address = ""] = /(https:\/\/accounts\.x\.ai\S+)\r\n/.exec(person.screen()) ?? [];
  expect(address).toContain("plan=generic");
  await fetch(lab.identity.approve(address, ada));
  await person.untilShown(`Signed in to xai-oauth as ${ada}`);
  await person.untilShown("Model of xAI Grok OAuth");
  person.type("grok-4.3\r");
  await person.untilShown("Turns now ask grok-4.3 at xAI Grok OAuth");
  expect(await person.exited).toBe(0);
});

test("hermes model signs in again where the login is no good any more", async () => {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email: ada, fields: { last_status: "dead" } }]);
  await using person = atTerminal(lab, "model");
  await person.untilShown("1  xAI Grok OAuth (SuperGrok Subscription) (in use)\r\n");
  await person.untilShown("q leaves]: ");
  person.type("1\r");
  await person.untilShown("Waiting for the browser");
});

test("hermes model takes a provider by its name, too", async () => {
  await using lab = await openAuthLab();
  await using wrong = atTerminal(lab, "model");
  await wrong.untilShown("q leaves]: ");
  wrong.type("xia\r");
  await wrong.untilShown("No such provider: xia");
  expect(await wrong.exited).toBe(2);
  await using person = atTerminal(lab, "model");
  await person.untilShown("q leaves]: ");
  person.type("grok-oauth\r");
  await person.untilShown("Waiting for the browser");
});
