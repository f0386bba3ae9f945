import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startMcpHttpServer } from "../../fakes/mcp_http_server.ts";
import { startResponsesServer, type StepSource } from "../../fakes/responses_server.ts";
import { callTool, textAnswer } from "../../fakes/server_steps.ts";
import { checkEvents, configFor, createSandbox, eventsOf, type Sandbox } from "../sandbox.ts";
import { readMcpResult } from "./results.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const reads = callTool("mcp_far_read", { text: "a" });

async function turn(steps: readonly StepSource[], servers = "", args: readonly string[] = []) {
  await using model = await startResponsesServer({ steps });
  const config = join(sandbox.home, "config.yaml");
  const before =
    servers === ""
      ? (await readFile(config, "utf8")).replace(/^(?:model|agent):.*\n/gm, "")
      : servers;
  await sandbox.configure(`${configFor(model.url)}${before}`);
  const ended = await sandbox.run(["-z", "go", "--json", ...args]);
  const results = eventsOf(ended.stdout)
    .filter(({ type, item }) => type === "item.completed" && item?.type === "tool_result")
    .map(({ item }) => readMcpResult(item?.output ?? ""));
  return { ...ended, results, last: checkEvents(ended.stdout) };
}

test("an HTTP server gets its header from a variable, and its session is ended", async () => {
  await using far = await startMcpHttpServer({ requires: ["x-api-key", "the-key-of-far"] });
  const added = await sandbox.run(
    ["mcp", "add", "far", "--url", far.url, "--header", "X-Api-Key"],
    {
      stdin: { text: "the-key-of-far\n" },
    },
  );
  expect([added.code, added.stdout]).toEqual([0, ""]);
  const config = await readFile(join(sandbox.home, "config.yaml"), "utf8");
  expect(config).toContain('X-Api-Key: "${MCP_FAR_API_KEY}"');
  expect(config + added.stderr).not.toContain("the-key-of-far");
  expect(await readFile(join(sandbox.home, ".env"), "utf8")).toBe(
    "MCP_FAR_API_KEY=the-key-of-far\n",
  );
  const { code, results } = await turn([reads, textAnswer("done")]);
  expect([code, results.map(({ result }) => result)]).toEqual([0, ['read {"text":"a"}']]);
  expect(far.log.at(-1)).toBe("DELETE");
  const removed = await sandbox.run(["mcp", "remove", "far"]);
  expect(removed).toEqual({
    code: 0,
    stdout: "",
    stderr: "Removed MCP server far, with MCP_FAR_API_KEY in .env\n",
  });
  expect(await readFile(join(sandbox.home, ".env"), "utf8")).toBe("");
});

test("what a header says is masked in what is stored where it is a secret, and only there", async () => {
  await using far = await startMcpHttpServer();
  const headers = "{X-Region: production-eu, Authorization: Bearer the-token-of-far}";
  const servers = `mcp_servers: {far: {url: "${far.url}", headers: ${headers}}}\n`;
  const told = await turn([textAnswer("In production-eu with the-token-of-far")], servers);
  const [started] = eventsOf(told.stdout);
  const { stdout } = await sandbox.run(["sessions", "export", String(started?.["session_id"])]);
  expect(stdout).toContain("In production-eu with ");
  expect(stdout).not.toContain("the-token-of-far");
});

test("a session that the server has forgotten is opened anew", async () => {
  await using far = await startMcpHttpServer();
  const forget: StepSource = () => {
    far.forgetSessions();
    return reads;
  };
  const servers = `mcp_servers: {far: {url: "${far.url}"}}\n`;
  const { results } = await turn([reads, forget, reads, textAnswer("done")], servers);
  expect(results.map(({ result, error }) => result ?? error)).toEqual([
    'read {"text":"a"}',
    "MCP server far answered with HTTP status 404: {}. The effects of the call may be partial; the next call starts it again",
    'read {"text":"a"}',
  ]);
});

test("a server that refuses is said to want a sign-in", async () => {
  await using far = await startMcpHttpServer({
    requires: ["authorization", "Bearer nobody-knows"],
  });
  expect(await sandbox.run(["mcp", "add", "far", "--url", far.url])).toEqual({
    code: 5,
    stdout: "",
    stderr:
      "error: MCP server far wants a sign-in: nothing was added (mcp/unavailable)\n" +
      "hint: sign in with --auth oauth, or --auth header, or add it untried with --no-probe\n",
  });
  const servers = `mcp_servers: {far: {url: "${far.url}"}}\n`;
  const { code, last } = await turn([textAnswer("no")], servers, ["--require-mcp", "far"]);
  expect([code, last["error"]]).toEqual([
    5,
    expect.objectContaining({
      code: "mcp/unavailable",
      message: "MCP server far wants a sign-in",
      hint: "check its headers: hermes config get mcp_servers.far",
    }),
  ]);
});

test("a server is signed in to with the browser, its token renewed, and forgotten in the end", async () => {
  await using far = await startMcpHttpServer({ oauth: { requestsPerToken: 7 } });
  const adding = sandbox.start(["mcp", "add", "far", "--url", far.url, "--auth", "oauth"]);
  const shown = await adding.untilStderr(/http\S+\/authorize\S+/);
  const address = /http\S+\/authorize\S+/.exec(shown)?.[0] ?? "";
  expect(new URL(address).searchParams.get("code_challenge_method")).toBe("S256");
  const { origin } = new URL(new URL(address).searchParams.get("redirect_uri") ?? "");
  expect((await fetch(address)).status).toBe(200);
  const added = await adding.ended;
  expect([added.code, added.stdout]).toEqual([0, ""]);
  expect(added.stderr).toBe(
    `Open this address to sign in:\n\n  ${address}\n\nWaiting for the browser at ${origin}\nSigned in to MCP server far\nAdded MCP server far with 1 tool to ${join(sandbox.home, "config.yaml")}\n`,
  );
  const [config, logins] = await Promise.all(
    ["config.yaml", "auth.json"].map((name) => readFile(join(sandbox.home, name), "utf8")),
  );
  expect(config).not.toContain("token-");
  expect(logins).toContain("refresh-token-1");
  // The turn and the one after it need more requests than one token is good for.
  const { code, results, stdout } = await turn([reads, reads, textAnswer("done")]);
  expect([code, results.map(({ result }) => result)]).toEqual([
    0,
    ['read {"text":"a"}', 'read {"text":"a"}'],
  ]);
  expect(far.log).toContain("grant refresh_token");
  expect(stdout).not.toContain("token-");
  expect(await readFile(join(sandbox.home, "auth.json"), "utf8")).toContain("refresh-token-2");
  const removed = await sandbox.run(["mcp", "remove", "far"]);
  expect(removed.stderr).toBe("Removed MCP server far, with its login\n");
  expect(await readFile(join(sandbox.home, "auth.json"), "utf8")).not.toContain("token-");
});

test("over SSH a sign-in to a server shows the tunnel, and the way without one", async () => {
  await using far = await startMcpHttpServer({ oauth: { requestsPerToken: 7 } });
  await sandbox.configure(`mcp_servers: {far: {url: "${far.url}", auth: oauth}}\n`);
  const env = { SSH_CLIENT: "10.0.0.1 1 22", USER: "ada" };
  const run = sandbox.start(["mcp", "login", "far"], { env });
  const shown = await run.untilStderr(/Waiting for the browser/);
  const address = new URL(/http\S+\/authorize\S+/.exec(shown)?.[0] ?? "");
  const { port } = new URL(address.searchParams.get("redirect_uri") ?? "");
  expect(shown).toContain(`ssh -N -L ${port}:127.0.0.1:${port} ada@`);
  expect(shown).toContain("(Cloud Shell, Codespaces): the same with --manual-paste\n");
  await fetch(address);
  expect((await run.ended).code).toBe(0);
});

test("a login that its server has ended is told once, in our words", async () => {
  await using far = await startMcpHttpServer({ oauth: { requestsPerToken: 7 } });
  const adding = sandbox.start(["mcp", "add", "far", "--url", far.url, "--auth", "oauth"]);
  const shown = await adding.untilStderr(/http\S+\/authorize\S+/);
  await fetch(/http\S+\/authorize\S+/.exec(shown)?.[0] ?? "");
  expect((await adding.ended).code).toBe(0);
  const path = join(sandbox.home, "auth.json");
  const logins = await readFile(path, "utf8");
  await writeFile(path, logins.replace("refresh-token-1", "refresh-token-0"));
  const steps = [textAnswer("done")];
  const { code, stdout, stderr } = await turn(steps);
  expect(far.log).toContain("grant refresh_token");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("hermes mcp login far");
});

test("a turn at which nobody can sign in names the command that does", async () => {
  await using far = await startMcpHttpServer({ oauth: { requestsPerToken: 100 } });
  const servers = `mcp_servers: {far: {url: "${far.url}", auth: oauth}}\n`;
  const { code, last } = await turn([textAnswer("no")], servers, ["--require-mcp", "far"]);
  expect([code, last["error"]]).toEqual([
    5,
    expect.objectContaining({
      message: "MCP server far wants a sign-in",
      hint: "hermes mcp login far",
    }),
  ]);
  expect(far.log.some((line) => line.includes("/register"))).toBe(false);
});
