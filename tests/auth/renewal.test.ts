import { expect, test } from "bun:test";
import { changeGrant } from "../../src/auth/grants.ts";
import { adoptPending, fingerprint, type Renewal, renewGrant } from "../../src/auth/renewal.ts";
import { HermesError } from "../../src/core/errors.ts";
import { accessToken, authPath, createAuthRig, entry, provider } from "./rig.ts";
import { thrown } from "../fakes/thrown.ts";

const target = async (token: string) => ({ provider, id: "ada", seen: await fingerprint(token) });
const old = accessToken("ada", 10);
const beside = (name: string): string => authPath.replace("auth.json", name);

test("a renewal replaces both tokens, and leaves nothing beside the file", async () => {
  const rig = createAuthRig([entry("ada", 10)]);
  expect(await renewGrant(rig.renewal, await target(old))).toEqual({ kind: "renewed" });
  const [grant] = await rig.grants();
  expect(grant).toMatchObject({
    accessToken: accessToken("ada", 21_600, 2),
    refreshToken: "rt-ada-2",
    status: { kind: "ok" },
  });
  expect(rig.files.paths().filter((path) => path.includes("auth.refresh"))).toEqual([]);
  expect(rig.files.modeOf(authPath)).toBe(0o600);
});

test("many at once ask the server once, and all get the new tokens", async () => {
  const rig = createAuthRig([entry("ada", 10)]);
  const renewals = await Promise.all(
    Array.from({ length: 8 }, async () => renewGrant(rig.renewal, await target(old))),
  );
  expect(renewals).toEqual(Array.from({ length: 8 }, (): Renewal => ({ kind: "renewed" })));
  expect([rig.server.posts, rig.server.reuses]).toEqual([1, 0]);
});

test("what somebody else has renewed is not renewed again", async () => {
  const rig = createAuthRig([entry("ada", 10)]);
  const seen = await target(accessToken("ada", 10, 7));
  expect([await renewGrant(rig.renewal, seen), rig.server.posts]).toEqual([{ kind: "renewed" }, 0]);
});

test("a failure that may pass leaves the login as it is, for half a minute", async () => {
  const rig = createAuthRig([entry("ada", 10)]);
  const error = new HermesError("network/unreachable", "No network", { retryable: true });
  rig.server.faults.push(error);
  expect(await renewGrant(rig.renewal, await target(old))).toEqual({ kind: "failed", error });
  const [grant] = await rig.grants();
  expect(grant).toMatchObject({
    accessToken: old,
    refreshToken: "rt-ada-1",
    status: { kind: "ok" },
    renewNotBefore: 45_000,
  });
});

test("a refusal of the server itself marks this login, and no other one", async () => {
  const rig = createAuthRig([entry("ada", 10), entry("bob", 10, { priority: 1 })]);
  rig.server.faults.push({ kind: "refused", reason: "invalid_grant", message: "Revoked" });
  const refusal = { code: 401, reason: "invalid_grant", message: "Revoked" };
  expect(await renewGrant(rig.renewal, await target(old))).toEqual({ kind: "refused", refusal });
  const [ada, bob] = await rig.grants();
  expect(ada?.status).toEqual({ kind: "dead", ...refusal, since: 0 });
  expect(bob?.status).toEqual({ kind: "ok" });
  // The next one does not ask again.
  const again = await renewGrant(rig.renewal, await target(old));
  expect([again.kind, rig.server.posts]).toEqual(["refused", 1]);
});

test("tokens that came and were not kept are adopted, once", async () => {
  const rig = createAuthRig([entry("ada", 10)]);
  const tokens = { accessToken: "at-2", refreshToken: "rt-2", idToken: "", expiresIn: 60 };
  const pending = JSON.stringify({ replaces: await fingerprint("rt-ada-1"), tokens });
  rig.files.write(beside("auth.refresh-xai-oauth-ada.pending"), pending);
  expect(await renewGrant(rig.renewal, await target(old))).toEqual({ kind: "renewed" });
  expect(rig.server.posts).toBe(0);
  expect((await rig.grants())[0]).toMatchObject({ accessToken: "at-2", refreshToken: "rt-2" });
  expect(rig.files.text(beside("auth.refresh-xai-oauth-ada.pending"))).toBeUndefined();
});

test.each([
  [
    "of a login that was made anew",
    JSON.stringify({ replaces: "0000", tokens: { accessToken: "x" } }),
  ],
  ["that are torn", '{"replaces":'],
])("tokens %s are thrown away", async (_name, pending) => {
  const rig = createAuthRig([entry("ada", 10)]);
  rig.files.write(beside("auth.refresh-xai-oauth-ada.pending"), pending);
  await adoptPending(rig.renewal, { provider, id: "ada" });
  expect((await rig.grants())[0]?.accessToken).toBe(old);
});

test("a login that was lost to a renewal which was cut off says so", async () => {
  const rig = createAuthRig([entry("ada", 10)]);
  const mark = { replaces: await fingerprint("rt-ada-1"), at: "2026-11-21T00:00:00.000+00:00" };
  rig.files.write(beside("auth.refresh-xai-oauth-ada.asking"), JSON.stringify(mark));
  rig.server.faults.push({
    kind: "refused",
    reason: "refresh_token_reused",
    message: "Used before",
  });
  expect(await renewGrant(rig.renewal, await target(old))).toMatchObject({
    refusal: { message: "Used before (a renewal was cut off at 2026-11-21T00:00:00.000+00:00)" },
  });
});

test.each([
  ["was removed", []],
  ["cannot be renewed", [entry("ada", 10, { refresh_token: "" })]],
])("a login that %s is gone", async (_name, entries) => {
  const rig = createAuthRig(entries);
  expect(await renewGrant(rig.renewal, await target(old))).toEqual({ kind: "gone" });
});

test("a full disk loses no login whose file can still be written", async () => {
  const rig = createAuthRig([entry("ada", 10)]);
  rig.files.fail("replaceFile", beside("auth.refresh-xai-oauth-ada.pending"), "ENOSPC");
  expect(await renewGrant(rig.renewal, await target(old))).toEqual({ kind: "renewed" });
  expect((await rig.grants())[0]?.refreshToken).toBe("rt-ada-2");
});

test("tokens that cannot be put into the file wait beside it", async () => {
  const rig = createAuthRig([entry("ada", 10)]);
  rig.files.fail("replaceFile", authPath, "ENOSPC");
  const failed = renewGrant(rig.renewal, await target(old));
  expect(await thrown(() => failed)).toMatchObject({ code: "store/unreadable" });
  rig.files.fail("replaceFile", authPath, undefined);
  expect(await renewGrant(rig.renewal, await target(old))).toEqual({ kind: "renewed" });
  expect([rig.server.posts, (await rig.grants())[0]?.refreshToken]).toEqual([1, "rt-ada-2"]);
});

test("tokens that wait beside the file are not thrown away by another provider's login of the same id", async () => {
  const rig = createAuthRig([entry("ada", 10)]);
  const others = { accessToken: "at-o", refreshToken: "rt-o", idToken: "", expiresIn: null };
  const own = { [provider]: [entry("ada", 10)], other: [entry("ada", 10)] };
  await rig.store.update((json) => ({
    json: { ...json, credential_pool: own },
    result: undefined,
  }));
  rig.files.fail("replaceFile", authPath, "ENOSPC");
  const failed = renewGrant(rig.renewal, await target(old));
  expect(await thrown(() => failed)).toMatchObject({ code: "store/unreadable" });
  rig.files.fail("replaceFile", authPath, undefined);
  await rig.store.update((json) => ({
    json: changeGrant(json, { provider: "other", id: "ada" }, { tokens: others }, 0),
    result: undefined,
  }));
  await adoptPending(rig.renewal, { provider: "other", id: "ada" });
  await renewGrant(rig.renewal, { ...(await target(old)), seen: "another" });
  expect([rig.server.posts, (await rig.grants())[0]?.refreshToken]).toEqual([1, "rt-ada-2"]);
});

test.each([
  ["a refusal", { kind: "refused", reason: "invalid_grant", message: "Revoked" }],
  [
    "tokens",
    {
      kind: "tokens",
      tokens: { accessToken: "late", refreshToken: "late", idToken: "", expiresIn: null },
    },
  ],
] as const)(
  "%s for a login that was made anew meanwhile is not for the new one",
  async (_name, reply) => {
    const rig = createAuthRig([entry("ada", 10)]);
    const fresh = { accessToken: "new", refreshToken: "rt-new", idToken: "", expiresIn: null };
    const request: typeof rig.renewal.request = async (grant) => {
      await rig.store.update((json) => ({
        json: changeGrant(json, grant, { tokens: fresh, status: { kind: "ok" } }, 0),
        result: undefined,
      }));
      return reply;
    };
    expect(await renewGrant({ ...rig.renewal, request }, await target(old))).toEqual({
      kind: "renewed",
    });
    expect((await rig.grants())[0]).toMatchObject({
      ...{ accessToken: "new" },
      status: { kind: "ok" },
    });
  },
);

test("tokens beside the file that cannot be read are no missing ones", async () => {
  const rig = createAuthRig([entry("ada", 10)]);
  const path = beside("auth.refresh-xai-oauth-ada.pending");
  rig.files.write(path, "{}");
  rig.files.fail("readText", path, "EMFILE");
  expect(await thrown(async () => renewGrant(rig.renewal, await target(old)))).toMatchObject({
    code: "store/unreadable",
  });
  expect(rig.server.posts).toBe(0);
});

test("adopting tokens that were renewed since changes nothing", async () => {
  const rig = createAuthRig([entry("ada", 10)]);
  const spent = { accessToken: "spent", refreshToken: "spent", idToken: "", expiresIn: null };
  const pending = JSON.stringify({ replaces: await fingerprint("rt-ada-1"), tokens: spent });
  rig.files.write(beside("auth.refresh-xai-oauth-ada.pending"), pending);
  const update = rig.store.update.bind(rig.store);
  const store: typeof rig.store = {
    path: rig.store.path,
    beside: (name) => rig.store.beside(name),
    read: () => rig.store.read(),
    warnings: () => rig.store.warnings(),
    // Somebody else is faster between looking and writing.
    async update(change) {
      const [grant] = await rig.grants();
      if (grant?.refreshToken === "rt-ada-1") {
        const tokens = { accessToken: "good", refreshToken: "good", idToken: "", expiresIn: null };
        await update((json) => ({
          json: changeGrant(json, grant, { tokens }, 0),
          result: undefined,
        }));
      }
      return await update(change);
    },
  };
  await adoptPending({ ...rig.renewal, store }, { provider, id: "ada" });
  expect((await rig.grants())[0]?.accessToken).toBe("good");
});
