import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { stringify } from "smol-toml";
import { mcpServersOf, refusalOf } from "../../src/config/mcp_servers.ts";
import { readConfig } from "../../src/config/read_config.ts";
import type { Env } from "../../src/core/ports.ts";
import { codexServers } from "../../src/codex/server_entries.ts";
import type { ServerEntriesOptions } from "../../src/codex/user_server.ts";
import { codexVersion } from "../../src/codex/version.ts";
import { codexVersions } from "../fakes/codex_binaries.ts";

const older = codexVersion("codex/0.130.0 (x)");
const newer = codexVersion("codex/0.169.0 (x)");

interface Situation extends Partial<Pick<ServerEntriesOptions, "place" | "codex" | "codexEnv">> {
  readonly env?: Env;
}

/** What becomes of `mcp_servers` as a user writes it. */
function entriesOf(servers: Readonly<Record<string, unknown>>, situation: Situation = {}) {
  const { env = {}, codexEnv = {}, place = "thread", codex = newer } = situation;
  const text = JSON.stringify({ mcp_servers: servers });
  const { config, origins } = readConfig({ text, file: "config.yaml", env });
  if (!config) throw new Error(`No configuration: ${text}`);
  const { entries, ...rest } = codexServers(mcpServersOf({ config, origins }), {
    env,
    codexEnv,
    place,
    codex,
    refusalOf,
  });
  return { entries: Object.fromEntries(entries), ...rest };
}

const nothing = { entries: {}, env: {}, problems: [], signIns: [] };

function leftOut(server: string, why: string) {
  return { ...nothing, problems: [{ server, message: `is left out: ${why}` }] };
}

describe("codexServers()", () => {
  test("gives a stdio server everything that codex has a key for", () => {
    const server = {
      command: "~/bin/server",
      args: ["-y", "files"],
      cwd: "~/work",
      env: { LEVEL: "3" },
      timeout: 5,
      connect_timeout: 2.5,
      description: "Files",
      supports_parallel_tool_calls: true,
      tools: { include: ["read"], exclude: ["write"] },
    };
    expect(entriesOf({ files: server }, { env: { HOME: "/home/me" } })).toEqual({
      ...nothing,
      entries: {
        files: {
          command: "/home/me/bin/server",
          args: ["-y", "files"],
          env: { LEVEL: "3" },
          cwd: "/home/me/work",
          startup_timeout_sec: 2.5,
          tool_timeout_sec: 5,
          enabled_tools: ["read"],
          disabled_tools: ["write"],
          supports_parallel_tool_calls: true,
        },
      },
    });
  });

  test("hands variables of env over by their names", () => {
    const env = { TOKEN: "t-1", MINE: "m-1", HOME: "/home/me" };
    const server = {
      command: "x",
      env: {
        TOKEN: "${TOKEN}",
        THEIRS: "${MINE}",
        API_KEY: "in clear",
        HOME: "${HOME}/other",
        LEVEL: "3",
      },
    };
    expect(entriesOf({ a: server }, { env, codexEnv: { TOKEN: "t-1", HOME: "/home/me" } })).toEqual(
      {
        ...nothing,
        entries: {
          a: {
            command: "x",
            env: { HOME: "/home/me/other", LEVEL: "3" },
            env_vars: ["TOKEN", "THEIRS", "API_KEY"],
          },
        },
        env: { TOKEN: "t-1", THEIRS: "m-1", API_KEY: "in clear" },
      },
    );
  });

  test("knows secrets by usual names", () => {
    const env = { GITHUB_PAT: "one", SENTRY_DSN: "two", PGPASS: "three", db_pwd: "four", X: "5" };
    expect(entriesOf({ a: { command: "x", env } }).entries).toEqual({
      a: {
        command: "x",
        env: { X: "5" },
        env_vars: ["GITHUB_PAT", "SENTRY_DSN", "PGPASS", "db_pwd"],
      },
    });
  });

  test("hands over keys whose names only begin like those that codex goes by", () => {
    const env = {
      GITHUB_PERSONAL_ACCESS_TOKEN: "one",
      GITLAB_TOKEN: "two",
      LDAP_PASSWORD: "three",
    };
    expect(entriesOf({ a: { command: "x", env } })).toEqual({
      ...nothing,
      entries: { a: { command: "x", env_vars: Object.keys(env) } },
      env,
    });
  });

  test("never writes what a variable holds in place of its name", () => {
    const env = { ONE: "first", OTHER: "second", HOME: "/home/me" };
    const server = (text: string) => ({ command: "x", env: { ACCOUNT: text } });
    const { entries, problems } = entriesOf(
      { a: server("${ONE}"), b: server("${OTHER}"), c: server("${HOME}/c") },
      { env },
    );
    expect(entries).toEqual({
      a: { command: "x", env_vars: ["ACCOUNT"] },
      c: { command: "x", env: { ACCOUNT: "/home/me/c" } },
    });
    expect(problems).toEqual([
      {
        server: "b",
        message:
          "is left out: env.ACCOUNT has the value of a variable that would change codex itself, or another server, under this name",
      },
    ]);
  });

  test("leaves out a secret that would change codex or another server", () => {
    const why = (name: string) =>
      `env.${name} is a secret that would change codex itself, or another server, under this name`;
    const env = { MINE_TOKEN: "m", GITHUB_TOKEN: "g" };
    const own = { command: "x", env: { OPENAI_API_KEY: "${MINE_TOKEN}" } };
    expect(entriesOf({ a: own }, { env })).toEqual(leftOut("a", why("OPENAI_API_KEY")));
    const other = { command: "x", env: { GITHUB_TOKEN: "${MINE_TOKEN}" } };
    expect(entriesOf({ a: other }, { env, codexEnv: env })).toEqual(
      leftOut("a", why("GITHUB_TOKEN")),
    );
    const first = { command: "x", env: { API_KEY: "one" } };
    const second = { command: "y", env: { SECRET: "s", API_KEY: "two" } };
    expect(entriesOf({ first, second }, { env })).toEqual({
      ...leftOut("second", why("API_KEY")),
      entries: { first: { command: "x", env_vars: ["API_KEY"] } },
      env: { API_KEY: "one" },
    });
  });

  test("has the credentials of headers in the environment", () => {
    const env = { TOKEN: "t-1", KEY: "k-1", OPENAI_API_KEY: "o-1" };
    const servers = {
      one: {
        url: "https://one.example/mcp",
        headers: { authorization: "Bearer ${TOKEN}", "X-Key": "${KEY}", "X-Level": "3" },
      },
      two: { url: "https://two.example/mcp", headers: { Authorization: "bearer in-clear" } },
      "th-ree": {
        url: "https://three.example/mcp",
        headers: { Authorization: "Basic ${KEY}", "X-Api-Key": "in clear", Cookie: "a=b" },
      },
      four: { url: "https://four.example", headers: { Authorization: "Bearer ${OPENAI_API_KEY}" } },
    };
    expect(entriesOf(servers, { env })).toEqual({
      ...nothing,
      entries: {
        one: {
          url: "https://one.example/mcp",
          http_headers: { "X-Level": "3" },
          env_http_headers: { "X-Key": "KEY" },
          bearer_token_env_var: "TOKEN",
        },
        two: {
          url: "https://two.example/mcp",
          bearer_token_env_var: "HERMES_MCP_TWO_AUTHORIZATION",
        },
        "th-ree": {
          url: "https://three.example/mcp",
          env_http_headers: {
            Authorization: "HERMES_MCP_TH_REE_AUTHORIZATION",
            "X-Api-Key": "HERMES_MCP_TH_REE_X_API_KEY",
            Cookie: "HERMES_MCP_TH_REE_COOKIE",
          },
        },
        four: {
          url: "https://four.example",
          bearer_token_env_var: "HERMES_MCP_FOUR_AUTHORIZATION",
        },
      },
      env: {
        TOKEN: "t-1",
        KEY: "k-1",
        HERMES_MCP_TWO_AUTHORIZATION: "in-clear",
        HERMES_MCP_TH_REE_AUTHORIZATION: "Basic k-1",
        HERMES_MCP_TH_REE_X_API_KEY: "in clear",
        HERMES_MCP_TH_REE_COOKIE: "a=b",
        HERMES_MCP_FOUR_AUTHORIZATION: "o-1",
      },
    });
  });

  test("gives names of ours that would be alike different endings", () => {
    const header = (value: string) => ({ url: "http://x", headers: { "X-Token": value } });
    expect(entriesOf({ "a-b": header("one"), a_b: header("two") }).env).toEqual({
      HERMES_MCP_A_B_X_TOKEN: "one",
      HERMES_MCP_A_B_X_TOKEN_2: "two",
    });
  });

  test("has the names of the user's variables in a file, also those that codex goes by", () => {
    const server = { url: "http://x", headers: { Authorization: "Bearer ${OPENAI_API_KEY}" } };
    const env = { OPENAI_API_KEY: "o-1" };
    expect(entriesOf({ a: server }, { env, place: "file" })).toEqual({
      ...nothing,
      entries: { a: { url: "http://x", bearer_token_env_var: "OPENAI_API_KEY" } },
      env,
    });
  });

  test.each([
    [
      "unset variables",
      { command: "x", env: { A: "${ONE}", B: "${TWO}${ONE}" } },
      "the variables ONE, TWO are not set",
    ],
    [
      "an unset variable in args",
      { command: "x", args: ["${ONE}"] },
      "the variable ONE is not set",
    ],
    ["sse", { url: "http://x", transport: "sse" }, "codex has no sse transport"],
    [
      "unchecked certificates",
      { url: "https://x", ssl_verify: false },
      "codex cannot leave certificates unchecked (ssl_verify: false)",
    ],
    [
      "a shell that downloads",
      { command: "bash", args: ["-c", "curl x | sh"] },
      "it is a shell with a command that loads something from the network",
    ],
    ["NUL", { command: "x", env: { A: "\0" } }, "env.A has a NUL character in it"],
    ["half a character", { command: "x", args: ["\ud800"] }, "args has half a character in it"],
    [
      "a variable's name with a line in it",
      { command: "x", env: { "A\nB": "1" } },
      'env has a name that no variable can have: "A\\nB"',
    ],
    [
      "a header's name with a blank",
      { url: "http://x", headers: { "A B": "1" } },
      "headers has a name that no header can have: A B",
    ],
    [
      "a header with a line in it",
      { url: "http://x", headers: { A: "1\nB: 2" } },
      "headers.A has a control character in it",
    ],
    [
      "a header twice",
      { url: "http://x", headers: { A: "1", a: "2" } },
      "headers has a more than once",
    ],
    [
      "a blank in its url",
      { url: "http://x/a b" },
      "its url has a blank or a control character in it",
    ],
  ])("leaves out a server with %s", (_, server, why) => {
    expect(entriesOf({ a: server })).toEqual(leftOut("a", why));
  });

  test("leaves out names that codex would not start", () => {
    const server = { command: "x" };
    expect(entriesOf({ "hermes-tools": server })).toEqual(
      leftOut("hermes-tools", "the name belongs to hermes' own tools"),
    );
    expect(entriesOf({ "a.b": server }, { codex: older })).toEqual(
      leftOut("a.b", "codex takes only letters, digits, _ and - in a server's name"),
    );
    expect(entriesOf({ "a.b": server }).entries).toEqual({ "a.b": server });
    for (const name of ["a b", "é", "a\nb"]) {
      expect(entriesOf({ [name]: server })).toEqual(
        leftOut(name, "codex takes only letters, digits and _ - : @ / . in a server's name"),
      );
    }
  });

  test("has nothing of a server that is switched off in a thread, and switches it off in a file", () => {
    const server = { command: "x", enabled: "false" };
    expect(entriesOf({ a: server })).toEqual(nothing);
    expect(entriesOf({ a: server }, { place: "file" })).toEqual({
      ...nothing,
      entries: { a: { command: "x", enabled: false } },
    });
  });

  test("never writes the value of a secret variable into a file", () => {
    const env = { MY_TOKEN: "a-long-secret" };
    const server = { command: "x", args: ["--token", "${MY_TOKEN}"] };
    expect(entriesOf({ a: server }, { env, place: "file" })).toEqual(
      leftOut(
        "a",
        "the value of MY_TOKEN would be written down in clear: hand it over in env or headers",
      ),
    );
    // It is a part of the command, wherever that is run.
    expect(entriesOf({ a: server }, { env }).entries).toEqual({
      a: { command: "x", args: ["--token", "a-long-secret"] },
    });
  });

  test("leaves the sign-in of an OAuth server to codex", () => {
    const server = {
      url: "https://x.example",
      auth: "oauth",
      oauth: { client_id: "me", client_secret: "shh", scope: "read  write" },
    };
    const secret = {
      server: "a",
      message: "has an oauth.client_secret, which codex would need in clear: it is not handed over",
    };
    const entry = { url: "https://x.example", scopes: ["read", "write"] };
    expect(entriesOf({ a: server })).toEqual({
      entries: { a: { ...entry, oauth: { client_id: "me" } } },
      env: {},
      problems: [secret],
      signIns: ["a"],
    });
    expect(entriesOf({ a: server }, { codex: older })).toEqual({
      entries: { a: entry },
      env: {},
      problems: [
        {
          server: "a",
          message:
            "has an oauth.client_id, which this codex does not take: it registers one of its own",
        },
        secret,
      ],
      signIns: ["a"],
    });
  });

  test("leaves times to codex that it cannot represent", () => {
    expect(entriesOf({ a: { command: "x", timeout: 1e20 } })).toEqual({
      ...nothing,
      entries: { a: { command: "x" } },
      problems: [{ server: "a", message: "has no timeout that codex takes: codex's own is used" }],
    });
  });
});

/** Mostly what a person would write; one value in ten is what no person should. */
const ordinary = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-zA-Z0-9 ./=-]{1,12}$/) },
  fc.constantFrom("${SET}", "Bearer ${SET}", "x=${SET}", "é", "\u007f\u001b", '"""', "[x]"),
);
const anyText = fc.oneof(
  { weight: 30, arbitrary: ordinary },
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "${UNSET}", "\ud800", "a\nb", "\0"),
);
const anyName = fc.oneof(
  { weight: 30, arbitrary: fc.stringMatching(/^[a-zA-Z_][\w-]{0,7}$/) },
  { weight: 5, arbitrary: fc.constantFrom("API_KEY", "PATH", "Authorization", "OPENAI_API_KEY") },
  anyText,
);
const table = fc.dictionary(anyName, anyText, { maxKeys: 3 });
const time = fc.oneof(
  fc.constantFrom(null, 1, 0.5, 1e19, 1e300),
  fc.double({ min: 0, max: 1e6 }),
  fc.double(),
);
const settings = fc
  .record({
    command: anyText,
    args: fc.array(anyText, { maxLength: 3 }),
    env: table,
    cwd: fc.oneof(fc.constantFrom("", "~/x"), ordinary),
    url: fc.oneof({ weight: 5, arbitrary: fc.webUrl() }, ordinary),
    headers: table,
    transport: fc.constantFrom("", "", "", "", "stdio", "http", "sse"),
    auth: fc.constantFrom("", "header", "oauth"),
    oauth: fc.record({ client_id: anyText, client_secret: anyText, scope: anyText }),
    ssl_verify: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
    enabled: fc.boolean(),
    timeout: time,
    connect_timeout: time,
    supports_parallel_tool_calls: fc.boolean(),
    tools: fc.record({
      include: fc.oneof(fc.constant(null), fc.array(anyText, { maxLength: 2 })),
      exclude: fc.array(anyText, { maxLength: 2 }),
    }),
  })
  .chain((all) => fc.constantFrom({ ...all, url: "" }, { ...all, command: "" }, all));
const servers = fc.dictionary(anyName, settings, { minKeys: 1, maxKeys: 12 });

test.each(codexVersions)(
  "whatever the servers are, codex $version takes all entries of codexServers()",
  ({ version, path }) => {
    const home = mkdtempSync(join(tmpdir(), "hermes-entries-"));
    let taken = 0;
    try {
      fc.assert(
        fc.property(servers, fc.constantFrom("thread" as const, "file" as const), (all, place) => {
          const named = Object.entries(all).map(([name, given]) => ({
            name,
            settings: given,
            written: (part: string, key = "") => (part === "env" ? given.env : given.headers)[key],
          }));
          const { entries, env, problems } = codexServers(named, {
            env: { SET: "a-secret-of-mine" },
            codexEnv: {},
            place,
            codex: codexVersion(`codex/${version}`),
            refusalOf,
          });
          const told = new Set([...entries.keys(), ...problems.map(({ server }) => server)]);
          const expected = named.filter(({ settings: { enabled } }) => enabled || place === "file");
          expect(told).toEqual(new Set(expected.map(({ name }) => name)));
          for (const [name, value] of Object.entries(env)) {
            expect([name.includes("="), `${name}${value}`.includes("\0")]).toEqual([false, false]);
          }
          taken += entries.size;
          const object = Object.fromEntries(entries);
          writeFileSync(join(home, "config.toml"), stringify({ mcp_servers: object }));
          const { status, stdout, stderr } = spawnSync(path, ["mcp", "list", "--json"], {
            env: { CODEX_HOME: home, HOME: home, PATH: process.env["PATH"] ?? "" },
            cwd: home,
            encoding: "utf8",
          });
          expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
          const listed = JSON.parse(stdout) as readonly { readonly name: string }[];
          expect(new Set(listed.map(({ name }) => name))).toEqual(new Set(entries.keys()));
        }),
        { numRuns: 25, seed: 169 },
      );
      // Most of what is generated is refused; a test that only sees refusals would show nothing.
      expect(taken).toBeGreaterThan(20);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
  240_000,
);
