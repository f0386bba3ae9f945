import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import type { LoopbackListener, LoopbackReply, LoopbackRequest } from "../../src/core/ports.ts";
import { createLoopback } from "../../src/platform/loopback.ts";

const loopback = createLoopback();
const hello: LoopbackReply = { status: 200, headers: { "X-Ours": "1" }, body: "héllo" };

/** A listener on any port, and what it was asked. */
async function listen(
  reply: LoopbackReply = hello,
): Promise<{ readonly listener: LoopbackListener; readonly asked: readonly LoopbackRequest[] }> {
  const asked: LoopbackRequest[] = [];
  const listener = await loopback.listen(0, (request) => {
    asked.push(request);
    return reply;
  });
  return { listener, asked };
}

/** A connection on which something was said; `heard` is all that comes until it closes. */
async function open(
  port: number,
  text: string,
): Promise<{ readonly socket: Socket; readonly heard: Promise<string> }> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.setEncoding("utf8");
  let all = "";
  socket.on("data", (data) => (all += String(data)));
  socket.on("error", () => undefined);
  const heard = new Promise<string>((resolve) => {
    socket.once("close", () => resolve(all));
  });
  socket.write(text);
  return { socket, heard };
}

async function say(port: number, text: string): Promise<string> {
  return await (
    await open(port, text)
  ).heard;
}

const get = (target: string, more = ""): string =>
  `GET ${target} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

describe("loopback", () => {
  test("gives requests as they were sent, and closes after the answer", async () => {
    const { listener, asked } = await listen();
    await using _ = listener;
    const answer = await say(
      listener.port,
      get("/a%2Fb?c=%20+&d", "X-One: 1\r\nORIGIN: x\r\nX-One: 2\r\n"),
    );
    expect(asked).toEqual([
      {
        method: "GET",
        target: "/a%2Fb?c=%20+&d",
        headers: { host: "a", "x-one": "1, 2", origin: "x" },
      },
    ]);
    const [head = "", body] = answer.split("\r\n\r\n");
    const [status, ...headers] = head.split("\r\n").filter((line) => !line.startsWith("Date:"));
    expect([status, headers.toSorted(), body]).toEqual([
      "HTTP/1.1 200 OK",
      ["Connection: close", "Content-Length: 6", "X-Ours: 1"],
      "héllo",
    ]);
  });

  test("tells of two hosts, and of none", async () => {
    const { listener, asked } = await listen();
    await using _ = listener;
    await say(listener.port, get("/", "Host: b\r\n"));
    await say(listener.port, "GET / HTTP/1.0\r\n\r\n");
    await say(listener.port, "GET / HTTP/1.0\r\nX: host\r\nY: z\r\n\r\n");
    expect(asked.map(({ headers }) => headers["host"])).toEqual(["a, b", "", ""]);
  });

  test("answers one request on a connection, and reads no body", async () => {
    const { listener, asked } = await listen();
    await using _ = listener;
    const { port } = listener;
    const post = (rest: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${rest}`;
    const answers = await Promise.all([
      say(port, post("Content-Length: 1000000000\r\n\r\nabc")),
      say(port, post("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")),
      say(port, get("/", "Connection: keep-alive\r\n")),
    ]);
    for (const answer of answers) expect(answer).toStartWith("HTTP/1.1 200 OK\r\n");
    expect(asked.length).toBe(3);
    const pipelined = await say(port, `${get("/one")}${get("/two")}`);
    expect(pipelined.match(/HTTP\/1\.1 /g)?.length).toBe(1);
  });

  test("says nothing but headers to HEAD, and no length with 204", async () => {
    const { listener } = await listen({ status: 204, headers: {}, body: "" });
    await using _ = listener;
    expect(await say(listener.port, get("/"))).not.toMatch(/content-length|transfer-encoding/i);
    const other = await listen();
    await using __ = other.listener;
    const head = await say(other.listener.port, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(head).toEndWith("\r\n\r\n");
  });

  test.each([
    ["a target", (size: number) => get(`/${"x".repeat(size)}`)],
    ["a header", (size: number) => get("/", `Cookie: ${"x".repeat(size)}\r\n`)],
    ["many headers", (size: number) => get("/", `A: ${"1".repeat(150)}\r\n`.repeat(size / 160))],
  ])("takes %s of 8 kB, and none of 1 MB", async (_name, request) => {
    const { listener, asked } = await listen();
    await using _ = listener;
    expect(await say(listener.port, request(8_000))).toStartWith("HTTP/1.1 200 ");
    expect(await say(listener.port, request(1_000_000))).toMatch(/^(?:HTTP\/1\.1 431 |$)/);
    expect(asked.length).toBe(1);
    expect(await say(listener.port, get("/"))).toStartWith("HTTP/1.1 200 ");
  });

  test("makes room for who comes by ending who has waited longest", async () => {
    const { listener, asked } = await listen();
    await using _ = listener;
    const { port } = listener;
    const ended: number[] = [];
    const sockets: Socket[] = [];
    for (let index = 0; index < 100; index++) {
      const { socket, heard } = await open(port, "GET / HTTP/1.1\r\nHo");
      sockets.push(socket);
      void heard.then(() => ended.push(index));
    }
    expect(await say(port, get("/"))).toStartWith("HTTP/1.1 200 ");
    expect(asked.length).toBe(1);
    expect(ended.length).toBeGreaterThanOrEqual(100 - 32);
    expect(ended.includes(99)).toBe(false);
    for (const socket of sockets) socket.destroy();
  });

  test("is reached at 127.0.0.1 alone", async () => {
    const { listener } = await listen();
    await using _ = listener;
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ address }) => address !== "127.0.0.1")
      .map(({ address, scopeid = 0 }) => (scopeid > 0 ? `${address}%${scopeid}` : address));
    for (const address of [...others, "::1", "127.0.0.2"]) {
      const socket = connect(listener.port, address);
      const isOpen = await new Promise((resolve) => {
        socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      });
      socket.destroy();
      expect([address, isOpen]).toEqual([address, false]);
    }
  });

  test("takes the preferred port, and another one where that is taken", async () => {
    const first = await loopback.listen(0, () => hello);
    const { port } = first;
    await using second = await loopback.listen(port, () => hello);
    expect(second.port).not.toBe(port);
    await first[Symbol.asyncDispose]();
    await using third = await loopback.listen(port, () => hello);
    expect(third.port).toBe(port);
  });

  test.each(["0.0.0.0", "::"])("takes another port where %s has it", async (host) => {
    const server = createServer();
    server.listen(0, host);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await using listener = await loopback.listen(port, () => hello);
    server.close();
    expect(listener.port).not.toBe(port);
  });

  test("closing ends every connection at once and frees the port", async () => {
    const { listener } = await listen();
    const { port } = listener;
    const open4 = await Promise.all(
      ["GET", "GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nContent-Length: 9\r\n", "GET / "].map(
        (text) => open(port, text),
      ),
    );
    // Whoever is answered after them is told that they were seen.
    await say(port, get("/"));
    await listener[Symbol.asyncDispose]();
    expect(await Promise.all(open4.map(({ heard }) => heard))).toEqual(["", "", "", ""]);
    await using again = await loopback.listen(port, () => hello);
    expect(again.port).toBe(port);
  });

  test("an answer that was given is delivered before closing", async () => {
    const body = "x".repeat(5_000);
    for (let round = 0; round < 50; round++) {
      const closing = Promise.withResolvers<void>();
      const listener = await loopback.listen(0, () => {
        // As soon as it can be, once the answer is out of our hands.
        queueMicrotask(() => closing.resolve(listener[Symbol.asyncDispose]()));
        return { status: 200, headers: {}, body };
      });
      const answer = await say(listener.port, get("/"));
      await closing.promise;
      expect(answer.endsWith(`\r\n\r\n${body}`)).toBe(true);
    }
  });

  test("a request that does not come to its end is ended", async () => {
    await using listener = await createLoopback({ requestMs: 50 }).listen(0, () => hello);
    for (const start of ["G", "GET / HTTP/1.1\r\n"]) {
      expect(await say(listener.port, start)).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
    }
    expect(await say(listener.port, get("/"))).toStartWith("HTTP/1.1 200 ");
  });
});
