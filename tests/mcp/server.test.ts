import { Client } from "@modelcontextprotocol/client";
import { InMemoryTransport } from "@modelcontextprotocol/server";
import { expect, test } from "bun:test";
import { HermesError } from "../../src/core/errors.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createToolServer, type Offer } from "../../src/mcp/server.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeTool, ok } from "../fakes/tool.ts";

/** A client of a server with these tools, over linked transports. */
async function connect(offer: () => Promise<Offer>, sessionId = "s1") {
  const clock = createFakeClock();
  const warnings: string[] = [];
  const connectServer = createToolServer(
    {
      clock,
      offer,
      reports: { warn: (line) => void warnings.push(line), note: () => undefined },
    },
    { identity: { name: "hermes-tools", version: "1.2.3" }, instructions: "Be good", cwd: "/work" },
  );
  const join = async (session: string) => {
    const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
    const client = new Client({ name: "test", version: "1" });
    await connectServer(session).connect(serverSide);
    await client.connect(clientSide);
    return client;
  };
  return { clock, warnings, client: await join(sessionId), join };
}

const offering =
  (...tools: readonly Tool[]) =>
  (): Promise<Offer> =>
    Promise.resolve({ tools, redact: (text) => text.replaceAll("secret", "***") });

/** What a call was refused with. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return [error.code, error.message];
  }
}

test("a client learns who serves and what", async () => {
  const { client } = await connect(offering(createFakeTool("look", () => ok(""))));
  expect(client.getServerVersion()).toEqual({ name: "hermes-tools", version: "1.2.3" });
  expect(client.getInstructions()).toBe("Be good");
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["look"]);
});

test("a tool gets its arguments, its session and its directory; the result is masked", async () => {
  const seen: unknown[] = [];
  const tool = createFakeTool("look", (input, { sessionId, cwd, signal }) => {
    seen.push(input, sessionId, cwd, signal.aborted);
    return ok('{"found":"secret"}');
  });
  const { client } = await connect(offering(tool), "one");
  const result = await client.callTool({ name: "look", arguments: { a: [1, null] } });
  expect(seen).toEqual([{ a: [1, null] }, "one", "/work", false]);
  expect(result.structuredContent).toEqual({ found: "***" });
});

test("connections have sessions of their own", async () => {
  const tool = createFakeTool("who", (_, { sessionId }) => ok(sessionId));
  const { client, join } = await connect(offering(tool), "one");
  const other = await join("two");
  const said = await Promise.all([client, other].map((each) => each.callTool({ name: "who" })));
  expect(said.map(({ content }) => content)).toEqual([
    [{ type: "text", text: "one" }],
    [{ type: "text", text: "two" }],
  ]);
});

test("an unknown tool is an error of the protocol", async () => {
  const { client } = await connect(offering());
  expect(await refusalOf(client.callTool({ name: "nope" }))).toEqual([
    -32_602,
    expect.stringContaining("Unknown tool: nope"),
  ]);
});

test("what a tool throws is a result: its own words for a failure, a warning for a bug", async () => {
  const fails = createFakeTool("fails", () => {
    throw new HermesError("store/full", "The disk is full of secret", { hint: "make room" });
  });
  const breaks = createFakeTool("breaks", () => {
    throw new TypeError("undefined is no secret");
  });
  const { client, warnings } = await connect(offering(fails, breaks));
  expect(await client.callTool({ name: "fails" })).toMatchObject({
    isError: true,
    structuredContent: { error: "The disk is full of *** (make room)" },
  });
  expect(warnings).toEqual([]);
  expect(await client.callTool({ name: "breaks" })).toMatchObject({
    isError: true,
    structuredContent: { error: "breaks failed: Unexpected error: undefined is no ***" },
  });
  expect(warnings).toEqual([expect.stringContaining("breaks: TypeError")]);
});

test("a call that needs an approval, and one that is forbidden, never run", async () => {
  let runs = 0;
  const tool = (name: string, permission: NonNullable<Tool["permission"]>): Tool =>
    createFakeTool(
      name,
      () => {
        runs++;
        return ok("done");
      },
      { permission },
    );
  const request = {
    subject: { kind: "tool", name: "ask", arguments: {} },
    reason: "it deletes",
    key: "k",
  } as const;
  const { client } = await connect(
    offering(
      tool("ask", () => ({ kind: "ask", request })),
      tool("never", () => ({ kind: "forbidden", reason: "It is protected" })),
    ),
  );
  const asked = await client.callTool({ name: "ask" });
  expect([asked.isError, JSON.stringify(asked.structuredContent)]).toEqual([
    true,
    expect.stringContaining("it deletes"),
  ]);
  expect(await client.callTool({ name: "never" })).toMatchObject({
    isError: true,
    structuredContent: { error: "It is protected" },
  });
  expect(runs).toBe(0);
});

test("a cancelled call is aborted; one that does not care is left after 300 ms, and the next one runs", async () => {
  const started = Promise.withResolvers<AbortSignal>();
  const deaf = createFakeTool("deaf", (_, { signal }) => {
    started.resolve(signal);
    return new Promise(() => {});
  });
  const { client, clock } = await connect(
    offering(
      deaf,
      createFakeTool("next", () => ok("next")),
    ),
  );
  const cancel = new AbortController();
  const call = client
    .callTool({ name: "deaf" }, { signal: cancel.signal })
    .catch(() => "cancelled");
  const signal = await started.promise;
  cancel.abort();
  expect(await call).toBe("cancelled");
  const next = client.callTool({ name: "next" });
  await clock.untilSleeping();
  expect(signal.aborted).toBe(true);
  await clock.advance(300);
  expect((await next).isError).toBe(false);
});

test("a client that goes takes its calls with it", async () => {
  const started = Promise.withResolvers<AbortSignal>();
  const ended = Promise.withResolvers<string>();
  const slow = createFakeTool("slow", (_, { signal }) => {
    started.resolve(signal);
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        ended.resolve("aborted");
        resolve(ok("late"));
      });
    });
  });
  const { client } = await connect(offering(slow));
  client.callTool({ name: "slow" }).catch(() => undefined);
  await started.promise;
  await client.close();
  expect(await ended.promise).toBe("aborted");
});

test("tools that cannot be opened are told with what helps, and asked for again", async () => {
  let isBroken = true;
  const tool = createFakeTool("look", () => ok("seen"));
  const { client, warnings } = await connect(() =>
    isBroken
      ? Promise.reject(new HermesError("config/invalid", "agent is wrong", { hint: "mend it" }))
      : offering(tool)(),
  );
  const changed = Promise.withResolvers<string>();
  client.setNotificationHandler("notifications/tools/list_changed", () => changed.resolve("told"));
  expect(await refusalOf(client.listTools())).toEqual([
    -32_603,
    expect.stringContaining("agent is wrong (mend it)"),
  ]);
  expect(warnings).toEqual(["agent is wrong (mend it)"]);
  isBroken = false;
  expect((await client.callTool({ name: "look" })).isError).toBe(false);
  expect(await changed.promise).toBe("told");
});
