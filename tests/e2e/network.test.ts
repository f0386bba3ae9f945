import { afterEach, beforeEach, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { startHttpsProxy } from "../fakes/https_proxy.ts";
import { startResponsesServer } from "../fakes/responses_server.ts";
import { textAnswer } from "../fakes/server_steps.ts";
import { createTestAuthority } from "../fakes/test_authority.ts";
import { checkEvents, createSandbox, type Ended, type Sandbox } from "./sandbox.ts";
import { keys, startVendors } from "./vendors.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
  await sandbox.configure("agent: {api_max_retries: 0}\n");
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const turn = ["-z", "hi", "--provider", "openai"];

/** The failure that both streams must tell. */
function expectFailure(ended: Ended, code: string, hint: string): void {
  expect([ended.code, ended.stderr]).toEqual([1, ended.stderr]);
  expect(checkEvents(ended.stdout)).toMatchObject({ type: "turn.failed", error: { code } });
  const [error = "", last = ""] = ended.stderr.trimEnd().split("\n").slice(-2);
  expect(error).toStartWith("error: ");
  expect(error).toEndWith(` (${code})`);
  expect(last).toBe(`hint: ${hint}`);
}

const addressHint = "check the address: hermes config set model.base_url URL";

test.each(["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])(
  "%s names an authority to trust",
  async (name) => {
    await using vendors = await startVendors([textAnswer("hello")]);
    const { NODE_EXTRA_CA_CERTS: file = "", ...proxies } = vendors.env;
    const env = { ...keys, ...proxies, [name]: file };
    const { code, stdout, stderr } = await sandbox.run(turn, { env });
    expect([code, stdout, stderr]).toEqual([0, "hello\n", ""]);
  },
);

test("an authority that nobody knows is a failure, and no key was sent", async () => {
  await using vendors = await startVendors([textAnswer("hello")]);
  const { NODE_EXTRA_CA_CERTS: _, ...proxies } = vendors.env;
  const ended = await sandbox.run([...turn, "--json"], { env: { ...keys, ...proxies } });
  expectFailure(
    ended,
    "network/tls",
    `name the authority in NODE_EXTRA_CA_CERTS, or ${addressHint}`,
  );
  expect(vendors.proxy.requests).toEqual([]);
});

test("a certificate of another host is a failure, and no key was sent", async () => {
  await using authority = await createTestAuthority(["api.x.ai"]);
  await using server = await startResponsesServer({ steps: [textAnswer("hello")] });
  await using proxy = await startHttpsProxy({
    authority,
    hosts: { "api.openai.com": server.url },
  });
  const env = { ...keys, HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority.file };
  const ended = await sandbox.run([...turn, "--json"], { env });
  expectFailure(
    ended,
    "network/tls",
    `name the authority in NODE_EXTRA_CA_CERTS, or ${addressHint}`,
  );
  expect(proxy.requests).toEqual([]);
});

test("NO_PROXY names hosts that are asked directly", async () => {
  await using authority = await createTestAuthority(["localhost"]);
  await using server = await startResponsesServer({ steps: [textAnswer("hello")] });
  await using proxy = await startHttpsProxy({ authority, hosts: { localhost: server.url } });
  const args = ["-z", "hi", "--base-url", `${proxy.direct}/v1`, "-m", "m1"];
  const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority.file };
  const direct = await sandbox.run(args, { env: { ...env, NO_PROXY: "example.com,localhost" } });
  expect([direct.code, direct.stdout]).toEqual([0, "hello\n"]);
  expect([proxy.requests.length, proxy.refused]).toEqual([1, []]);
  // Without it the proxy is asked, which lets nobody to that port.
  const byProxy = await sandbox.run([...args, "--json"], { env });
  expectFailure(byProxy, "network/unreachable", "check HTTPS_PROXY and NO_PROXY");
  expect(proxy.refused.map(({ method, host }) => [method, host])).toEqual([
    ["CONNECT", "localhost"],
  ]);
});

test("a proxy that lets nobody through is not taken for the vendor's refusal", async () => {
  await using authority = await createTestAuthority(["localhost"]);
  await using proxy = await startHttpsProxy({ authority, hosts: {} });
  const env = { ...keys, HTTPS_PROXY: proxy.url };
  const ended = await sandbox.run([...turn, "--json"], { env });
  expectFailure(ended, "network/unreachable", "check HTTPS_PROXY and NO_PROXY");
});

test.each([
  ["a proxy that is down", { HTTPS_PROXY: "http://127.0.0.1:9" }, turn],
  // RFC 6761 section 6.4: such a name never exists.
  [
    "a name that does not exist",
    {},
    ["-z", "hi", "-m", "m1", "--base-url", "https://a.invalid/v1"],
  ],
  [
    "a port where nobody listens",
    {},
    ["-z", "hi", "-m", "m1", "--base-url", "http://127.0.0.1:9/v1"],
  ],
])("%s is a failure of the network", async (_, env, args) => {
  const ended = await sandbox.run([...args, "--json"], { env: { ...keys, ...env } });
  expectFailure(
    ended,
    "network/unreachable",
    `check the network, the proxy if there is one, or ${addressHint}`,
  );
});

test("a server that speaks no HTTP is a failure of its stream or connection", async () => {
  await using server = await startBabbler();
  const args = [
    "-z",
    "hi",
    "-m",
    "m1",
    "--json",
    "--base-url",
    `http://127.0.0.1:${server.port}/v1`,
  ];
  const { code, stdout } = await sandbox.run(args);
  expect([code, stdout]).toEqual([1, stdout]);
  expect(checkEvents(stdout)).toMatchObject({ type: "turn.failed" });
});

/** Says something to whoever connects, and hangs up. */
async function startBabbler(): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end("220 mail.example ESMTP\r\n");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
