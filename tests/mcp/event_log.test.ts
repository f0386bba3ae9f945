import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { expect, test } from "bun:test";
import { EventLog } from "../../src/mcp/event_log.ts";

const note = (method: string): JSONRPCMessage => ({ jsonrpc: "2.0", method });

async function replayed(log: EventLog, after: string): Promise<readonly (readonly string[])[]> {
  const sent: string[][] = [];
  await log.replayEventsAfter(after, {
    send: async (id, message) => void sent.push([id, "method" in message ? message.method : ""]),
  });
  return sent;
}

test("EventLog gives what came later on the same stream, in its order", async () => {
  const log = new EventLog();
  const first = await log.storeEvent("a_b", note("one"));
  await log.storeEvent("other", note("two"));
  const third = await log.storeEvent("a_b", note("three"));
  expect(await log.getStreamIdForEventId(first)).toBe("a_b");
  expect(await replayed(log, first)).toEqual([[third, "three"]]);
  expect(await replayed(log, third)).toEqual([]);
});

test("EventLog names a stream before its first message", async () => {
  const log = new EventLog();
  // What the transport stores to get an id for the empty event that opens a stream.
  const opened = await log.storeEvent("a", {} as JSONRPCMessage);
  const first = await log.storeEvent("a", note("one"));
  expect(await replayed(log, opened)).toEqual([[first, "one"]]);
});

test("EventLog keeps a bounded number of events, and of characters", async () => {
  const many = new EventLog();
  const first = await many.storeEvent("a", note("first"));
  for (let index = 0; index < 1_001; index++) await many.storeEvent("a", note(`n${index}`));
  const kept = await replayed(many, first);
  expect([kept.length, kept[0]?.[1]]).toEqual([1_000, "n1"]);

  const large = new EventLog();
  const opened = await large.storeEvent("a", note("first"));
  for (const name of ["x", "y", "z"]) {
    await large.storeEvent("a", note(name.repeat(2 * 1_048_576)));
  }
  expect((await replayed(large, opened)).length).toBe(1);
});

test("EventLog knows no stream of an id that is none", async () => {
  const log = new EventLog();
  expect(await log.getStreamIdForEventId("nonsense")).toBeUndefined();
  expect(await replayed(log, "nonsense")).toEqual([]);
});
