import { describe, expect, test } from "bun:test";
import { createSessionSearchTool } from "../../src/tools/session_search.ts";
import { noUsage } from "../../src/core/event.ts";
import { callTool, type ToolAnswer } from "../fakes/file_tools.ts";
import {
  assistant,
  createSessions,
  start,
  toldSession,
  toolResult,
  user,
} from "./sessions/store.ts";

const at = (seconds: number): string => new Date(start + seconds * 1_000).toISOString();

/** Messages `m0`, `m1`, ... of both sides in turns. */
const talk = (count: number, prefix = "m") =>
  Array.from({ length: count }, (_, index) =>
    (index % 2 === 0 ? user : assistant)(`${prefix}${index}`, `${prefix} says ${index}`),
  );

function setUp() {
  const sessions = createSessions();
  const tool = createSessionSearchTool(sessions.deps);
  return {
    ...sessions,
    tool,
    search: (input: object, sessionId = "") => callTool(tool, input, { sessionId }),
  };
}

type Ids = readonly { readonly message_id: string }[];
const idsOf = (messages: unknown): readonly string[] =>
  (messages as Ids).map(({ message_id }) => message_id);

describe("session_search discovers", () => {
  test("a hit with what was said around it, and both ends of its session", async () => {
    const { say, search } = setUp();
    await say("a", 0, [...talk(6, "x"), user("hit", "the walrus"), ...talk(6, "y")]);
    await say("b", 9, [user("b1", "no such animal")]);
    const told = (id: string, role: string, text: string) => ({
      message_id: id,
      role,
      at: at(0),
      text,
    });
    expect(await search({ query: "walrus", window: 1 })).toEqual({
      mode: "discover",
      query: "walrus",
      count: 1,
      results: [
        {
          session: toldSession("a", "x says 0", 13),
          match: { message_id: "hit", role: "user", at: at(0), snippet: "the [walrus]" },
          messages: [
            told("x5", "assistant", "x says 5"),
            told("hit", "user", "the walrus"),
            told("y0", "user", "y says 0"),
          ],
          session_begins: [told("x0", "user", "x says 0"), told("x1", "assistant", "x says 1")],
          session_ends: [told("y4", "user", "y says 4"), told("y5", "assistant", "y says 5")],
        },
      ],
      isError: false,
    });
  });

  test("the first hits of so many sessions, however often one of them has it", async () => {
    const { say, search } = setUp();
    const often = Array.from({ length: 50 }, (_, index) => user(`a${index}`, "walrus"));
    await say("c", 10, [user("c1", "walrus")]);
    await say("b", 20, [user("b1", "walrus")]);
    await say("a", 30, often);
    const found = async (input: object) => {
      const { results } = await search({ query: "walrus", ...input });
      return (results as { readonly session: { readonly session_id: string } }[]).map(
        ({ session }) => session.session_id,
      );
    };
    expect(await found({})).toEqual(["a", "b", "c"]);
    expect(await found({ limit: 2, sort: "newest" })).toEqual(["a", "b"]);
    expect(await found({ limit: 2, sort: "oldest" })).toEqual(["c", "b"]);
    expect(await found({ session_id: "a", limit: 4 })).toEqual(["a", "a", "a", "a"]);
  });

  test("a session that was compressed once, however many of its parts have it", async () => {
    const { say, search, store } = setUp();
    await say("other", 0, [user("o1", "walrus")]);
    await say("a", 1, [user("a1", "walrus")]);
    await store.startTurn({ turnId: "t", sessionId: "a", startedAt: start + 2_000 });
    await store.split({
      turnId: "t",
      newTurnId: "t2",
      newSessionId: "b",
      compaction: { type: "compaction", id: "k", context: [], summary: "", dropped: 1 },
      usage: noUsage,
      at: start + 2_000,
    });
    await store.append("t2", user("b1", "walrus"), start + 3_000);
    const { results } = await search({ query: "walrus" });
    const hits = results as { readonly match: { readonly message_id: string } }[];
    expect(hits.map(({ match }) => match.message_id)).toEqual(["b1", "o1"]);
  });

  test("nothing of this session and those before it, unless it is named", async () => {
    const { say, search } = setUp();
    await say("old", 0, [user("1", "walrus")]);
    await say("now", 1, [user("2", "walrus")], { parentId: "old" });
    await say("other", 2, [user("3", "walrus")]);
    expect(await search({ query: "walrus" }, "now")).toMatchObject({
      count: 1,
      results: [{ match: { message_id: "3" } }],
    });
    expect(await search({ query: "walrus", session_id: "now" }, "now")).toMatchObject({ count: 1 });
    // Not stored yet.
    expect(await search({ query: "walrus" }, "new")).toMatchObject({ count: 3 });
  });

  test("nothing of a session that was compressed very often", async () => {
    const { say, search, store } = setUp();
    await say("s0", 0, [user("u", "walrus")]);
    for (let part = 1; part <= 40; part++) {
      const [turnId, newTurnId] = [`t${part}`, `t${part}b`];
      const startedAt = start + part * 1_000;
      await store.startTurn({ turnId, sessionId: `s${part - 1}`, startedAt });
      const newSessionId = `s${part}`;
      const kind = { type: "compaction", context: [], summary: "", dropped: 1 } as const;
      const compaction = { ...kind, id: `k${part}` };
      const split = { turnId, newTurnId, newSessionId, compaction, usage: noUsage };
      await store.split({ ...split, at: startedAt });
    }
    expect(await search({ query: "walrus" }, "s40")).toMatchObject({ count: 0 });
  });

  test("tools only where they are asked for, shortened and without secrets", async () => {
    const { say, search } = setUp();
    const key = "sk-proj-abcdefghijklmnopqrstuvwxyz123456";
    await say("a", 0, [user("1", "look"), toolResult("2", `walrus ${key} ${"x".repeat(3_000)}`)]);
    expect(await search({ query: "walrus" })).toEqual({
      mode: "discover",
      query: "walrus",
      count: 0,
      results: [],
      hint: "Try other or fewer words, or OR between them",
      isError: false,
    });
    const found = await search({ query: "walrus", role_filter: ["tool"] });
    expect(found).toMatchObject({
      results: [{ messages: [{ message_id: "2", role: "tool", total_chars: expect.any(Number) }] }],
    });
    expect(JSON.stringify(found)).not.toContain(key);
    expect(JSON.stringify(found).length).toBeLessThan(3_000);
  });
});

describe("session_search scrolls", () => {
  test("to what was said around a message, and tells how much there is more", async () => {
    const { say, search } = setUp();
    await say("a", 0, talk(20));
    const seen = await search({
      session_id: "a",
      around_message_id: "m9",
      window: 2,
      query: "ignored",
    });
    expect<ToolAnswer>({ ...seen, messages: idsOf(seen["messages"]) }).toEqual({
      mode: "scroll",
      session: toldSession("a", "m says 0", 20),
      around_message_id: "m9",
      messages: ["m7", "m8", "m9", "m10", "m11"],
      messages_before: 7,
      messages_after: 8,
      isError: false,
    });
    expect(await search({ session_id: "a", around_message_id: "m0", window: 1 })).toMatchObject({
      messages_before: 0,
      messages_after: 18,
    });
  });

  test("to a message of a tool, although those are left out otherwise", async () => {
    const { say, search } = setUp();
    await say("a", 0, [user("1", "a"), toolResult("2", "b"), toolResult("3", "c"), user("4", "d")]);
    const seen = await search({ session_id: "a", around_message_id: "2" });
    expect(idsOf(seen["messages"])).toEqual(["1", "2", "4"]);
  });

  test("to no message that is not there", async () => {
    const { say, search, tool } = setUp();
    await say("a", 0, talk(2));
    expect(await search({ session_id: "a", around_message_id: "x" })).toEqual({
      error: "There is no such message in session a: x",
      isError: true,
    });
    expect(() => tool.parse('{"around_message_id":"x"}')).toThrow("needs session_id");
  });
});

describe("session_search reads", () => {
  test("a session, the middle of a long one left out", async () => {
    const { say, search } = setUp();
    await say("a", 0, talk(50));
    await say("b", 0, talk(3));
    const long = await search({ session_id: "a" });
    expect([idsOf(long["messages"]).length, long["left_out"]]).toEqual([20, 10]);
    expect(idsOf(long["last_messages"])[0]).toBe("m30");
    const short = await search({ session_id: "b" });
    expect<ToolAnswer>({ ...short, messages: idsOf(short["messages"]) }).toEqual({
      mode: "read",
      session: toldSession("b", "m says 0", 3),
      messages: ["m0", "m1", "m2"],
      isError: false,
    });
  });

  test("no session that is not there", async () => {
    expect(await setUp().search({ session_id: "nope" })).toEqual({
      error: "No such session: nope",
      isError: true,
    });
  });
});

test("session_search browses the latest sessions but this one", async () => {
  const { say, search } = setUp();
  for (const [index, id] of ["a", "b", "c"].entries()) await say(id, index, [user(id, id)]);
  expect(await search({ limit: 2 }, "c")).toEqual({
    mode: "browse",
    count: 2,
    sessions: [toldSession("b", "b", 1, 1), toldSession("a", "a", 1, 0)],
    isError: false,
  });
  expect(await setUp().search({})).toMatchObject({ count: 0, sessions: [] });
});
