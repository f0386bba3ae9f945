import { expect, test } from "bun:test";
import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { cutInAnswer } from "./faults.ts";
import { type HostHandler, startTlsProxy, type TlsProxy } from "./tls_proxy.ts";

const run = promisify(execFile);

/** What a program of its own gets, with nothing but the environment of the proxy. */
async function fetched(proxy: TlsProxy, url: string, init: RequestInit = {}): Promise<unknown> {
  const program = `
    const [url, init] = process.argv.slice(1);
    const told = fetch(url, JSON.parse(init)).then(async (response) => [
      response.status,
      response.headers.get("x-host"),
      await response.text(),
    ]);
    console.log(JSON.stringify(await told.catch((error) => [error.code])));
  `;
  const args = ["-e", program, url, JSON.stringify({ redirect: "manual", ...init })];
  const { stdout } = await run(process.execPath, args, { env: proxy.env });
  return JSON.parse(stdout);
}

const echo: HostHandler = ({ method, url, headers, body }) =>
  new Response(JSON.stringify([method, url.href, headers.get("accept"), body]), {
    status: 201,
    headers: { "x-host": url.host },
  });

test("a program reaches a host by its real name", async () => {
  await using proxy = await startTlsProxy({ "auth.x.ai": echo, "chatgpt.com": echo });
  const init = { method: "POST", headers: { accept: "text/html" }, body: "größer" };
  expect(await fetched(proxy, "https://auth.x.ai/a%2Fb?c=d", init)).toEqual([
    201,
    "auth.x.ai",
    JSON.stringify(["POST", "https://auth.x.ai/a%2Fb?c=d", "text/html", "größer"]),
  ]);
  expect(proxy.connects).toEqual(["auth.x.ai:443"]);
  expect(proxy.requests.map(({ url, body }) => [url.href, body])).toEqual([
    ["https://auth.x.ai/a%2Fb?c=d", "größer"],
  ]);
});

test("other hosts, other ports and open connections are refused", async () => {
  await using proxy = await startTlsProxy({ "auth.x.ai": echo });
  for (const url of ["https://example.com/", "https://auth.x.ai:8443/", "http://auth.x.ai/"]) {
    await fetched(proxy, url);
  }
  expect(proxy.connects).toEqual(["example.com:443", "auth.x.ai:8443"]);
  expect(proxy.refused.map(({ method, host }) => [method, host])).toEqual([
    ["CONNECT", "example.com"],
    ["CONNECT", "auth.x.ai"],
    ["GET", "auth.x.ai"],
  ]);
  expect(proxy.requests).toEqual([]);
});

test("a handler can tear the connection down, before the answer and in the middle of it", async () => {
  await using proxy = await startTlsProxy({
    "auth.x.ai": (request) =>
      request.url.pathname === "/half"
        ? cutInAnswer(() => new Response("0123456789"), request)
        : Response.error(),
  });
  expect(await fetched(proxy, "https://auth.x.ai/")).toEqual(["ECONNRESET"]);
  expect(await fetched(proxy, "https://auth.x.ai/half")).toEqual(["ECONNRESET"]);
});

test("a handler learns that its client has left", async () => {
  const [asked, left] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
  await using proxy = await startTlsProxy({
    "auth.x.ai": async (request) => {
      asked.resolve();
      await new Promise((resolve) => {
        request.left.addEventListener("abort", resolve);
      });
      left.resolve("left");
      return Response.error();
    },
  });
  const program = `await fetch("https://auth.x.ai/")`;
  const child = spawn(process.execPath, ["-e", program], { env: proxy.env, stdio: "ignore" });
  await asked.promise;
  child.kill("SIGKILL");
  expect(await left.promise).toBe("left");
});
