import { describe, expect, test } from "bun:test";
import { HermesError } from "../../src/core/errors.ts";
import { MemorySessionStore } from "../../src/storage/memory_store.ts";
import { createSessionsListTool } from "../../src/tools/sessions_list.ts";
import { createSessionsReadTool } from "../../src/tools/sessions_read.ts";
import { createSessionsSearchTool } from "../../src/tools/sessions_search.ts";
import { createSessionsWaitTool } from "../../src/tools/sessions_wait.ts";
import { callTool } from "../fakes/file_tools.ts";
import {
  assistant,
  createSessions,
  start,
  toldSession,
  toolResult,
  user,
} from "./sessions/store.ts";

const at = (seconds: number): string => new Date(start + seconds * 1_000).toISOString();
const nobody = { sessionId: "", turnId: "", callId: "" };

test("sessions_list lists the newest first, of one source if asked", async () => {
  const { say, deps } = createSessions();
  await say("a", 1, [user("1", "one")]);
  await say("b", 2, [user("2", "two")], { source: "oneshot" });
  const list = (input: object) => callTool(createSessionsListTool(deps), input, nobody);
  expect(await list({})).toEqual({
    count: 2,
    sessions: [
      { ...toldSession("b", "two", 1, 2), source: "oneshot" },
      toldSession("a", "one", 1, 1),
    ],
    isError: false,
  });
  expect(await list({ source: "cli" })).toMatchObject({ count: 1 });
  expect(await list({ limit: 1 })).toMatchObject({ sessions: [{ session_id: "b" }] });
});

describe("sessions_read", () => {
  test("reads the last messages, and pages back", async () => {
    const { say, deps } = createSessions();
    await say("abc", 1, [
      user("1", "one"),
      toolResult("2", "two"),
      assistant("3", "three"),
      user("4", "key sk-proj-abcdefghijklmnopqrstuvwxyz123456"),
    ]);
    const read = (input: object) => callTool(createSessionsReadTool(deps), input, nobody);
    expect(await read({ session_id: "ab", limit: 2 })).toEqual({
      session: toldSession("abc", "one", 3, 1),
      count: 2,
      messages: [
        { message_id: "3", role: "assistant", at: at(1), text: "three" },
        { message_id: "4", role: "user", at: at(1), text: "key sk-pro...3456" },
      ],
      messages_before: 1,
      isError: false,
    });
    expect(await read({ session_id: "abc", before_message_id: "3" })).toMatchObject({
      messages: [{ message_id: "1" }],
      messages_before: 0,
    });
    expect(await read({ session_id: "abc", role_filter: ["tool"] })).toMatchObject({
      messages: [{ message_id: "2", role: "tool", text: "two" }],
    });
    expect(await read({ session_id: "abc", before_message_id: "9" })).toMatchObject({
      isError: true,
    });
  });

  test("tells the failures of the store", async () => {
    const { deps } = createSessions();
    const read = (more: object) =>
      callTool(createSessionsReadTool({ ...deps, ...more }), { session_id: "x" }, nobody);
    expect(await read({})).toEqual({ error: "No such session: x", isError: true });
    const sessions = () => Promise.reject(new HermesError("store/unreadable", "Cannot open it"));
    expect(await read({ sessions })).toEqual({ error: "Cannot open it", isError: true });
  });
});

test("sessions_search tells where words were said", async () => {
  const { say, deps } = createSessions();
  await say("a", 1, [user("1", "the walrus"), toolResult("2", "walrus too")]);
  await say("b", 2, [assistant("3", "walrus")]);
  const search = (input: object) =>
    callTool(createSessionsSearchTool(deps), { query: "walrus", ...input }, nobody);
  expect(await search({ role_filter: ["user"] })).toEqual({
    count: 1,
    hits: [
      {
        session: toldSession("a", "the walrus", 1, 1),
        message_id: "1",
        role: "user",
        at: at(1),
        snippet: "the [walrus]",
      },
    ],
    isError: false,
  });
  expect(await search({ sort: "newest" })).toMatchObject({
    count: 3,
    hits: [{ message_id: "3" }, {}, {}],
  });
  expect(await search({ session_id: "b" })).toMatchObject({
    count: 1,
    hits: [{ message_id: "3" }],
  });
});

describe("sessions_wait", () => {
  function setUp() {
    const sessions = createSessions();
    const tool = createSessionsWaitTool(sessions.deps);
    return {
      ...sessions,
      wait: (input: object, signal = new AbortController().signal, sessionId = "") =>
        callTool(tool, input, { ...nobody, sessionId, signal }),
    };
  }

  test("begins now, and tells each message once, also of one moment", async () => {
    const { say, clock, wait } = setUp();
    await say("a", 0, [user("old", "before")]);
    const waiting = wait({});
    await clock.advance(200);
    await say("b", 5, [user("1", "one"), assistant("2", "two")]);
    await clock.advance(60);
    const first = await waiting;
    expect(first).toEqual({
      reason: "messages",
      messages: [
        { session_id: "b", message_id: "1", role: "user", at: at(5), text: "one" },
        { session_id: "b", message_id: "2", role: "assistant", at: at(5), text: "two" },
      ],
      next_cursor: 3,
      isError: false,
    });
    await say("a", 5, [user("3", "three")]);
    expect(await wait({ after_cursor: first["next_cursor"] })).toMatchObject({
      messages: [{ message_id: "3" }],
      next_cursor: 4,
    });
    const page = await wait({ after_cursor: 0, limit: 2 });
    expect(page).toMatchObject({ messages: [{ message_id: "old" }, { message_id: "1" }] });
    expect(await wait({ after_cursor: page["next_cursor"], session_id: "a" })).toMatchObject({
      messages: [{ message_id: "3" }],
    });
  });

  test("ends with its time, and goes on from there", async () => {
    const { say, clock, wait } = setUp();
    await say("a", 0, [user("1", "one")]);
    const waiting = wait({ timeout_ms: 600 });
    await clock.advance(100);
    await say("a", 1, [toolResult("2", "not a message")]);
    await clock.advance(500);
    expect(await waiting).toEqual({
      reason: "timeout",
      messages: [],
      next_cursor: 2,
      isError: false,
    });
    expect(await wait({ timeout_ms: 0 })).toMatchObject({ reason: "timeout" });
  });

  test("ends when the call is given up", async () => {
    const { clock, wait } = setUp();
    const stop = new AbortController();
    const waiting = wait({}, stop.signal);
    await clock.advance(300);
    stop.abort();
    expect(await waiting).toEqual({ error: "The wait was ended", next_cursor: 0, isError: true });
  });

  test("looks no more often than every 250 ms", async () => {
    const { clock, deps } = createSessions();
    let looks = 0;
    class Watched extends MemorySessionStore {
      override messagesAfter(...given: Parameters<MemorySessionStore["messagesAfter"]>) {
        looks += 1;
        return super.messagesAfter(...given);
      }
    }
    const sessions = () => Promise.resolve(new Watched());
    const tool = createSessionsWaitTool({ ...deps, sessions });
    const waiting = callTool(tool, { timeout_ms: 1_000 }, nobody);
    for (let step = 0; step < 100; step++) await clock.advance(10);
    await waiting;
    expect(looks).toBe(5);
  });

  test("passes over the session that waits", async () => {
    const { say, wait } = setUp();
    await say("a", 0, [user("1", "one")]);
    const waiting = wait({ after_cursor: 0, timeout_ms: 0 }, undefined, "a");
    expect(await waiting).toMatchObject({ messages: [] });
  });

  test("refuses a cursor of another store", async () => {
    expect(await setUp().wait({ after_cursor: 9 })).toEqual({
      error: "The cursor is beyond all that was stored: 9",
      next_cursor: 0,
      isError: true,
    });
  });
});
