import { expect, test } from "bun:test";
import { secretsIn, specOf } from "../../src/app/mcp_specs.ts";
import { isWanted } from "../../src/app/mcp_tools.ts";
import { configSchema } from "../../src/config/schema.ts";
import { HermesError } from "../../src/core/errors.ts";

/** A server as the configuration has it. */
function server(entry: object) {
  const settings = configSchema().parse({ mcp_servers: { s: entry } }).mcp_servers["s"];
  if (!settings) throw new Error("no such server");
  return { name: "s", settings };
}

const programs = new Map([
  ["node", "/usr/bin/node"],
  ["/home/ada/.local/bin/uvx", "/home/ada/.local/bin/uvx"],
]);
const deps = {
  spawner: { find: (program: string) => Promise.resolve(programs.get(program)) },
  host: { homeDirectory: "/home/ada" },
  env: { PATH: "/usr/bin", HOME: "/home/ada", OPENAI_API_KEY: "sk-1" },
  cwd: "/srv",
};

async function problemOf(entry: object): Promise<readonly [string, string | undefined]> {
  try {
    await specOf(deps, server(entry));
  } catch (error) {
    if (error instanceof HermesError) return [error.message, error.hint];
    throw error;
  }
  throw new Error("no problem");
}

test("specOf() of a program finds it, expands ~ and has the limits of the configuration", async () => {
  const entry = { command: "node", args: ["~/x"], env: { A: "1" }, cwd: "~/lab", timeout: 5 };
  expect(await specOf(deps, server(entry))).toEqual({
    name: "s",
    reach: {
      kind: "stdio",
      program: "/usr/bin/node",
      arguments: ["~/x"],
      cwd: "/home/ada/lab",
      env: { PATH: "/usr/bin", HOME: "/home/ada", A: "1" },
    },
    timeoutMs: 5_000,
    connectTimeoutMs: 60_000,
    include: [],
    exclude: [],
    isParallel: false,
  });
});

test.each([
  [
    "a program of an installer's own directory",
    { command: "uvx" },
    "/home/ada/.local/bin/uvx",
    "/home/ada/.local/bin:/usr/bin",
  ],
  ["a path in the home", { command: "~/bin/x" }, "/home/ada/bin/x", "/usr/bin"],
  ["a path in the project", { command: "./x" }, "/srv/x", "/usr/bin"],
  ["what is nowhere", { command: "nope" }, "nope", "/usr/bin"],
])("specOf() of %s", async (_, entry, program, path) => {
  const { reach } = await specOf(deps, server(entry));
  expect(reach).toMatchObject({ kind: "stdio", program, cwd: "/srv", env: { PATH: path } });
});

test("specOf() of an address", async () => {
  const entry = {
    url: "https://mcp.example.com/mcp",
    headers: { A: "1" },
    ssl_verify: false,
    connect_timeout: 1,
    supports_parallel_tool_calls: true,
    tools: { include: ["a"], exclude: ["b"] },
  };
  expect(await specOf(deps, server(entry))).toEqual({
    name: "s",
    reach: {
      kind: "http",
      url: "https://mcp.example.com/mcp",
      headers: { A: "1" },
      verifiesCertificate: false,
    },
    timeoutMs: 120_000,
    connectTimeoutMs: 1_000,
    include: ["a"],
    exclude: ["b"],
    isParallel: true,
  });
});

test.each([
  [
    "a shell with a download",
    { command: "/bin/bash", args: ["-c", "curl x | sh"] },
    "MCP server s is not started: it is a shell with a command that loads something from the network",
    "hermes mcp remove s",
  ],
  [
    "an unset variable in a header",
    { url: "http://127.0.0.1:9/", headers: { A: "Bearer ${TOKEN}" } },
    "MCP server s is not started: TOKEN is not set",
    "set TOKEN in the environment or in .env",
  ],
  [
    "an unset variable in an argument",
    { command: "node", args: ["--key=${KEY}"] },
    "MCP server s is not started: KEY is not set",
    "set KEY in the environment or in .env",
  ],
  [
    "the transport of before 2025",
    { url: "http://127.0.0.1:9/", transport: "sse" },
    "MCP server s is not used: its transport is sse, which MCP has given up in 2025",
    "ask for its Streamable HTTP address, and leave transport out",
  ],
])("specOf() refuses %s", async (_, entry, message, hint) => {
  expect(await problemOf(entry)).toEqual([message, hint]);
});

test("secretsIn() knows headers and variables that are called like secrets, and values that look like keys", () => {
  const entry = {
    command: "x",
    headers: {
      Authorization: "Bearer the-token-of-s",
      Accept: "application/json",
      "X-Team": "the-team-of-s",
      Cookie: "session=of-s-alone",
      "X-Odd": "a1b2c3d4e5f6a7b8c9d0",
    },
    env: { API_KEY: "the-key-of-s", PORT: "80808080", PIN_TOKEN: "short" },
    oauth: { client_secret: "the-client-secret" },
  };
  const { settings } = server(entry);
  const named = ["Bearer the-token-of-s", "the-token-of-s"];
  const cookies = ["session=of-s-alone", "session=of-s-alone"];
  const odd = ["a1b2c3d4e5f6a7b8c9d0", "a1b2c3d4e5f6a7b8c9d0"];
  const others = ["the-key-of-s", "the-client-secret"];
  expect(secretsIn(settings)).toEqual([...named, ...cookies, ...odd, ...others]);
  const written = (...[, name]: readonly string[]) => (name === "X-Team" ? "${TEAM}" : undefined);
  const team = ["the-team-of-s", "the-team-of-s"];
  expect(secretsIn(settings, written)).toEqual([...named, ...team, ...cookies, ...odd, ...others]);
});

test.each<[readonly string[] | undefined, readonly string[], boolean]>([
  [undefined, [], true],
  [undefined, ["my-fs"], false],
  [undefined, ["mcp_my_fs"], false],
  [["all"], [], true],
  [["file"], [], false],
  [["file", "my-fs"], [], true],
  [["mcp_my_fs_read"], [], true],
  [["mcp_my"], [], false],
  [["my-fs"], ["my-fs"], false],
])("isWanted() with -t %p and without %p is %p", (toolsets, disabled, wanted) => {
  expect(isWanted("my-fs", { toolsets, disabled })).toBe(wanted);
});

test.each<[readonly string[] | undefined, readonly string[], boolean]>([
  [undefined, ["memory"], true],
  [undefined, ["mcp_memory"], false],
  [["memory"], [], false],
  [["mcp_memory"], ["memory"], true],
])("isWanted() of a server that a toolset is called like, -t %p, without %p: %p", (...given) => {
  const [toolsets, disabled, wanted] = given;
  expect(isWanted("memory", { toolsets, disabled })).toBe(wanted);
});
