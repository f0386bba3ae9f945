import { describe, expect, test } from "bun:test";
import { type Fault, json, rateLimited } from "../../fakes/faults.ts";
import { startResponsesServer } from "../../fakes/responses_server.ts";
import {
  noCredit as creditStep,
  rateLimited as rateLimitedStep,
  textAnswer,
  wrongKey,
} from "../../fakes/server_steps.ts";
import { type AuthLab, openAuthLab } from "../auth/lab.ts";
import { createSandbox } from "../sandbox.ts";
import { startVendors } from "../vendors.ts";
import { keysOf, startNamed } from "./lab.ts";

const [ada, bob, eve] = ["ada@example.com", "bob@example.com", "eve@example.com"];
type Vendor = "xai-oauth" | "openai-codex";
const vendors: readonly Vendor[] = ["xai-oauth", "openai-codex"];
const ask = (vendor: string) => ["-z", "Say hello", "--provider", vendor];
const xai = ask("xai-oauth");

/** A home with these accounts, that tries each step up to three times. */
async function openLab(vendor: Vendor, ...emails: readonly string[]): Promise<AuthLab> {
  const lab = await openAuthLab();
  await lab.sandbox.configure("agent: {api_max_retries: 3}\n");
  await lab.writeLogins(emails.map((email) => ({ vendor, email, lifeSeconds: 21_600 })));
  return lab;
}

function accounts({ models }: AuthLab): readonly (string | undefined)[] {
  return models.asked.map(({ account }) => account);
}

const limited = rateLimited("0");
const noCredit = json(402, { error: { message: "Insufficient credits" } });
const planLimit = json(429, {
  error: { message: "The usage limit has been reached, try again at noon", type: "limit" },
});
const usedUp = json(429, { error: { message: "No", type: "usage_limit_reached" } });
const unauthorized = json(401, { error: { message: "The token has expired" } });
const noSubscription = json(403, { error: "You do not have an active Grok subscription" });

describe.each(vendors)("logins of %s", (vendor) => {
  test("a rate limit is tried once more with the same login, then with the next one", async () => {
    await using lab = await openLab(vendor, ada, bob);
    lab.models.script(ada, limited, limited);
    const end = await lab.run(ask(vendor));
    expect([end.code, end.stdout, accounts(lab)]).toEqual([0, "hello\n", [ada, ada, bob]]);
    expect(end.stderr).toContain(`${ada} has used up its limit: going on as ${bob} (${vendor})`);
    expect(await lab.leaks(end)).toEqual([]);
  });

  test.each([
    ["a spent credit", noCredit],
    ["a limit of the plan", planLimit],
    ["a limit that is used up", usedUp],
  ])("%s takes the next login at once", async (_, fault) => {
    await using lab = await openLab(vendor, ada, bob);
    lab.models.script(ada, fault);
    const end = await lab.run(ask(vendor));
    expect([end.code, end.stdout, accounts(lab)]).toEqual([0, "hello\n", [ada, bob]]);
  });

  test("a refused login is renewed first, and left when that does not help", async () => {
    await using lab = await openLab(vendor, ada, bob);
    lab.models.script(ada, unauthorized, unauthorized);
    const end = await lab.run(ask(vendor));
    expect([end.code, end.stdout, accounts(lab)]).toEqual([0, "hello\n", [ada, ada, bob]]);
    const [first, second] = lab.models.asked.map(({ token }) => token);
    const renewals = lab.identity.asked(vendor === "xai-oauth" ? "xai/token" : "openai/token");
    expect([first === second, renewals.length]).toEqual([false, 1]);
  });

  test("one after the other, until none is left: then the failure is the last one's", async () => {
    await using lab = await openLab(vendor, ada, bob, eve);
    for (const who of [ada, bob, eve]) lab.models.script(who, noCredit);
    const end = await lab.run(ask(vendor));
    expect([end.code, accounts(lab)]).toEqual([75, [ada, bob, eve]]);
  });

  test("a plan that does not have it is no matter of the login: none is renewed or left", async () => {
    await using lab = await openLab(vendor, ada, bob);
    lab.models.script(ada, noSubscription);
    const end = await lab.run(ask(vendor));
    expect([end.code, accounts(lab)]).toEqual([4, [ada]]);
    expect(end.stderr).toContain("(auth/not_entitled)");
  });
});

describe("keys", () => {
  const keys = ["xai-first-0123456789", "xai-second-0123456789"] as const;

  /** The keys that were sent to xAI, in order, when the first one meets these faults. */
  async function sent(...faults: readonly Fault[]): Promise<readonly [number, string[]]> {
    await using lab = await openAuthLab({ apiKeys: keys });
    await lab.sandbox.configure("agent: {api_max_retries: 3}\n");
    for (const key of keys) await lab.run(["auth", "add", "xai"], { stdin: { text: key } });
    lab.models.script(keys[0], ...faults);
    const end = await lab.run(ask("xai"));
    return [end.code, lab.models.asked.map(({ token }) => token)];
  }

  test.each([
    ["a rate limit is tried once more with the same key", [limited, limited], [0, 0, 1]],
    ["a spent credit takes the next key at once", [noCredit], [0, 1]],
    ["a refused key cannot be renewed: the next one is taken", [unauthorized], [0, 1]],
  ] as const)("%s", async (_, faults, order) => {
    expect(await sent(...faults)).toEqual([0, order.map((at) => keys[at])]);
  });
});

describe("keys of the environment", () => {
  const limit = rateLimitedStep(0);
  const again = textAnswer("hello");

  test.each([
    ["a refused one is left at once", [wrongKey, again], [0, 1]],
    ["a limited one is tried once more", [limit, limit, again], [0, 0, 1]],
    ["one without credit is left at once", [creditStep, again], [0, 1]],
  ] as const)("%s", async (_, steps, order) => {
    const envKeys = ["first-key-0123456789", "second-key-0123456789"] as const;
    for (const [provider, host, names] of [
      ["moonshot", "api.moonshot.ai", ["MOONSHOT_API_KEY", "KIMI_API_KEY"]],
      ["kimi-coding", "api.kimi.com", ["KIMI_CODING_API_KEY", "KIMI_API_KEY"]],
    ] as const) {
      await using server = await startResponsesServer({ steps });
      await using world = await startVendors([], { [host]: server.url });
      await using sandbox = await createSandbox();
      await sandbox.configure("agent: {api_max_retries: 3}\n");
      const env = { ...world.env, [names[0]]: envKeys[0], [names[1]]: envKeys[1] };
      const args = ["-z", "Say hello", "--provider", provider, "-m", "kimi-k3"];
      const end = await sandbox.run(args, { env });
      expect([end.code, end.stdout]).toEqual([0, "hello\n"]);
      expect(keysOf(server)).toEqual(order.map((at) => envKeys[at]));
      expect(world.proxy.refused).toEqual([]);
    }
  });
});

test("logins come before fallbacks: a limit leaves the provider when none is left", async () => {
  await using second = await startNamed("second", [textAnswer("from the second")]);
  for (const [emails, asked, stdout] of [
    [[ada, bob], [ada, ada, bob], "hello\n"],
    [[ada], [ada], "from the second\n"],
  ] as const) {
    await using lab = await openLab("xai-oauth", ...emails);
    await lab.sandbox.configure(
      [
        "agent: {api_max_retries: 3}",
        "custom_providers:",
        second.entry,
        "fallback_providers: [{provider: second, model: m2}]",
        "",
      ].join("\n"),
    );
    lab.models.script(ada, limited, limited);
    const env = { SECOND_KEY: "second-key-0123456789", NO_PROXY: "127.0.0.1" };
    const end = await lab.run(xai, { env });
    expect([end.code, end.stdout, accounts(lab)]).toEqual([0, stdout, [...asked]]);
    expect(await lab.leaks(end)).toEqual([]);
  }
  // A login's token never reaches the fallback.
  expect(second.server.requests.map(({ headers }) => headers["authorization"])).toEqual([
    "Bearer second-key-0123456789",
  ]);
});

test("logins that all rest are no reason not to ask a fallback", async () => {
  await using second = await startNamed("second", [textAnswer("one"), textAnswer("two")]);
  await using lab = await openLab("xai-oauth", ada);
  await lab.sandbox.configure(
    [
      "custom_providers:",
      second.entry,
      "fallback_providers: [{provider: second, model: m2}]",
      "",
    ].join("\n"),
  );
  lab.models.script(
    ada,
    json(429, { error: { code: "usage_limit_reached" } }, { "retry-after": "600" }),
  );
  const env = { SECOND_KEY: "second-key-0123456789", NO_PROXY: "127.0.0.1" };
  const ends = [await lab.run(xai, { env }), await lab.run(xai, { env })];
  expect(ends.map(({ code, stdout }) => [code, stdout])).toEqual([
    [0, "one\n"],
    [0, "two\n"],
  ]);
  expect(accounts(lab)).toEqual([ada]);
});
