import { expect, test } from "bun:test";
import { createLogins, type Logins } from "../../src/auth/logins.ts";
import { createAuthStore } from "../../src/auth/store.ts";
import type { FreshGrant } from "../../src/core/sign_in.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeFiles, type FakeFiles } from "../fakes/files.ts";
import { jwtOf } from "../fakes/jwt.ts";
import { facts, provider } from "./rig.ts";
import { thrown } from "../fakes/thrown.ts";

const [ownPath, rootPath] = [
  "/home/me/.hermes/profiles/work/auth.json",
  "/home/me/.hermes/auth.json",
];

function openLogins(files: FakeFiles, isProfile = false): Logins {
  const clock = createFakeClock();
  const deps = { files, clock, host: { userId: 1_000 } };
  let next = 0;
  const newId = () => `id000${++next}`;
  const root = createAuthStore(deps, rootPath);
  return isProfile
    ? createLogins({ store: createAuthStore(deps, ownPath), root, clock, newId })
    : createLogins({ store: root, clock, newId });
}

function fresh(sub: string, number = 1): FreshGrant {
  return {
    tokens: {
      accessToken: jwtOf({ sub, exp: 9_999_999 }, `a${number}`),
      refreshToken: `rt-${sub}-${number}`,
      idToken: jwtOf({ sub, email: `${sub}@example.com` }, "i"),
      expiresIn: 3600,
    },
  };
}

const about = { provider, facts };
const labels = async (logins: Logins): Promise<readonly string[]> =>
  (await logins.list(provider)).map(({ grant }) => `${grant.label} ${grant.refreshToken}`);

test("accounts are kept beside one another, and a second login of one takes its place", async () => {
  const logins = openLogins(createFakeFiles());
  expect((await logins.keep(fresh("ada"), about)).isNew).toBe(true);
  await logins.keep(fresh("bob"), { ...about, label: "work" });
  expect((await logins.keep(fresh("ada", 2), about)).isNew).toBe(false);
  expect(await labels(logins)).toEqual(["ada@example.com rt-ada-2", "work rt-bob-1"]);
  expect([await logins.active(), await logins.providers()]).toEqual([provider, [provider]]);
});

test("a login of an account that was dead is good again, in every place", async () => {
  const files = createFakeFiles({
    [rootPath]: JSON.stringify({
      providers: {
        [provider]: {
          tokens: { access_token: jwtOf({ sub: "ada" }, "old"), refresh_token: "rt-old" },
          last_auth_error: { code: "x" },
        },
      },
      credential_pool: {
        [provider]: [{ id: "aaaaaa", label: "ada", source: "loopback_pkce", last_status: "dead" }],
      },
    }),
  });
  const logins = openLogins(files);
  const { grant } = await logins.keep(fresh("ada"), about);
  expect([grant.id, grant.status, grant.refreshToken]).toEqual([
    "aaaaaa",
    { kind: "ok" },
    "rt-ada-1",
  ]);
  expect(files.text(rootPath)).not.toContain("last_auth_error");
});

test("a grant is named by its id, its label or its place, a label before a place", async () => {
  const logins = openLogins(createFakeFiles());
  await logins.addKey("openai", "sk-one", undefined);
  await logins.addKey("openai", "sk-two", "1");
  await logins.addKey("openai", "sk-three", "Twin");
  await logins.addKey("openai", "sk-four", "twin");
  const key = async (target: string) => (await logins.find("openai", target)).grant.accessToken;
  expect(await Promise.all(["id0001", "api-key-1", "1", "2", "3"].map(key))).toEqual([
    "sk-one",
    "sk-one",
    "sk-two",
    "sk-two",
    "sk-three",
  ]);
  for (const [target, code] of [
    ["TWIN", "usage/invalid"],
    ["9", "auth/not_found"],
    ["none", "auth/not_found"],
    ["", "auth/not_found"],
  ] as const) {
    const found = logins.find("openai", target);
    expect(await thrown(() => found)).toMatchObject({ code });
  }
});

test("removing takes one grant, and the last one takes the provider", async () => {
  const logins = openLogins(createFakeFiles());
  await logins.keep(fresh("ada"), about);
  await logins.keep(fresh("bob"), about);
  await logins.remove(await logins.find(provider, "ada@example.com"));
  expect([await labels(logins), await logins.active()]).toEqual([
    ["bob@example.com rt-bob-1"],
    provider,
  ]);
  await logins.remove(await logins.find(provider, "1"));
  expect([await labels(logins), await logins.active()]).toEqual([[], undefined]);
});

test("a profile sees the logins of its home until it has its own, and changes only its own", async () => {
  const files = createFakeFiles();
  await openLogins(files).keep(fresh("root"), about);
  const before = files.text(rootPath);
  const profile = openLogins(files, true);
  expect(await profile.list(provider)).toMatchObject([{ isInherited: true }]);
  const removed = profile.find(provider, "1").then((known) => profile.remove(known));
  expect(await thrown(() => removed)).toMatchObject({ code: "usage/invalid" });
  await profile.keep(fresh("own"), about);
  expect(await labels(profile)).toEqual(["own@example.com rt-own-1"]);
  expect(files.text(rootPath)).toBe(before);
});

test("logging out of a profile leaves the login of its home alone, and stays logged out", async () => {
  const files = createFakeFiles();
  await openLogins(files).keep(fresh("root"), about);
  const before = files.text(rootPath);
  const profile = openLogins(files, true);
  expect(await profile.logout(provider)).toHaveLength(1);
  expect([await profile.list(provider), files.text(rootPath)]).toEqual([[], before]);
  await profile.keep(fresh("own"), about);
  expect(await labels(profile)).toEqual(["own@example.com rt-own-1"]);
});

test("a reset makes what was refused usable, and counts it", async () => {
  const entry = (id: string, last_status: string) => ({
    id,
    source: "manual",
    access_token: "k",
    last_status,
  });
  const files = createFakeFiles({
    [rootPath]: JSON.stringify({
      credential_pool: {
        [provider]: [entry("1", "dead"), entry("2", "exhausted"), entry("3", "ok")],
      },
    }),
  });
  const logins = openLogins(files);
  expect([await logins.reset(provider), await logins.reset(provider)]).toEqual([2, 0]);
});

test("what the tokens call the account is shown without control characters", async () => {
  const logins = openLogins(createFakeFiles());
  const { tokens } = fresh("ada");
  const idToken = jwtOf({ sub: "ada", email: "a\u001b[31m\u202eb@x" }, "i");
  const { grant } = await logins.keep({ tokens: { ...tokens, idToken } }, about);
  expect(grant.label).toBe("a[31mb@x");
});

test("who logs out of a profile does not go on as somebody of its home", async () => {
  const files = createFakeFiles();
  await openLogins(files).keep(fresh("root"), about);
  for (const leave of ["logout", "remove"] as const) {
    const profile = openLogins(files, true);
    await profile.keep(fresh("own"), about);
    if (leave === "logout") await profile.logout(provider);
    else await profile.remove(await profile.find(provider, "1"));
    expect(await profile.list(provider)).toEqual([]);
  }
});
