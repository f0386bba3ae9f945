import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { expect, test } from "bun:test";
import { AsyncQueue } from "../../src/core/async_queue.ts";
import { LineTransport } from "../../src/mcp/line_transport.ts";
import { createFakeClock } from "../fakes/clock.ts";

const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "t", version: "1" },
  },
};

/** A transport whose two ends a test holds in its hands. */
function setUp() {
  const clock = createFakeClock();
  const input = new AsyncQueue<Uint8Array>();
  const written: string[] = [];
  const received: JSONRPCMessage[] = [];
  const state = { isClosed: false };
  const transport = new LineTransport(
    { clock },
    {
      input,
      isClosed: () => state.isClosed,
      write: (text) => {
        written.push(text);
        return Promise.resolve();
      },
    },
  );
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
  transport.onmessage = (message) => void received.push(message);
  const say = (...messages: readonly unknown[]): void => {
    for (const message of messages) {
      input.push(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
    }
  };
  return { clock, input, written, received, state, transport, say };
}

const ping = (id: number) => ({ jsonrpc: "2.0", id, method: "ping" });
const pong = (id: number): JSONRPCMessage => ({ jsonrpc: "2.0", id, result: {} });

/** Lets everything happen that can happen without time. */
async function settle(): Promise<void> {
  for (let round = 0; round < 50; round++) await Promise.resolve();
}

test("at the end of the input what was asked before is still answered", async () => {
  const { input, written, transport, say } = setUp();
  await transport.start();
  say(initialize, ping(1));
  input.end();
  await settle();
  await transport.send(pong(0));
  await transport.send(pong(1));
  expect(await transport.closed).toBeUndefined();
  expect(written.length).toBe(2);
});

test("at the end of the input who does not answer within two seconds is not waited for", async () => {
  const { clock, input, transport, say } = setUp();
  await transport.start();
  say(initialize);
  input.end();
  await clock.untilSleeping();
  await clock.advance(2_000);
  expect(await transport.closed).toBeUndefined();
});

test("at the end of the input each answer buys the next one its time", async () => {
  const { clock, input, written, transport, say } = setUp();
  await transport.start();
  say(initialize, ping(1), ping(2));
  input.end();
  for (const id of [0, 1]) {
    await clock.untilSleeping();
    await clock.advance(1_500);
    await transport.send(pong(id));
    await settle();
  }
  await clock.untilSleeping();
  await clock.advance(2_000);
  expect(await transport.closed).toBeUndefined();
  expect(written.length).toBe(2);
});

test("a request that was cancelled is not waited for", async () => {
  const { input, transport, say } = setUp();
  await transport.start();
  say(initialize, ping(1), {
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId: 1 },
  });
  input.end();
  await settle();
  await transport.send(pong(0));
  expect(await transport.closed).toBeUndefined();
});

test("no more is read while 1,024 requests have no answer", async () => {
  const { received, transport, say } = setUp();
  await transport.start();
  say(initialize, ...Array.from({ length: 1_100 }, (_, index) => ping(index + 1)));
  while (received.length < 1_024) await settle();
  await settle();
  expect(received.length).toBe(1_024);
  await transport.send(pong(0));
  await settle();
  expect(received.length).toBe(1_025);
  await transport.close();
});

test("a client that reads no more ends the connection at the next answer", async () => {
  const { state, transport, say } = setUp();
  let isClosed = false;
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
  transport.onclose = () => (isClosed = true);
  await transport.start();
  say(initialize);
  await settle();
  state.isClosed = true;
  await transport.send(pong(0));
  expect(await transport.closed).toBeUndefined();
  expect(isClosed).toBe(true);
});

test("what makes the input unreadable is told", async () => {
  const failure = new Error("EIO");
  const transport = new LineTransport(
    { clock: createFakeClock() },
    {
      // oxlint-disable-next-line require-yield
      input: (async function* () {
        throw await Promise.resolve(failure);
      })(),
      isClosed: () => false,
      write: () => Promise.resolve(),
    },
  );
  await transport.start();
  expect(await transport.closed).toBe(failure);
});

test("after the end nothing is written", async () => {
  const { written, transport } = setUp();
  await transport.start();
  await transport.close();
  await transport.send(pong(0));
  expect(written).toEqual([]);
});
