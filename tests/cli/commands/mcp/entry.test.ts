import { expect, test } from "bun:test";
import { addRequest, secretPrefix } from "../../../../src/cli/commands/mcp/entry.ts";
import { readPlaces } from "../../../../src/cli/commands/mcp/choose_tools.ts";
import { maskedArguments } from "../../../../src/cli/commands/mcp/list.ts";
import { masked } from "../../../../src/cli/commands/mcp/test.ts";
import { createRedactor } from "../../../../src/core/redact.ts";
import { parseCommandLine } from "../../../../src/cli/parse_command_line.ts";

function added(...argv: readonly string[]) {
  return addedBeside([], ...argv);
}

function addedBeside(taken: readonly string[], ...argv: readonly string[]) {
  const parsed = parseCommandLine(["mcp", "add", ...argv], () => 80);
  if (parsed.kind !== "call") throw new Error("no call");
  return addRequest(parsed.invocation.flags, parsed.invocation.operands, new Set(taken));
}

const nothing = { asks: undefined, secrets: {}, isOauth: false };

test("a program with its arguments stands behind --", () => {
  expect(added("fs", "--env", "A=1=2", "--cwd", "/w", "--", "npx", "-y", "--yes", "pkg")).toEqual({
    ...nothing,
    name: "fs",
    entry: {
      command: "npx",
      args: ["-y", "--yes", "pkg"],
      env: { A: "1=2" },
      cwd: "/w",
      enabled: true,
    },
  });
});

test("an address with headers and chosen tools", () => {
  expect(
    added(
      ...["far", "--url", "https://x.example/mcp", "--header", "X-Region: eu"],
      ...["--include", "a, b", "--exclude", "c"],
    ),
  ).toEqual({
    ...nothing,
    name: "far",
    entry: {
      url: "https://x.example/mcp",
      headers: { "X-Region": "eu" },
      tools: { include: ["a", "b"], exclude: ["c"] },
      enabled: true,
    },
  });
});

test("two secrets of a server never share a variable", () => {
  const url = ["--url", "https://x.example/mcp"];
  const headers = ["--header", "Authorization: Bearer one", "--header", "X-Api-Key: two"];
  expect(added("s", ...url, ...headers)).toMatchObject({
    entry: {
      headers: { Authorization: "Bearer ${MCP_S_API_KEY}", "X-Api-Key": "${MCP_S_API_KEY_2}" },
    },
    secrets: { MCP_S_API_KEY: "one", MCP_S_API_KEY_2: "two" },
  });
  expect(added("s", ...url, "--header", "X-Token: one", "--auth", "header")).toMatchObject({
    secrets: { MCP_S_API_KEY: "one" },
    asks: { variable: "MCP_S_API_KEY_2" },
  });
  expect(added("s", "--env", "TOKEN=one", "--env", "token=two", "--", "x")).toMatchObject({
    entry: { env: { TOKEN: "${MCP_S_TOKEN}", token: "${MCP_S_TOKEN_2}" } },
    secrets: { MCP_S_TOKEN: "one", MCP_S_TOKEN_2: "two" },
  });
});

test("a secret never goes into the variable of another server", () => {
  expect(addedBeside(["MCP_A_B_TOKEN"], "a.b", "--env", "TOKEN=two", "--", "x")).toMatchObject({
    entry: { env: { TOKEN: "${MCP_A_B_TOKEN_2}" } },
    secrets: { MCP_A_B_TOKEN_2: "two" },
  });
});

test("secrets become variables: those of the command line are moved, a missing one is asked for", () => {
  const url = ["--url", "https://x.example/mcp"];
  expect(added("a-b", ...url, "--auth", "header")).toMatchObject({
    entry: { headers: { Authorization: "Bearer ${MCP_A_B_API_KEY}" } },
    asks: { variable: "MCP_A_B_API_KEY", what: "API key" },
  });
  expect(added("s", ...url, "--header", "Authorization: Bearer abc def")).toMatchObject({
    entry: { headers: { Authorization: "Bearer ${MCP_S_API_KEY}" } },
    secrets: { MCP_S_API_KEY: "abc def" },
  });
  expect(added("s", ...url, "--header", "X-Token: ${MINE}")).toMatchObject({
    entry: { headers: { "X-Token": "${MINE}" } },
    secrets: {},
  });
  expect(added("s", ...url, "--auth", "oauth")).toMatchObject({
    entry: { auth: "oauth" },
    isOauth: true,
  });
  expect(() => added("s", ...url, "--auth", "header", "--header", "X-Token")).toThrow(
    "Only one secret can be asked for at a time",
  );
  expect(secretPrefix("a.b-c")).toBe("MCP_A_B_C_");
});

test.each([
  ["", [1, 2, 3, 4, 5]],
  ["y", [1, 2, 3, 4, 5]],
  ["2", [2]],
  ["1, 3-5", [1, 3, 4, 5]],
  ["5 1", [1, 5]],
  ["0", undefined],
  ["6", undefined],
  ["4-2", undefined],
  ["none", undefined],
])("readPlaces() of %p", (text, places) => {
  expect([...(readPlaces(text, 5) ?? [])].toSorted((one, other) => one - other)).toEqual(
    places ?? [],
  );
});

test.each([
  ["Bearer 0123456789abcdefgh", "Bearer 0123***efgh"],
  ["Bearer short", "Bearer ***"],
  ["0123456789abcdefgh", "0123***efgh"],
])("masked() of %p", (value, shown) => {
  expect(masked(value)).toBe(shown);
});

test("an argument is masked where the flag before it tells that it is a secret", () => {
  const redactor = createRedactor();
  const args = ["-y", "files", "--password", "hunter2hunter2", "--level", "3"];
  expect(maskedArguments(args, (text) => redactor.boundary(text))).toEqual([
    ...["-y", "files", "--password", "***", "--level", "3"],
  ]);
});
