import { describe, expect, test } from "bun:test";
import { HermesError } from "../../src/core/errors.ts";
import { createJsonRpcPeer, type Incoming, RpcError } from "../../src/wire/json_rpc.ts";
import { settled } from "../fakes/clock.ts";
import { thrown } from "../fakes/thrown.ts";

const never = new AbortController().signal;

/** A peer with the other side in the hands of the test. */
function connect(options: { readonly maxLineBytes?: number; readonly writes?: "fail" } = {}) {
  const pipe = new TransformStream<Uint8Array, Uint8Array>(
    undefined,
    { highWaterMark: 1 },
    { highWaterMark: 0 },
  );
  const writer = pipe.writable.getWriter();
  const sent: unknown[] = [];
  const peer = createJsonRpcPeer(
    {
      input: pipe.readable,
      write: async (text) => {
        if (options.writes === "fail") throw Object.assign(new Error("EPIPE"), { code: "EPIPE" });
        sent.push(JSON.parse(text));
      },
    },
    options,
  );
  const say = (text: string): Promise<void> => writer.write(new TextEncoder().encode(text));
  return {
    peer,
    sent,
    say,
    tell: (message: unknown) => say(`${JSON.stringify(message)}\n`),
    end: () => writer.close(),
  };
}

async function all(incoming: AsyncIterable<Incoming>): Promise<Incoming[]> {
  const messages: Incoming[] = [];
  for await (const message of incoming) messages.push(message);
  return messages;
}

describe("a JSON-RPC peer", () => {
  test("matches answers with requests, in whatever order they come", async () => {
    const { peer, sent, tell } = connect();
    const first = peer.request("a", { x: 1 }, never);
    const second = peer.request("b", {}, never);
    await tell({ id: 2, result: "two" });
    await tell({ id: 1, result: null });
    expect([await first, await second]).toEqual([null, "two"]);
    expect(sent).toEqual([
      { id: 1, method: "a", params: { x: 1 } },
      { id: 2, method: "b", params: {} },
    ]);
  });

  test("throws the other side's refusal", async () => {
    const { peer, tell } = connect();
    const call = peer.request("a", {}, never);
    await tell({ id: 1, error: { code: -32_600, message: "no", data: { why: 1 } } });
    const error = await call.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: -32_600, message: "no", data: { why: 1 } });
  });

  test("keeps the order of notifications and requests, and request 0 apart from ours", async () => {
    const { peer, tell, say, end, sent } = connect();
    await tell({ method: "item/started", params: { n: 1 } });
    await tell({ id: 0, method: "ask" });
    await say("oops\n");
    await tell({ id: 99, result: "to nobody" });
    await tell({ method: "done", params: [] });
    void end();
    expect(await all(peer.incoming)).toEqual([
      { kind: "notification", method: "item/started", params: { n: 1 } },
      { kind: "request", id: 0, method: "ask", params: null },
      { kind: "noise", text: "oops" },
      { kind: "notification", method: "done", params: [] },
    ]);
    expect(sent).toEqual([]);
  });

  test("answers and refuses", async () => {
    const { peer, sent } = connect();
    await peer.respond(0, { decision: "accept" });
    await peer.refuse("x", -32_601, "unknown");
    await peer.notify("initialized");
    expect(sent).toEqual([
      { id: 0, result: { decision: "accept" } },
      { id: "x", error: { code: -32_601, message: "unknown" } },
      { method: "initialized" },
    ]);
  });

  test("drops the answer to a call that was given up, and a second answer", async () => {
    const { peer, tell } = connect();
    const stop = new AbortController();
    const call = peer.request("a", {}, stop.signal);
    stop.abort();
    expect((await thrown(() => call)).code).toBe("turn/interrupted");
    await tell({ id: 1, result: 1 });
    const next = peer.request("b", {}, never);
    await tell({ id: 2, result: 2 });
    await tell({ id: 2, result: 3 });
    expect(await next).toBe(2);
  });

  test("rejects what waits when the other side goes away, and everything after", async () => {
    const { peer, end } = connect();
    const call = peer.request("a", {}, never);
    void end();
    expect((await thrown(() => call)).code).toBe("stream/no_terminal_event");
    expect((await thrown(() => peer.request("b", {}, never))).code).toBe(
      "stream/no_terminal_event",
    );
    expect(await all(peer.incoming)).toEqual([]);
  });

  test("rejects what waits with the reason that it is closed with", async () => {
    const { peer } = connect();
    const call = peer.request("a", {}, never);
    peer.close(new HermesError("codex/silent", "no word"));
    expect((await thrown(() => call)).code).toBe("codex/silent");
    expect(await all(peer.incoming)).toEqual([]);
  });

  test("says so when the other side reads no more", async () => {
    const { peer } = connect({ writes: "fail" });
    const { code, message } = await thrown(() => peer.request("a", {}, never));
    expect([code, message]).toEqual(["stream/no_terminal_event", "The other side reads no more"]);
  });

  test("throws at a line that is too long, after what came before", async () => {
    const { peer, say, tell } = connect({ maxLineBytes: 50 });
    await tell({ method: "before" });
    void say("x".repeat(60));
    const seen: Incoming[] = [];
    const reading = (async () => {
      for await (const message of peer.incoming) seen.push(message);
    })();
    expect((await thrown(() => reading)).code).toBe("stream/invalid");
    expect(seen).toEqual([{ kind: "notification", method: "before", params: null }]);
  });

  test("reads no further than a thousand messages ahead of its consumer, unless an answer is awaited", async () => {
    const { peer, tell } = connect();
    let told = 0;
    const telling = (async () => {
      for (let index = 0; index < 3_000; index++) {
        await tell({ method: "m", params: index });
        told++;
      }
      await tell({ id: 1, result: "answer" });
    })();
    for (let round = 0; round < 20; round++) await settled();
    expect(told).toBeLessThan(1_010);
    expect(await peer.request("ask", {}, never)).toBe("answer");
    await telling;
  });
});
