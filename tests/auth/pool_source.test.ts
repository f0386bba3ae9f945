import { expect, test } from "bun:test";
import { Leases } from "../../src/auth/leases.ts";
import type { Credential } from "../../src/core/credential.ts";
import { HermesError } from "../../src/core/errors.ts";
import { accessToken, createAuthRig, entry, provider } from "./rig.ts";
import { thrown } from "../fakes/thrown.ts";

const day = 86_400;
const tokenOf = (credential: Credential | undefined): string | undefined => credential?.token;
const limit = (code: "model/quota" | "model/rate_limited", retryAfterMs?: number): HermesError =>
  new HermesError(code, "Too much", {
    httpStatus: 429,
    retryable: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

test("a good token is used as it is, and the file stays byte for byte", async () => {
  const rig = createAuthRig([entry("ada", day)]);
  const before = rig.files.text(rig.store.path);
  expect(await rig.source().get(provider)).toEqual({
    id: `${provider}:ada`,
    token: accessToken("ada", day),
    origin: "login ada@example.com",
    accountId: "ada",
  });
  expect(rig.files.text(rig.store.path)).toBe(before);
  expect(rig.server.posts).toBe(0);
});

test("without a grant there is no credential, and no file is made", async () => {
  const rig = createAuthRig([]);
  expect(await rig.source().get(provider)).toBeUndefined();
  expect(rig.files.paths()).toEqual([]);
});

test("a token that ends soon is renewed before it is used", async () => {
  const rig = createAuthRig([entry("ada", 1_800)]);
  expect(tokenOf(await rig.source().get(provider))).toBe(accessToken("ada", 21_600, 2));
});

test("a token that is still good is used while the server of tokens is down", async () => {
  const rig = createAuthRig([entry("ada", 1_800)]);
  rig.server.faults.push(new HermesError("network/unreachable", "Down"));
  const source = rig.source();
  const token = accessToken("ada", 1_800);
  expect(tokenOf(await source.get(provider))).toBe(token);
  // And the server is left alone for a while.
  expect(tokenOf(await source.get(provider))).toBe(token);
  expect([rig.server.posts, (await rig.grants())[0]?.status]).toEqual([1, { kind: "ok" }]);
});

test("nobody waits for a renewal that survives, as long as the token is good", async () => {
  const rig = createAuthRig([entry("ada", 1_800)]);
  const source = rig.source({ outlivesUs: true });
  expect(tokenOf(await source.get(provider))).toBe(accessToken("ada", 1_800));
});

test("a token that has ended and cannot be renewed is not sent", async () => {
  const rig = createAuthRig([entry("ada", -1)]);
  rig.server.faults.push(new HermesError("network/unreachable", "Down", { retryable: true }));
  const got = rig.source().get(provider);
  expect(await thrown(() => got)).toMatchObject({
    code: "network/unreachable",
    message: "The login ada@example.com could not be renewed: Down",
    retryable: true,
  });
});

test("a refused token is renewed once, and stays the same account's", async () => {
  const rig = createAuthRig([entry("ada", day), entry("bob", day, { priority: 1 })]);
  const source = rig.source();
  const rejected = await source.get(provider);
  const renewed = await source.get(provider, { rejected: rejected! });
  expect(renewed).toEqual({ ...rejected!, token: accessToken("ada", 21_600, 2) });
  // Refused again, it is no good: the next account, and a word of it.
  const other = await source.get(provider, { rejected: renewed! });
  expect(other).toMatchObject({
    token: accessToken("bob", day),
    notice: "ada@example.com was refused: going on as bob@example.com (xai-oauth)",
  });
  expect(rig.server.posts).toBe(1);
});

test("a refused token that another process has replaced meanwhile is not renewed again", async () => {
  const rig = createAuthRig([entry("ada", day)]);
  const rejected = { id: `${provider}:ada`, token: accessToken("ada", day, 9), origin: "" };
  expect(tokenOf(await rig.source().get(provider, { rejected }))).toBe(accessToken("ada", day));
  expect(rig.server.posts).toBe(0);
});

test("a dead login steps aside for another one, and says why when there is none", async () => {
  const dead = { kind: "refused", reason: "invalid_grant", message: "Revoked" } as const;
  const rig = createAuthRig([entry("ada", day), entry("bob", day, { priority: 1 })]);
  rig.server.faults.push(dead, dead);
  const source = rig.source();
  const ada = await source.get(provider);
  const bob = await source.get(provider, { rejected: ada! });
  expect(bob?.notice).toBe("ada@example.com was refused: going on as bob@example.com (xai-oauth)");
  expect(await source.get(provider, { rejected: bob! })).toBeUndefined();
  const next = rig.source().get(provider);
  expect(await thrown(() => next)).toMatchObject({
    code: "auth/rejected",
    message: "The login of xai-oauth is no good any more: Revoked",
    hint: "sign in again: hermes auth add xai-oauth",
  });
});

test("one refusal for now is an accident, the second one takes another account", async () => {
  const rig = createAuthRig([entry("ada", day), entry("bob", day, { priority: 1 })]);
  const source = rig.source();
  const ada = (await source.get(provider))!;
  const error = limit("model/rate_limited", 60_000);
  expect(await source.get(provider, { exhausted: { credential: ada, error } })).toBeUndefined();
  const bob = await source.get(provider, { exhausted: { credential: ada, error } });
  expect(bob).toMatchObject({
    token: accessToken("bob", day),
    notice: "ada@example.com has used up its limit: going on as bob@example.com (xai-oauth)",
  });
  expect((await rig.grants())[0]?.status).toEqual({
    kind: "cooling",
    code: 429,
    reason: "",
    message: "Too much",
    until: 60_000,
    isGuess: false,
  });
  // Another process begins with the one that is free, and comes back when the time is over.
  expect(tokenOf(await rig.source().get(provider))).toBe(accessToken("bob", day));
  await rig.clock.advance(60_001);
  expect(tokenOf(await rig.source().get(provider))).toBe(accessToken("ada", day));
});

test("the second refusal counts however long the server asked to wait", async () => {
  const rig = createAuthRig([entry("ada", day), entry("bob", day, { priority: 1 })]);
  const source = rig.source();
  const credential = (await source.get(provider))!;
  const refuse = (ms: number) =>
    source.get(provider, { exhausted: { credential, error: limit("model/rate_limited", ms) } });
  expect(await refuse(110_000)).toBeUndefined();
  await rig.clock.advance(110_000);
  expect(tokenOf(await refuse(0))).toBe(accessToken("bob", day));
});

test("a limit of the plan, told without a code, takes another account at once", async () => {
  const rig = createAuthRig([entry("ada", day), entry("bob", day, { priority: 1 })]);
  const source = rig.source();
  const credential = (await source.get(provider))!;
  const error = new HermesError("model/rate_limited", "The usage limit has been reached", {
    httpStatus: 429,
  });
  const next = await source.get(provider, { exhausted: { credential, error } });
  expect(tokenOf(next)).toBe(accessToken("bob", day));
});

test("hasOther() tells of accounts that could step in now, not of those that rest", async () => {
  const rig = createAuthRig([entry("ada", day), entry("bob", day, { priority: 1 })]);
  const source = rig.source();
  const ada = (await source.get(provider))!;
  expect(await source.hasOther?.(provider, ada)).toBe(true);
  const error = limit("model/quota", 600_000);
  const bob = (await source.get(provider, { exhausted: { credential: ada, error } }))!;
  expect(await source.hasOther?.(provider, bob)).toBe(false);
  const lone = createAuthRig([entry("ada", day)]).source();
  expect(await lone.hasOther?.(provider, (await lone.get(provider))!)).toBe(false);
});

test("a quota that is used up takes another account at once", async () => {
  const rig = createAuthRig([entry("ada", day), entry("bob", day, { priority: 1 })]);
  const source = rig.source();
  const credential = (await source.get(provider))!;
  const next = await source.get(provider, {
    exhausted: { credential, error: limit("model/quota") },
  });
  expect(tokenOf(next)).toBe(accessToken("bob", day));
});

test("a lone login that rests is asked again, unless the server said when", async () => {
  const rig = createAuthRig([entry("ada", day)]);
  const source = rig.source();
  const credential = (await source.get(provider))!;
  const asked = (error: HermesError) => source.get(provider, { exhausted: { credential, error } });
  expect(await asked(limit("model/quota"))).toBeUndefined();
  expect(tokenOf(await rig.source().get(provider))).toBe(accessToken("ada", day));
  expect(await asked(limit("model/quota", 600_000))).toBeUndefined();
  const next = rig.source().get(provider);
  expect(await thrown(() => next)).toMatchObject({
    code: "model/quota",
    message: "Every login of xai-oauth has used up its limit; the first is free again in 10 min",
    retryAfterMs: 600_000,
  });
});

test("strategies: in turn over processes, the least used, the first", async () => {
  const pool = () =>
    createAuthRig([
      entry("a", day),
      entry("b", day, { priority: 1 }),
      entry("c", day, { priority: 2 }),
    ]);
  const four = async (strategy: "round_robin" | "least_used" | "fill_first" | "random") => {
    const rig = pool();
    const ids: (string | undefined)[] = [];
    for (let run = 0; run < 4; run++) {
      const source = rig.source({ strategy });
      // A process keeps the one that it began with.
      await source.get(provider);
      ids.push((await source.get(provider))?.accountId);
    }
    return ids.join("");
  };
  expect(await four("round_robin")).toBe("abca");
  expect(await four("least_used")).toBe("abca");
  expect(await four("fill_first")).toBe("aaaa");
  expect(await four("random")).toBe("bbbb");
});

test("writes of two processes at once lose nothing of each other", async () => {
  const rig = createAuthRig([entry("a", -1), entry("b", day, { priority: 1 })]);
  const [one, other] = [rig.source(), rig.source({ strategy: "round_robin" })];
  const b = { id: `${provider}:b`, token: accessToken("b", day), origin: "" };
  await Promise.all([
    one.get(provider),
    other.get(provider, { exhausted: { credential: b, error: limit("model/quota", 5_000) } }),
  ]);
  const [first, second] = (await rig.grants()).toSorted((x, y) => x.id.localeCompare(y.id));
  expect(first?.refreshToken).toBe("rt-a-2");
  expect(second?.status.kind).toBe("cooling");
});

test("a limit that is over is no reason to sign in again", async () => {
  const rig = createAuthRig([entry("ada", day)]);
  const source = rig.source();
  const credential = (await source.get(provider))!;
  const error = limit("model/rate_limited", 1_000);
  const asked = () => source.get(provider, { exhausted: { credential, error } });
  expect([await asked(), await asked()]).toEqual([undefined, undefined]);
  await rig.clock.advance(1_001);
  expect(tokenOf(await source.get(provider))).toBe(credential.token);
});

test("a login whose rest is over takes its turn again, and keeps it", async () => {
  const rested = { last_status: "exhausted", last_status_at: -9_999, last_error_code: 429 };
  const rig = createAuthRig([entry("ada", day), entry("bob", day, { priority: 1, ...rested })]);
  const source = rig.source({ strategy: "round_robin" });
  const credential = (await source.get(provider))!;
  const error = limit("model/quota");
  expect(tokenOf(await source.get(provider, { exhausted: { credential, error } }))).toBe(
    accessToken("bob", day),
  );
  for (let step = 0; step < 3; step++) {
    expect(tokenOf(await source.get(provider))).toBe(accessToken("bob", day));
  }
});

test("a login that cannot be renewed does not stand in the way of a good one", async () => {
  const rig = createAuthRig([entry("ada", -1), entry("bob", day, { priority: 1 })]);
  rig.server.faults.push(new HermesError("auth/not_entitled", "No plan"));
  expect(await rig.source().get(provider)).toMatchObject({
    token: accessToken("bob", day),
    notice: "ada@example.com could not be renewed: going on as bob@example.com (xai-oauth)",
  });
});

test("conversations of one process are spread over the logins, and give them back", async () => {
  const rig = createAuthRig([entry("ada", day), entry("bob", day, { priority: 1 })]);
  const leases = new Leases();
  const open = async () => {
    const source = rig.source({ leases });
    return { source, account: (await source.get(provider))?.accountId };
  };
  const [one, two, three] = [await open(), await open(), await open()];
  expect([one.account, two.account, three.account]).toEqual(["ada", "bob", "ada"]);
  one.source.release?.();
  three.source.release?.();
  three.source.release?.();
  expect((await open()).account).toBe("ada");
  // Who has one keeps it.
  expect((await two.source.get(provider))?.accountId).toBe("bob");
});
