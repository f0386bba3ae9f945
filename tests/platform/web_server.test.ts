import { expect, test } from "bun:test";
import { once } from "node:events";
import { connect } from "node:net";
import { errnoOf } from "../../src/core/errors.ts";
import { machineWebServer } from "../../src/platform/web_server.ts";

const address = { host: "127.0.0.1", port: 0 };

function urlOf({ port }: { readonly port: number }): string {
  return `http://127.0.0.1:${port}`;
}

test("gives requests as they came, and sends answers with status, headers and body", async () => {
  await using listener = await machineWebServer.listen(address, async (request) => {
    const asked = {
      method: request.method,
      path: new URL(request.url).pathname,
      host: request.headers.get("host"),
      own: request.headers.get("x-own"),
      body: await request.text(),
    };
    return Response.json(asked, { status: 201, headers: { "X-Ours": "1" } });
  });
  const answer = await fetch(`${urlOf(listener)}/a/b?c`, {
    method: "POST",
    body: "héllo",
    headers: { "X-Own": "x" },
  });
  expect([answer.status, answer.headers.get("x-ours")]).toEqual([201, "1"]);
  expect(await answer.json()).toEqual({
    method: "POST",
    path: "/a/b",
    host: `127.0.0.1:${listener.port}`,
    own: "x",
    body: "héllo",
  });
});

test("an answer streams: what was written is there before the rest is known", async () => {
  const rest = Promise.withResolvers<void>();
  await using listener = await machineWebServer.listen(address, async () => {
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode("first "));
        await rest.promise;
        controller.enqueue(new TextEncoder().encode("second"));
        controller.close();
      },
    });
    return new Response(body);
  });
  const answer = await fetch(urlOf(listener));
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toBe("first ");
  rest.resolve();
  expect((await reader.read()).value).toBe("second");
  expect((await reader.read()).done).toBe(true);
});

test("headers are there before the first byte of a stream", async () => {
  await using listener = await machineWebServer.listen(address, async () => {
    return new Response(new ReadableStream(), { headers: { "Content-Type": "text/event-stream" } });
  });
  const gone = new AbortController();
  const answer = await fetch(urlOf(listener), { signal: gone.signal });
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  gone.abort();
});

test("a client that goes away aborts its request and ends the stream", async () => {
  const [aborted, cancelled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await using listener = await machineWebServer.listen(address, async (request) => {
    request.signal.addEventListener("abort", () => aborted.resolve());
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
      cancel: () => cancelled.resolve(),
    });
    return new Response(body);
  });
  const gone = new AbortController();
  const answer = await fetch(urlOf(listener), { signal: gone.signal });
  await answer.body!.getReader().read();
  gone.abort();
  await Promise.all([aborted.promise, cancelled.promise]);
});

test("a large body that nobody reads holds nobody up", async () => {
  await using listener = await machineWebServer.listen(address, async () => {
    return new Response("no", { status: 413 });
  });
  for (let round = 0; round < 3; round++) {
    const answer = await fetch(urlOf(listener), {
      method: "POST",
      body: "x".repeat(4 * 1_048_576),
    });
    expect([answer.status, await answer.text()]).toEqual([413, "no"]);
  }
});

test("closing ends what is under way and frees the port", async () => {
  const listener = await machineWebServer.listen(address, async () => {
    return new Response(new ReadableStream());
  });
  const socket = connect(listener.port, "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => undefined);
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await once(socket, "data");
  const closed = once(socket, "close");
  await listener[Symbol.asyncDispose]();
  await closed;
  const { port } = listener;
  await using again = await machineWebServer.listen({ ...address, port }, async () => {
    return new Response("again");
  });
  expect(await (await fetch(urlOf(again))).text()).toBe("again");
});

test("a port that is taken is the system's error", async () => {
  await using listener = await machineWebServer.listen(address, async () => new Response(""));
  const { port } = listener;
  const second = machineWebServer.listen({ ...address, port }, async () => new Response(""));
  expect(await second.then(() => undefined, errnoOf)).toBe("EADDRINUSE");
});
