import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseAuthFile, renderAuthFile } from "../../src/auth/auth_file.ts";
import type { Grant } from "../../src/auth/grant.ts";
import {
  activeGrantsOf,
  addGrant,
  changeGrant,
  grantsOf,
  providersIn,
  removeGrant,
  removeProvider,
  setSuppressed,
} from "../../src/auth/grants.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import { jwtOf } from "../fakes/jwt.ts";

const now = Date.UTC(2026, 10, 21);
const path = "/home/me/.hermes/auth.json";
const tokens = { accessToken: "at-2", refreshToken: "rt-2", idToken: "", expiresIn: 3600 };

/** A file as another program has written it: one login apart with its entry, and one more. */
const shared: JsonObject = {
  version: 1,
  active_provider: "xai-oauth",
  providers: {
    "xai-oauth": {
      tokens: { access_token: "at-apart", refresh_token: "rt-apart", expires_in: 3600 },
      last_refresh: "2026-11-21T00:00:00Z",
      auth_mode: "oauth_pkce",
      discovery: { token_endpoint: "https://auth.x.ai/oauth2/token" },
      future: { kept: true },
    },
    nous: { agent_key: "k" },
  },
  credential_pool: {
    "xai-oauth": [
      {
        id: "bbbbbb",
        label: "b",
        auth_type: "oauth",
        priority: 1,
        source: "manual:xai_pkce",
        access_token: "at-b",
        refresh_token: "rt-b",
      },
      {
        id: "aaaaaa",
        label: "a",
        auth_type: "oauth",
        priority: 0,
        source: "loopback_pkce",
        access_token: "at-old",
        refresh_token: "rt-old",
        odd: [1],
      },
    ],
    openai: [{ id: "cccccc", source: "env:OPENAI_API_KEY", secret_fingerprint: "sha256:0" }],
  },
  future: 1,
};

const brief = (grants: readonly Grant[]) =>
  grants.map(({ id, label, accessToken, refreshToken }) => [id, label, accessToken, refreshToken]);

test("grantsOf() gives them in order, the login that is kept apart with its own tokens", () => {
  expect(brief(grantsOf(shared, "xai-oauth"))).toEqual([
    ["aaaaaa", "a", "at-apart", "rt-apart"],
    ["bbbbbb", "b", "at-b", "rt-b"],
  ]);
  expect(grantsOf(shared, "openai")).toEqual([]);
  expect(providersIn(shared)).toEqual(["xai-oauth"]);
});

test("grantsOf() knows when tokens end: by their claim, else by what was said when they came", () => {
  const until = (entry: JsonObject) =>
    grantsOf({ credential_pool: { p: [{ id: "1", ...entry }] } }, "p")[0]?.expiresAt;
  expect(until({ access_token: jwtOf({ exp: 1_000.5 }, "s"), expires_in: 9 })).toBe(1_000_500);
  const last = "2026-11-21T00:00:00Z";
  expect(until({ access_token: "opaque", expires_in: 60, last_refresh: last })).toBe(now + 60_000);
  expect(until({ access_token: "opaque" })).toBeUndefined();
  expect(until({ access_token: jwtOf({ exp: true }, "s") })).toBeUndefined();
  expect(until({ access_token: "a.%%%.c" })).toBeUndefined();
  expect(until({ access_token: jwtOf({ exp: 1e15 }, "s") })).toBeUndefined();
});

test("changeGrant() keeps the tokens of a login apart once, and everything that is not known", () => {
  const changed = changeGrant(
    shared,
    { provider: "xai-oauth", id: "aaaaaa" },
    { tokens, status: { kind: "ok" } },
    now,
  );
  const apart = (changed["providers"] as JsonObject)["xai-oauth"] as JsonObject;
  expect(apart).toEqual({
    ...((shared["providers"] as JsonObject)["xai-oauth"] as JsonObject),
    tokens: { access_token: "at-2", refresh_token: "rt-2", expires_in: 3600 },
    last_refresh: "2026-11-21T00:00:00.000Z",
  });
  const [, entry] = (changed["credential_pool"] as { "xai-oauth": JsonObject[] })["xai-oauth"];
  expect(entry).toMatchObject({ id: "aaaaaa", last_status: "ok", odd: [1] });
  expect(JSON.stringify(changed)).not.toContain("at-old");
  expect(changed["future"]).toBe(1);
  expect(brief(grantsOf(changed, "xai-oauth"))[1]).toEqual(["bbbbbb", "b", "at-b", "rt-b"]);
});

test("changeGrant() changes nothing of others, and nothing for an id that is not there", () => {
  const changed = changeGrant(shared, { provider: "xai-oauth", id: "bbbbbb" }, { tokens }, now);
  expect(changed["providers"]).toEqual(shared["providers"] as Json);
  expect(brief(grantsOf(changed, "xai-oauth"))).toEqual([
    ["aaaaaa", "a", "at-apart", "rt-apart"],
    ["bbbbbb", "b", "at-2", "rt-2"],
  ]);
  expect(changeGrant(shared, { provider: "xai-oauth", id: "none" }, { tokens }, now)).toBe(shared);
});

test("a login that is kept apart without an entry is a grant all the same", () => {
  const { credential_pool: _, ...alone } = shared;
  expect(brief(grantsOf(alone, "xai-oauth"))).toEqual([
    ["000000", "loopback_pkce", "at-apart", "rt-apart"],
  ]);
  const dead = {
    kind: "dead",
    code: 401,
    reason: "invalid_grant",
    message: "no",
    since: now,
  } as const;
  const changed = changeGrant(
    alone,
    { provider: "xai-oauth", id: "000000" },
    { status: dead },
    now,
  );
  expect(grantsOf(changed, "xai-oauth")[0]?.status).toEqual(dead);
});

describe("the state of a grant", () => {
  test.each([
    [{ last_status: null }, { kind: "ok" }],
    [{ last_status: "ok", last_error_code: 429 }, { kind: "ok" }],
    [
      {
        last_status: "exhausted",
        last_status_at: 1_000,
        last_error_code: 429,
        last_error_reason: "usage",
      },
      { kind: "cooling", code: 429, reason: "usage", message: "", until: 4_600_000, isGuess: true },
    ],
    [
      { last_status: "exhausted", last_status_at: 1_000, last_error_code: 401 },
      { kind: "cooling", code: 401, reason: "", message: "", until: 1_300_000, isGuess: true },
    ],
    [
      { last_status: "exhausted", last_status_at: 1, last_error_reset_at: "1970-01-01T00:00:09Z" },
      { kind: "cooling", code: null, reason: "", message: "", until: 9_000, isGuess: false },
    ],
    [
      { last_status: "exhausted", last_error_reset_at: 1_800_000_000_000 },
      {
        kind: "cooling",
        code: null,
        reason: "",
        message: "",
        until: 1_800_000_000_000,
        isGuess: false,
      },
    ],
    [
      { last_status: "dead", last_status_at: 5, last_error_code: 401, last_error_message: "m" },
      { kind: "dead", code: 401, reason: "", message: "m", since: 5_000 },
    ],
  ] as const)("%j is read", (entry, status) => {
    const json = { credential_pool: { p: [{ id: "1", ...entry }] } };
    expect(grantsOf(json, "p")[0]?.status).toEqual(status);
  });

  test("comes back as it was written", () => {
    const empty = parseAuthFile(undefined, path).json;
    const grant = {
      id: "123abc",
      provider: "p",
      label: "l",
      kind: "oauth",
      source: "manual",
      tokens,
    } as const;
    const json = addGrant(empty, grant, now);
    for (const status of [
      { kind: "cooling", code: 402, reason: "r", message: "m", until: now + 5, isGuess: false },
      { kind: "dead", code: null, reason: "", message: "", since: now },
      { kind: "ok" },
    ] as const) {
      const text = renderAuthFile(changeGrant(json, grant, { status }, now), now);
      expect(grantsOf(parseAuthFile(text, path).json, "p")[0]?.status).toEqual(status);
    }
  });
});

test("removeGrant() takes away what it is asked for and nothing else", () => {
  const first = removeGrant(shared, { provider: "xai-oauth", id: "bbbbbb" });
  expect(brief(grantsOf(first, "xai-oauth"))).toEqual([["aaaaaa", "a", "at-apart", "rt-apart"]]);
  const other = removeGrant(shared, { provider: "xai-oauth", id: "aaaaaa" });
  expect(brief(grantsOf(other, "xai-oauth"))).toEqual([["bbbbbb", "b", "at-b", "rt-b"]]);
  expect((other["providers"] as JsonObject)["xai-oauth"]).toBeUndefined();
  const none = removeProvider(shared, "xai-oauth");
  expect(grantsOf(none, "xai-oauth")).toEqual([]);
  expect([none["active_provider"], none["future"]]).toEqual([null, 1]);
  expect((none["providers"] as JsonObject)["nous"]).toEqual({ agent_key: "k" });
});

test("sources that are switched off are not used, and both levels go when they are empty", () => {
  const off = setSuppressed(shared, "xai-oauth", ["loopback_pkce"]);
  expect(brief(activeGrantsOf(off, "xai-oauth")).map(([id]) => id)).toEqual(["bbbbbb"]);
  expect(setSuppressed(off, "xai-oauth", [])).toEqual(shared);
});

test.each([
  ["no JSON", "{"],
  ["nothing", ""],
  ["an array", "[]"],
  ["an object of something else", '{"a":1}'],
  ["a list of providers", '{"providers":[]}'],
  ["a version that is none", '{"version":"two","providers":{}}'],
])("parseAuthFile() refuses %s, and never takes it for an empty file", (_name, text) => {
  const parse = (): unknown => parseAuthFile(text, path);
  expect(parse).toThrow(HermesError);
  expect(parse).toThrow(/no file of logins/);
});

test("parseAuthFile() reads a file of a later program, and says that it is one", () => {
  const file = parseAuthFile('\ufeff{"version":2,"providers":{},"credential_pool":{}}', path);
  expect(file.isNewer).toBe(true);
});

test("any change of any file keeps the other providers byte for byte", () => {
  const value = fc.jsonValue().map((json) => JSON.parse(JSON.stringify(json)) as Json);
  const entry = fc.dictionary(
    fc.constantFrom("id", "label", "source", "priority", "access_token", "x"),
    value,
  );
  const pool = fc.dictionary(fc.constantFrom("a", "b", "p"), fc.oneof(fc.array(entry), value));
  const states = fc.dictionary(fc.constantFrom("a", "b", "p"), value);
  fc.assert(
    fc.property(
      pool,
      states,
      fc.constantFrom("", "1", "000000"),
      (credential_pool, providers, id) => {
        const json: JsonObject = { credential_pool, providers, extra: { a: [1] } };
        for (const next of [
          changeGrant(json, { provider: "p", id }, { tokens, requestCount: 2 }, now),
          removeGrant(json, { provider: "p", id }),
          addGrant(
            json,
            { id: "9", provider: "p", label: "l", kind: "oauth", source: "manual", tokens },
            now,
          ),
          removeProvider(json, "p"),
        ]) {
          const rest = (of: JsonObject, name: string): Json => {
            const { p: _, ...others } = of[name] as JsonObject;
            return others;
          };
          expect(rest(next, "credential_pool")).toEqual(rest(json, "credential_pool"));
          expect(rest(next, "providers")).toEqual(rest(json, "providers"));
          expect(next["extra"]).toEqual({ a: [1] });
        }
      },
    ),
    { seed: 7, numRuns: 60 },
  );
});
