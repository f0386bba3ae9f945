import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noUsage } from "../../src/core/event.ts";
import type { Compaction, Item } from "../../src/core/item.ts";
import type { SessionCatalog, SessionStore } from "../../src/core/session_store.ts";
import { MemorySessionStore } from "../../src/storage/memory_store.ts";
import { SqliteSessionStore } from "../../src/storage/session_store.ts";
import { assistant, user } from "../fakes/model.ts";
import { codeOf } from "../fakes/thrown.ts";

type Store = SessionStore & SessionCatalog;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hermes-whole-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function call(id: string): Item {
  return { type: "tool-call", id, callId: id, name: "terminal", arguments: "{}" };
}

function compaction(id: string): Compaction {
  return { type: "compaction", id, context: [], summary: "so far", dropped: 2 };
}

async function create(store: Store, id: string, title?: string, startedAt = 1_000): Promise<void> {
  await store.create({
    id,
    source: "cli",
    provider: "openai",
    model: "m1",
    runtime: "loop",
    cwd: "/project",
    instructions: "Be good",
    startedAt,
    ...(title === undefined ? {} : { title }),
  });
}

interface Turn {
  readonly id: string;
  readonly at: number;
  readonly costUsd?: number;
}

/** A turn that is over. */
async function turn(
  store: Store,
  sessionId: string,
  { id, at, costUsd }: Turn,
  items: readonly Item[],
) {
  await store.startTurn({ turnId: id, sessionId, startedAt: at });
  for (const item of items) await store.append(id, item, at);
  await store.endTurn(ended(id, at, costUsd));
}

function ended(turnId: string, endedAt: number, costUsd?: number) {
  return {
    turnId,
    outcome: { status: "completed", finalText: "" } as const,
    usage: {
      ...noUsage,
      inputTokens: 10,
      totalTokens: 10,
      ...(costUsd === undefined ? {} : { costUsd }),
    },
    calls: { count: 1, unpriced: costUsd === undefined ? 1 : 0 },
    endedAt,
  };
}

/** `a`, compressed into `b` in the middle of its second turn, and that into `c` in its third. */
async function compressed(store: Store): Promise<void> {
  await create(store, "a", "report");
  await turn(store, "a", { id: "t1", at: 2_000, costUsd: 0.1 }, [
    user("u1", "an elephant"),
    assistant("x1", "a trunk"),
  ]);
  await store.startTurn({ turnId: "t2", sessionId: "a", startedAt: 3_000 });
  await store.append("t2", user("u2", "a walrus"), 3_000);
  await split(store, { turnId: "t2", newTurnId: "t2b", newSessionId: "b", at: 3_001 });
  await store.append("t2b", call("k2"), 3_002);
  await store.append("t2b", assistant("x2", "tusks 猫"), 3_003);
  await store.endTurn(ended("t2b", 3_004, 0.2));
  await store.startTurn({ turnId: "t3", sessionId: "b", startedAt: 4_000 });
  await store.append("t3", user("u3", "a tapir"), 4_000);
  await split(store, { turnId: "t3", newTurnId: "t3b", newSessionId: "c", at: 4_001 });
  await store.append("t3b", assistant("x3", "a snout 猫"), 4_002);
  await store.endTurn(ended("t3b", 4_003));
}

async function split(
  store: Store,
  to: { turnId: string; newTurnId: string; newSessionId: string; at: number },
): Promise<void> {
  await store.split({ ...to, compaction: compaction(`k of ${to.newSessionId}`), usage: noUsage });
}

async function told(store: Store, id: string): Promise<readonly string[]> {
  const { ids } = await store.whole(id);
  const items = await Promise.all(ids.map((each) => store.items(each)));
  return items.flat().map(({ item }) => item.id);
}

/** The store as a process has it that sees these others run. */
function openAs(own: string, running: readonly string[]): Store {
  const owners = {
    own: () => Promise.resolve(own),
    isGone: (owner: string) => Promise.resolve(!running.includes(owner)),
  };
  const exists = (file: string) => Promise.resolve(existsSync(file));
  return new SqliteSessionStore({ exists, owners }, join(directory, "sessions.db"));
}

test("the lock of a process that is gone is free at once", async () => {
  await using dying = openAs("p1", ["p1", "p2"]);
  await using seeing = openAs("p2", ["p1", "p2"]);
  await using later = openAs("p3", ["p2", "p3"]);
  await create(dying, "a");
  const lock = (holder: string) => ({ sessionId: "a", holder, at: 1_000, lifeMs: 300_000 });
  expect([
    await dying.lock(lock("h1")),
    await seeing.lock(lock("h2")),
    await later.lock(lock("h3")),
    await later.lock(lock("h4")),
  ]).toEqual([true, false, true, false]);
  await dying.unlock(lock("h1"));
  expect(await later.lock(lock("h4"))).toBe(false);
});

test("the turn of a process that is gone has ended, also behind a compression", async () => {
  await using dying = openAs("p1", ["p1", "p2"]);
  await using seeing = openAs("p2", ["p1", "p2"]);
  await using later = openAs("p3", ["p2", "p3"]);
  await create(dying, "a");
  await dying.startTurn({ turnId: "t1", sessionId: "a", startedAt: 2_000 });
  await dying.append("t1", user("u1", "hello"), 2_000);
  await split(dying, { turnId: "t1", newTurnId: "t1b", newSessionId: "b", at: 2_001 });
  await dying.append("t1b", user("u2", "and on"), 2_002);
  await dying.lock({ sessionId: "b", holder: "h", at: 2_003, lifeMs: 300_000 });
  const rewind = { sessionId: "a", itemId: "u2", at: 3_000 };
  expect(await codeOf(seeing.rewind(rewind))).toBe("session/busy");
  expect((await later.rewind(rewind)).id).toBe("b");
  await seeing.startTurn({ turnId: "t2", sessionId: "b", startedAt: 4_000 });
  expect(await codeOf(later.rewind({ ...rewind, itemId: "u1" }))).toBe("session/busy");
  await seeing.endTurn(ended("t2", 4_001));
  expect((await later.rewind({ ...rewind, itemId: "u1" })).id).toBe("a");
});

const everything = ["u1", "x1", "u2", "k of b", "k2", "x2", "u3", "k of c", "x3"];

describe.each([
  [
    "SqliteSessionStore",
    (): Store =>
      new SqliteSessionStore(
        { exists: async (file) => existsSync(file) },
        join(directory, "sessions.db"),
      ),
  ],
  ["MemorySessionStore", (): Store => new MemorySessionStore()],
])("%s", (_name, open) => {
  test("lists a compressed session once: as its tip, with what all its parts sum up to", async () => {
    await using store = open();
    await compressed(store);
    const [whole, ...others] = await store.list({ limit: 10 });
    expect(others).toEqual([]);
    expect(whole).toEqual({
      ...(await store.resolve("c")),
      title: "report",
      startedAt: 1_000,
      messageCount: 6,
      toolCallCount: 1,
      usage: { ...noUsage, inputTokens: 30, totalTokens: 30 },
      costUsd: 0.3,
      calls: { count: 3, unpriced: 1 },
      ids: ["a", "b", "c"],
    });
    const wholes = await Promise.all(["a", "b", "c"].map((id) => store.whole(id)));
    expect([...wholes, await store.latest()]).toEqual([whole, whole, whole, whole]);
    expect(await told(store, "b")).toEqual(everything);
  });

  test("search tells with which session a hit goes on", async () => {
    await using store = open();
    await compressed(store);
    const hits = await store.search("elephant OR tusks OR snout", { limit: 9 });
    const places = hits.map(({ session, tipId, itemId }) => `${itemId} in ${session.id}: ${tipId}`);
    expect(places.toSorted()).toEqual(["u1 in a: c", "x2 in b: c", "x3 in c: c"]);
    const options = { limit: 9, within: "b" };
    expect((await store.search("elephant", options)).map(({ itemId }) => itemId)).toEqual(["u1"]);
    const { messages } = await store.messagesAfter(0, options);
    expect(messages.map(({ item }) => item.id)).toEqual(["u1", "x1", "u2", "x2", "u3", "x3"]);
  });

  test("renames and deletes all parts at once", async () => {
    await using store = open();
    await compressed(store);
    await create(store, "other", "zoo");
    expect(await codeOf(store.rename("a", "zoo"))).toBe("session/title_taken");
    await store.rename("a", "animals");
    expect((await store.list({ limit: 9 })).map(({ id, title }) => [id, title])).toEqual([
      ["c", "animals"],
      ["other", "zoo"],
    ]);
    expect([(await store.resolve("animals")).id, await codeOf(store.resolve("report"))]).toEqual([
      "c",
      "session/not_found",
    ]);
    await store.rename("b", "report");
    expect((await store.resolve("report")).id).toBe("c");
    expect((await store.delete("b")).toSorted()).toEqual(["a", "b", "c"]);
    expect((await store.list({ limit: 9 })).map(({ id }) => id)).toEqual(["other"]);
  });

  test("prunes a whole session or nothing of it", async () => {
    await using store = open();
    await compressed(store);
    expect(await store.prune(4_000, { dryRun: false })).toEqual([]);
    expect(await store.prune(9_000, { dryRun: false, except: ["a"] })).toEqual([]);
    expect(await store.prune(9_000, { dryRun: true })).toEqual([await store.whole("a")]);
    const pruned = await store.prune(9_000, { dryRun: false });
    expect(pruned.map(({ id, ids, messageCount }) => [id, ids, messageCount])).toEqual([
      ["c", ["a", "b", "c"], 6],
    ]);
    expect(await codeOf(store.whole("a"))).toBe("session/not_found");
  });

  test("prunes many sessions one after the other, and others get to write meanwhile", async () => {
    await using store = open();
    for (let index = 0; index < 45; index++) {
      const id = `s${String(index).padStart(2, "0")}`;
      await create(store, id);
      await turn(store, id, { id: `t ${id}`, at: 2_000 + index }, [user(`u ${id}`, "a lynx")]);
    }
    const pruned = store.prune(2_044, { dryRun: false });
    await create(store, "new", undefined, 9_000);
    expect((await pruned).map(({ id }) => id)).toEqual(
      Array.from({ length: 44 }, (_, index) => `s${String(index).padStart(2, "0")}`),
    );
    expect((await store.list({ limit: 50 })).map(({ id }) => id)).toEqual(["new", "s44"]);
    expect(await store.search("lynx", { limit: 50 })).toHaveLength(1);
  });

  test("a rewind hides an item and all behind it, from everybody", async () => {
    await using store = open();
    await compressed(store);
    await store.startTurn({ turnId: "t4", sessionId: "c", startedAt: 5_000 });
    await store.keepRuntimeState("t4", "thread");
    await store.append("t4", user("u4", "猫 a yak"), 5_000);
    expect(await codeOf(store.rewind({ sessionId: "c", itemId: "u4", at: 6_000 }))).toBe(
      "session/busy",
    );
    await store.endTurn(ended("t4", 5_001));
    expect(await codeOf(store.rewind({ sessionId: "c", itemId: "no", at: 6_000 }))).toBe(
      "usage/invalid",
    );
    const whole = await store.rewind({ sessionId: "a", itemId: "u4", at: 6_000 });
    expect([whole.id, whole.messageCount, whole.runtimeState, whole.updatedAt]).toEqual([
      "c",
      6,
      null,
      6_000,
    ]);
    expect(await told(store, "a")).toEqual(everything);
    expect(await store.search("yak", { limit: 9 })).toEqual([]);
    const words = await store.search("猫", { limit: 9 });
    expect(words.map(({ itemId }) => itemId)).toEqual(["x3", "x2"]);
    const { messages } = await store.messagesAfter(0, { limit: 99 });
    expect(messages.some(({ item }) => item.id === "u4")).toBe(false);
    // What was used was used.
    expect(whole.calls.count).toBe(4);
  });

  test("a rewind to before a compression goes on in the part that was compressed", async () => {
    await using store = open();
    await compressed(store);
    const whole = await store.rewind({ sessionId: "c", itemId: "u2", at: 6_000 });
    expect([whole.id, whole.title, whole.endedAt, whole.endReason, whole.messageCount]).toEqual([
      "a",
      "report",
      null,
      null,
      2,
    ]);
    expect(await told(store, "c")).toEqual(["u1", "x1"]);
    expect((await store.tip("c")).id).toBe("a");
    expect((await store.lineage("a")).map(({ id }) => id)).toEqual(["a"]);
    expect((await store.list({ limit: 9 })).map(({ id }) => id)).toEqual(["a"]);
    expect((await store.load("a")).items.map(({ id }) => id)).toEqual(["u1", "x1"]);
    // Whoever still has the part that was given up cannot write what nobody would find.
    expect(await codeOf(store.startTurn({ turnId: "t9", sessionId: "c", startedAt: 6_001 }))).toBe(
      "store/invalid",
    );
    await turn(store, "a", { id: "t5", at: 7_000 }, [user("u5", "a yak")]);
    await store.startTurn({ turnId: "t6", sessionId: "a", startedAt: 8_000 });
    await split(store, { turnId: "t6", newTurnId: "t6b", newSessionId: "d", at: 8_001 });
    await store.endTurn(ended("t6b", 8_002));
    expect([(await store.tip("b")).id, await told(store, "c")]).toEqual([
      "d",
      ["u1", "x1", "u5", "k of d"],
    ]);
    expect((await store.delete("d")).toSorted()).toEqual(["a", "b", "c", "d"]);
  });

  test("a rewind to the beginning leaves a session without a message", async () => {
    await using store = open();
    await compressed(store);
    const whole = await store.rewind({ sessionId: "a", itemId: "u1", at: 6_000 });
    expect([whole.messageCount, whole.toolCallCount, whole.preview]).toEqual([0, 0, ""]);
    await turn(store, "a", { id: "t5", at: 7_000 }, [user("u5", "a yak")]);
    expect((await store.whole("a")).preview).toBe("a yak");
  });

  test("rewinds what a process left running if it is told to", async () => {
    await using store = open();
    await create(store, "a");
    await store.startTurn({ turnId: "t1", sessionId: "a", startedAt: 2_000 });
    await store.append("t1", user("u1", "hello"), 2_000);
    const rewind = { sessionId: "a", itemId: "u1", at: 3_000 };
    expect(await codeOf(store.rewind(rewind))).toBe("session/busy");
    expect((await store.rewind({ ...rewind, isForced: true })).messageCount).toBe(0);
    await create(store, "b");
    await turn(store, "b", { id: "t2", at: 2_000 }, [user("u2", "hello")]);
    await store.lock({ sessionId: "b", holder: "x", at: 2_900, lifeMs: 200 });
    const locked = { sessionId: "b", itemId: "u2", at: 3_000 };
    expect(await codeOf(store.rewind(locked))).toBe("session/busy");
    expect((await store.rewind({ ...locked, at: 3_100 })).messageCount).toBe(0);
  });

  test("a branch has what was said so far, and both go on by themselves", async () => {
    await using store = open();
    await compressed(store);
    const before = await store.whole("a");
    const cursor = await store.cursor();
    const branch = await store.branch({ sessionId: "b", newSessionId: "z", at: 9_000 });
    expect(branch).toEqual({
      ...(await store.resolve("c")),
      id: "z",
      title: "report (branch)",
      parentId: "c",
      startedAt: 9_000,
      updatedAt: 9_000,
      messageCount: 6,
      toolCallCount: 1,
      usage: noUsage,
      costUsd: null,
      calls: { count: 0, unpriced: 0 },
      ids: ["z"],
    });
    expect(await told(store, "z")).toEqual(everything);
    expect(await store.whole("a")).toEqual(before);
    expect((await store.tip("a")).id).toBe("c");
    expect((await store.lineage("z")).map(({ id }) => id)).toEqual(["z"]);
    // Nobody hears again what was said before.
    expect((await store.messagesAfter(cursor, { limit: 9 })).messages).toEqual([]);
    await store.rewind({ sessionId: "z", itemId: "u3", at: 9_001 });
    await turn(store, "z", { id: "t9", at: 9_002 }, [user("u9", "a yak")]);
    expect(await told(store, "z")).toEqual([...everything.slice(0, 6), "u9"]);
    expect(await told(store, "c")).toEqual(everything);
    expect((await store.delete("a")).toSorted()).toEqual(["a", "b", "c"]);
    expect(await told(store, "z")).toEqual([...everything.slice(0, 6), "u9"]);
  });

  test("tells what is named in what branches copied, also of sessions that are gone", async () => {
    await using store = open();
    await create(store, "a");
    await turn(store, "a", { id: "t1", at: 2_000 }, [user("u1", "see /r/a/call.txt and /r/c")]);
    const named = () => store.namedInBranches("/r/", ["a", "b", "c"]);
    expect(await named()).toEqual([]);
    await store.branch({ sessionId: "a", newSessionId: "b", at: 3_000 });
    await store.delete("a");
    expect(await named()).toEqual(["a", "c"]);
    await store.delete("b");
    expect(await named()).toEqual([]);
  });

  test("a branch is called as it is told to, or by the next free title", async () => {
    await using store = open();
    await create(store, "a", "report");
    const titles = [];
    for (const id of ["b", "c"]) {
      titles.push((await store.branch({ sessionId: "a", newSessionId: id, at: 2_000 })).title);
    }
    const named = { sessionId: "b", newSessionId: "d", title: "other", at: 2_000 };
    titles.push((await store.branch(named)).title);
    expect(titles).toEqual(["report (branch)", "report (branch 2)", "other"]);
    expect(await codeOf(store.branch({ ...named, newSessionId: "e" }))).toBe("session/title_taken");
    expect((await store.resolve("report")).id).toBe("a");
  });

  test("a chore is due once in its time, whoever asks", async () => {
    await using store = open();
    await create(store, "a");
    const due = (at: number) => store.claimChore("prune", { at, everyMs: 100 });
    expect([await due(1_000), await due(1_099), await due(1_100), await due(1_101)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    // The clock was set back.
    expect([await due(500), await due(501)]).toEqual([true, false]);
  });
});
