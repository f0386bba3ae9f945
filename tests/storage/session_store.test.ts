import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { HermesError } from "../../src/core/errors.ts";
import { noUsage } from "../../src/core/event.ts";
import type { Item } from "../../src/core/item.ts";
import type {
  NewSession,
  SearchOptions,
  SessionCatalog,
  SessionStore,
} from "../../src/core/session_store.ts";
import type { Spending } from "../../src/core/spending.ts";
import { MemorySessionStore } from "../../src/storage/memory_store.ts";
import { SqliteSessionStore } from "../../src/storage/session_store.ts";
import { assistant, user } from "../fakes/model.ts";
import { codeOf } from "../fakes/thrown.ts";

type Store = SessionStore & SessionCatalog;

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hermes-store-"));
  path = join(directory, "home", "sessions.db");
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function openFile(): Store {
  return new SqliteSessionStore({ exists: async (file) => existsSync(file) }, path);
}

function newSession(id: string, rest: Partial<NewSession> = {}): NewSession {
  return {
    id,
    source: "cli",
    provider: "openai",
    model: "gpt-5.5",
    runtime: "loop",
    cwd: "/project",
    instructions: "Be good",
    startedAt: 1_000,
    ...rest,
  };
}

/** A session with one completed turn of these items, at times from `at` on. */
async function fill(store: Store, id: string, items: readonly Item[], at = 2_000): Promise<void> {
  const turnId = `turn of ${id} at ${at}`;
  await store.startTurn({ turnId, sessionId: id, startedAt: at });
  for (const [index, item] of items.entries()) await store.append(turnId, item, at + index);
  await store.endTurn({
    turnId,
    outcome: { status: "completed", finalText: "" },
    usage: { ...noUsage, inputTokens: 7, totalTokens: 7 },
    endedAt: at + items.length,
  });
}

/** Words of which none is a part of another, and texts without spaces of every length. */
const someTerm = fc.constantFrom("猫", "犬", "鳥", "猫犬", "猫犬鳥", "犬鳥猫犬", "walrus", "kept");
const someText = fc
  .array(fc.oneof(someTerm, fc.constantFrom("猫", "犬", "鳥")), { minLength: 1, maxLength: 4 })
  .chain((parts) => fc.constantFrom(" ", ", ").map((between) => parts.join(between)));

describe.each([
  ["SqliteSessionStore", () => openFile()],
  ["MemorySessionStore", (): Store => new MemorySessionStore()],
])("%s", (_name, open) => {
  test("counts what was used beside turns, and tells it apart", async () => {
    await using store = open();
    await store.create(newSession("s1"));
    await fill(store, "s1", [user("u", "hello")]);
    const place = { provider: "openai", model: "tiny" };
    const call = (costUsd?: number): Spending => ({
      usage: { ...noUsage, inputTokens: 5, totalTokens: 5, ...(costUsd && { costUsd }) },
      calls: { count: 1, unpriced: costUsd === undefined ? 1 : 0 },
    });
    await store.keepSideUsage("s1", { kind: "title_generation", ...place, ...call(0.1) });
    await store.keepSideUsage("s1", { kind: "compression", ...place, ...call() });
    await store.startTurn({ turnId: "t2", sessionId: "s1", startedAt: 3_000 });
    await store.split({
      turnId: "t2",
      newTurnId: "t3",
      newSessionId: "s2",
      compaction: { type: "compaction", id: "c", context: [], summary: "Said", dropped: 1 },
      usage: noUsage,
      at: 3_100,
    });
    await store.keepSideUsage("s2", { kind: "compression", ...place, ...call(0.2) });
    // Its turn has counted it.
    await store.keepSideUsage("s2", { kind: "delegation", ...place, ...call(0.4) });
    await store.keepSideUsage("gone", { kind: "review", ...place, ...call() });
    const both = { ...noUsage, inputTokens: 10, totalTokens: 10, costUsd: 0.2 };
    expect(await store.sideUsage("s1")).toEqual([
      { kind: "compression", ...place, usage: both, calls: { count: 2, unpriced: 1 } },
      { kind: "delegation", ...place, ...call(0.4) },
      { kind: "title_generation", ...place, ...call(0.1) },
    ]);
    expect(await store.sideUsage("gone")).toEqual([]);
    const whole = await store.whole("s2");
    expect([whole.usage, whole.costUsd, whole.calls]).toEqual([
      { ...noUsage, inputTokens: 22, totalTokens: 22 },
      0.3,
      { count: 3, unpriced: 1 },
    ]);
    await store.delete("s1");
    expect(await store.sideUsage("s2")).toEqual([]);
  });

  test("gives back what a turn wrote, and counts it", async () => {
    await using store = open();
    const items: Item[] = [
      user("u", "\n  Say hello\nand more"),
      {
        type: "reasoning",
        id: "r",
        text: "hm",
        replay: { wireApi: "responses", issuer: "x", payload: { e: 1 } },
      },
      {
        type: "tool-call",
        id: "c",
        callId: "call_1",
        name: "terminal",
        arguments: '{"command":"ls"}',
      },
      { type: "tool-result", id: "t", callId: "call_1", output: "a\u{1F600}b", isError: false },
      assistant("a", "Hello"),
    ];
    await store.create(newSession("s1"));
    await fill(store, "s1", items);
    expect(await store.load("s1")).toEqual({
      info: {
        ...newSession("s1"),
        baseUrl: null,
        title: null,
        parentId: null,
        updatedAt: 2_005,
        messageCount: 2,
        toolCallCount: 1,
        usage: { ...noUsage, inputTokens: 7, totalTokens: 7 },
        costUsd: null,
        calls: { count: 0, unpriced: 0 },
        preview: "Say hello",
        runtimeState: null,
        endedAt: null,
        endReason: null,
      },
      items,
    });
    expect((await store.items("s1")).map(({ at }) => at)).toEqual([
      2_000, 2_001, 2_002, 2_003, 2_004,
    ]);
  });

  test("knows nothing before something was written", async () => {
    await using store = open();
    expect(await store.list({ limit: 10 })).toEqual([]);
    expect(await store.latest()).toBeUndefined();
    expect(await store.search("x", { limit: 5 })).toEqual([]);
    expect(await codeOf(store.load("nope"))).toBe("session/not_found");
    expect(await codeOf(store.resolve("nope"))).toBe("session/not_found");
    expect(await codeOf(store.delete("nope"))).toBe("session/not_found");
    expect(await store.prune(9_999, { dryRun: false })).toEqual([]);
  });

  test("keeps the items of a turn that failed and its runtime's state", async () => {
    await using store = open();
    await store.create(newSession("s1"));
    await store.startTurn({ turnId: "t1", sessionId: "s1", startedAt: 1 });
    await store.append("t1", user("u", "Hi"), 2);
    await store.keepRuntimeState("t1", "thread-7");
    await store.endTurn({
      turnId: "t1",
      outcome: {
        status: "failed",
        error: new HermesError("model/quota", "No"),
        completedItemIds: ["u"],
      },
      usage: noUsage,
      endedAt: 3,
    });
    const { info, items } = await store.load("s1");
    expect(info.runtimeState).toBe("thread-7");
    expect(items).toEqual([user("u", "Hi")]);
  });

  test("ends turns of several sessions while the others write and end", async () => {
    await using store = open();
    const ids = ["a", "b", "c"];
    for (const id of ids) await store.create(newSession(id));
    const rounds = Array.from({ length: 40 }, (_, round) => round);
    for (const round of rounds) {
      const at = 2_000 + 10 * round;
      for (const sessionId of ids) {
        await store.startTurn({ turnId: `${sessionId} ${round}`, sessionId, startedAt: at });
      }
      const ends = ids.map(async (id, index) => {
        const turnId = `${id} ${round}`;
        // Each some steps of the event loop behind the other: one of the rounds meets every moment.
        for (let step = 0; step < index * round; step++) await Promise.resolve();
        const written = store.append(turnId, user(turnId, "Hi"), at);
        await store.endTurn({
          turnId,
          outcome: { status: "completed", finalText: "" },
          usage: { ...noUsage, totalTokens: 7 },
          endedAt: at + 1,
        });
        await written;
      });
      expect(await Promise.all(ends.map(codeOf))).toEqual(ids.map(() => "no failure"));
    }
    const seen = ids.map(async (id) => {
      const { info, items } = await store.load(id);
      return [items.map((item) => item.id), info.usage.totalTokens, info.updatedAt];
    });
    expect(await Promise.all(seen)).toEqual(
      ids.map((id) => [rounds.map((round) => `${id} ${round}`), 280, 2_391]),
    );
  });

  test("lists the newest first, of one source if asked", async () => {
    await using store = open();
    await store.create(newSession("a", { startedAt: 10 }));
    await store.create(newSession("b", { startedAt: 20, source: "oneshot" }));
    await store.create(newSession("c", { startedAt: 30 }));
    await fill(store, "a", [user("u", "again")], 40);
    const ids = async (options: { limit: number; source?: string }) =>
      (await store.list(options)).map(({ id }) => id);
    expect(await ids({ limit: 10 })).toEqual(["a", "c", "b"]);
    expect(await ids({ limit: 2 })).toEqual(["a", "c"]);
    expect(await ids({ limit: 2, source: "oneshot" })).toEqual(["b"]);
    expect((await store.latest())?.id).toBe("a");
  });

  test("the latest is one that somebody was in the middle of, not a run of a job", async () => {
    await using store = open();
    await store.create(newSession("job", { startedAt: 10, source: "cron" }));
    expect(await store.latest()).toBeUndefined();
    await store.create(newSession("mine", { startedAt: 20 }));
    await fill(store, "job", [user("u", "again")], 40);
    expect((await store.list({ limit: 1 }))[0]?.id).toBe("job");
    expect((await store.latest())?.id).toBe("mine");
  });

  test("resolves an id, a title, the newest of those with a number, and the beginning of an id", async () => {
    await using store = open();
    for (const id of ["20260101_a", "20260102_b", "20260102_c", "100%_d"])
      await store.create(newSession(id));
    await store.rename("20260101_a", "report");
    await store.rename("20260102_b", "report #2");
    await store.rename("20260102_c", "report #x");
    const id = async (name: string) => (await store.resolve(name)).id;
    expect(await id("20260101_a")).toBe("20260101_a");
    // Another one whose title was taken.
    expect(await id("report")).toBe("20260101_a");
    expect(await id("report #2")).toBe("20260102_b");
    await store.rename("20260101_a", "notes");
    expect(await id("report")).toBe("20260102_b");
    expect(await id("report #x")).toBe("20260102_c");
    expect(await id("20260101")).toBe("20260101_a");
    expect(await id("100%")).toBe("100%_d");
    expect(await codeOf(store.resolve("20260102"))).toBe("session/ambiguous");
    expect(await codeOf(store.resolve("2026010_"))).toBe("session/not_found");
    expect(await codeOf(store.resolve(" "))).toBe("session/not_found");
  });

  test("gives a title to whom has none, with a number where it is taken", async () => {
    await using store = open();
    for (const id of ["a", "b", "c", "d"]) await store.create(newSession(id));
    expect(await store.suggestTitle("a", " zoo\ntalk ")).toBe("zoo talk");
    expect(await store.suggestTitle("b", "zoo talk")).toBe("zoo talk #2");
    expect(await store.suggestTitle("c", "zoo talk")).toBe("zoo talk #3");
    expect(await store.suggestTitle("c", "another")).toBeUndefined();
    await store.rename("d", "mine");
    expect(await store.suggestTitle("d", "theirs")).toBeUndefined();
    expect(await store.suggestTitle("nobody", "x")).toBeUndefined();
    const titles = await Promise.all(["a", "b", "c", "d"].map((id) => store.resolve(id)));
    expect(titles.map(({ title }) => title)).toEqual([
      "zoo talk",
      "zoo talk #2",
      "zoo talk #3",
      "mine",
    ]);
  });

  test("cleans titles and refuses a taken or an empty one", async () => {
    await using store = open();
    await store.create(newSession("a"));
    await store.create(newSession("b"));
    await store.rename("a", "  two\n lines\u200b \u202Eand more ");
    expect((await store.resolve("a")).title).toBe("two lines and more");
    await store.rename("a", "two lines and more");
    expect(await codeOf(store.rename("b", "two lines and more"))).toBe("session/title_taken");
    expect(await codeOf(store.rename("b", "\u200b\n"))).toBe("usage/invalid");
    const taken = newSession("c", { title: "two lines\tand more" });
    expect(await codeOf(store.create(taken))).toBe("session/title_taken");
    await store.rename("b", "\u{1F600}".repeat(200));
    expect(Array.from((await store.resolve("b")).title ?? "")).toHaveLength(100);
  });

  test("goes on in a child after a split: its title, what it is made of, and who comes before", async () => {
    await using store = open();
    await store.create(newSession("a", { title: "report" }));
    await fill(store, "a", [user("u", "Write it"), assistant("w", "Written")]);
    await store.startTurn({ turnId: "t", sessionId: "a", startedAt: 3_000 });
    await store.append("t", user("u2", "More"), 3_001);
    await store.keepGoal("a", "a report");
    const compaction: Item = {
      type: "compaction",
      id: "k",
      context: [{ type: "assistant-message", id: "s", text: "Written so far" }],
      summary: "Written so far",
      dropped: 2,
    };
    const usage = { ...noUsage, inputTokens: 5, totalTokens: 5 };
    await store.split({
      turnId: "t",
      newTurnId: "t2",
      newSessionId: "b",
      compaction,
      instructions: "Be better",
      usage,
      at: 3_002,
    });
    await store.append("t2", assistant("w2", "More of it"), 3_003);
    await store.endTurn({
      turnId: "t2",
      outcome: { status: "completed", finalText: "" },
      usage,
      endedAt: 3_004,
    });
    expect([await store.goal("a"), await store.goal("b")]).toEqual([null, "a report"]);
    const child = await store.load("b");
    expect(child).toEqual({
      info: {
        ...newSession("b", { startedAt: 3_002, instructions: "Be better" }),
        baseUrl: null,
        title: "report #2",
        parentId: "a",
        updatedAt: 3_004,
        messageCount: 1,
        toolCallCount: 0,
        usage,
        costUsd: null,
        calls: { count: 0, unpriced: 0 },
        preview: "Write it",
        runtimeState: null,
        endedAt: null,
        endReason: null,
      },
      items: [compaction, assistant("w2", "More of it")],
    });
    const parent = await store.resolve("a");
    expect([parent.endedAt, parent.endReason, parent.usage.totalTokens]).toEqual([
      3_002,
      "compression",
      12,
    ]);
    expect([await store.tip("a"), await store.tip("b")]).toEqual([child.info, child.info]);
    expect(await store.lineage("b")).toEqual([parent, child.info]);
    expect((await store.search("written", { limit: 9 })).map(({ itemId }) => itemId)).toEqual([
      "w",
    ]);
    // Another process that still has the session open cannot compress it again.
    await store.startTurn({ turnId: "t3", sessionId: "a", startedAt: 3_005 });
    const again = {
      turnId: "t3",
      newTurnId: "t4",
      newSessionId: "c",
      compaction,
      usage,
      at: 3_006,
    };
    expect(await codeOf(store.split(again))).toBe("store/invalid");
  });

  test("keeps what a session works towards until there is nothing any more", async () => {
    await using store = open();
    await store.create(newSession("a"));
    expect(await store.goal("a")).toBeNull();
    await store.keepGoal("a", "half \ud83d");
    await store.keepGoal("b", "of nobody");
    expect([await store.goal("a"), await store.goal("b")]).toEqual(["half \ufffd", null]);
    await store.keepGoal("a", null);
    expect(await store.goal("a")).toBeNull();
  });

  test("locks a session for one holder, until it is given back or too old", async () => {
    await using store = open();
    await store.create(newSession("a"));
    const lock = (holder: string, at: number) =>
      store.lock({ sessionId: "a", holder, at, lifeMs: 100 });
    expect([await lock("x", 0), await lock("y", 50), await lock("x", 60)]).toEqual([
      true,
      false,
      true,
    ]);
    await store.unlock({ sessionId: "a", holder: "y" });
    expect(await lock("y", 159)).toBe(false);
    expect(await lock("y", 160)).toBe(true);
    await store.unlock({ sessionId: "a", holder: "y" });
    expect(await lock("x", 161)).toBe(true);
  });

  test("ends a turn whose session is deleted by somebody else", async () => {
    await using store = open();
    expect(await codeOf(store.startTurn({ turnId: "t", sessionId: "no", startedAt: 1 }))).toBe(
      "session/not_found",
    );
    await store.create(newSession("a"));
    await store.startTurn({ turnId: "t", sessionId: "a", startedAt: 1 });
    await store.append("t", user("u1", "walrus"), 2);
    await store.delete("a");
    expect(await codeOf(store.append("t", user("u2", "walrus"), 3))).toBe("session/not_found");
    expect(await store.list({ limit: 5 })).toEqual([]);
    expect(await store.search("walrus", { limit: 5 })).toEqual([]);
  });

  test("deletes a session with what it holds", async () => {
    await using store = open();
    await store.create(newSession("a"));
    await fill(store, "a", [user("u", "walrus")]);
    await store.create(newSession("child", { parentId: "a" }));
    await store.delete("a");
    expect(await store.items("a")).toEqual([]);
    expect(await store.search("walrus", { limit: 5 })).toEqual([]);
    expect((await store.list({ limit: 5 })).map(({ id }) => id)).toEqual(["child"]);
  });

  test("prunes what was last written before a time", async () => {
    await using store = open();
    for (const [id, startedAt] of [
      ["a", 10],
      ["b", 20],
      ["c", 30],
    ] as const) {
      await store.create(newSession(id, { startedAt }));
    }
    const pruned = async (dryRun: boolean) =>
      (await store.prune(30, { dryRun })).map(({ id }) => id);
    expect(await pruned(true)).toEqual(["a", "b"]);
    expect(await pruned(false)).toEqual(["a", "b"]);
    expect((await store.list({ limit: 5 })).map(({ id }) => id)).toEqual(["c"]);
  });

  test("prunes exactly what it tells, whatever goes on meanwhile", async () => {
    await using store = open();
    for (let steps = 0; steps < 40; steps++) {
      for (const sessionId of ["a", "b"]) {
        await store.create(newSession(sessionId, { startedAt: 10 }));
        await store.startTurn({ turnId: `${sessionId} ${steps}`, sessionId, startedAt: 10 });
      }
      const append = async () => {
        for (let step = 0; step < steps; step++) await Promise.resolve();
        await store.append(`b ${steps}`, user("u", "Hi"), 40);
      };
      // The session goes on before, or is gone before it can.
      const [pruned] = await Promise.all([
        store.prune(30, { dryRun: false }),
        append().catch(() => undefined),
      ]);
      const left = await store.list({ limit: 5 });
      expect([...pruned, ...left].map(({ id }) => id).toSorted()).toEqual(["a", "b"]);
      for (const { id } of left) await store.delete(id);
    }
  });

  test("finds words of users, assistants and tools, but not reasoning and nudges", async () => {
    await using store = open();
    await store.create(newSession("s"));
    await fill(store, "s", [
      user("u", "Where is the walrus kept?"),
      { type: "reasoning", id: "r", text: "walrus walrus" },
      { type: "user-message", id: "n", parts: [{ type: "text", text: "walrus" }], synthetic: true },
      { type: "tool-result", id: "t", callId: "c", output: "walrus.txt", isError: false },
      assistant("a", "The Walrus is at 海象馆在动物园里 in hall 7"),
    ]);
    const found = async (query: string) =>
      (await store.search(query, { limit: 10 })).map(({ itemId }) => itemId).toSorted();
    expect(await found("walrus")).toEqual(["a", "t", "u"]);
    expect(await found("walrus kept")).toEqual(["u"]);
    expect(await found('"hall 7"')).toEqual(["a"]);
    expect(await found("动物园")).toEqual(["a"]);
    expect(await found("海象")).toEqual(["a"]);
    expect(await found("penguin")).toEqual([]);
    expect(await found("( * : ^")).toEqual([]);
    const [hit] = await store.search("kept", { limit: 1 });
    expect(hit).toMatchObject({ role: "user", at: 2_000, snippet: "Where is the walrus [kept]?" });
  });

  test.each([
    ["猫 OR 犬", ["both", "cat", "dog"]],
    ["猫 AND 犬", ["both"]],
    ["猫 犬", ["both"]],
    ["猫 NOT 犬", ["cat"]],
    ["猫 AND NOT 犬", ["cat"]],
    ["猫 NOT 犬 NOT 鳥", []],
    // NOT binds before AND, AND before OR.
    ["鳥 OR 犬 NOT 猫", ["cat", "dog"]],
    ["猫 鳥 OR 犬 猫", ["both", "cat"]],
    ["NOT 猫 OR", ["both", "cat"]],
    ['"猫 と" OR 犬', ["both", "cat", "dog"]],
    ["猫 OR walrus", ["both", "cat", "latin"]],
    ["walrus NOT 猫", ["latin"]],
    // Long enough for trigrams, which know no text that is all Latin.
    ["犬がいる OR walrus", ["dog", "latin"]],
    ["walrus OR 犬がいる", ["dog", "latin"]],
    ["walrus NOT 犬がいる", ["latin"]],
    ["犬がいる NOT walrus", ["dog"]],
    ["犬がいる OR 猫と犬", ["both", "dog"]],
    ["walrus OR penguin", ["latin"]],
    ["walrus NOT kept", []],
    ["猫 ÉTÉ OR ПРИВЕТ 犬", ["cat", "dog"]],
  ])("search means what operators say: %s", async (query, ids) => {
    await using store = open();
    await store.create(newSession("s"));
    await fill(store, "s", [
      user("cat", "猫 と 鳥, l'été"),
      user("dog", "犬がいる, Привет"),
      user("both", "猫と犬"),
      user("latin", "The walrus is kept"),
    ]);
    const hits = await store.search(query, { limit: 10 });
    expect(hits.map(({ itemId }) => itemId).toSorted()).toEqual(ids);
  });

  test("search by short words gives the newest first, around what was asked for", async () => {
    await using store = open();
    for (const [id, at] of [
      ["old", 2_000],
      ["middle", 3_000],
      ["new", 4_000],
    ] as const) {
      await store.create(newSession(id));
      await fill(store, id, [user(`${id} item`, `犬と ${id} 猫`)], at);
    }
    const hits = await store.search("猫 OR 鳥 NOT 犬", { limit: 2 });
    expect(hits.map(({ session, itemId, snippet }) => [session.id, itemId, snippet])).toEqual([
      ["new", "new item", "犬と new [猫]"],
      ["middle", "middle item", "犬と middle [猫]"],
    ]);
  });

  test("search looks only where it is told to, in the order that is asked for", async () => {
    await using store = open();
    for (const id of ["a", "b", "c"]) await store.create(newSession(id));
    await fill(store, "a", [user("a1", "walrus"), assistant("a2", "a walrus")], 10_000);
    await fill(store, "b", [user("b1", "the walrus"), user("b2", "猫 walrus")], 20_000);
    await fill(store, "c", [user("c1", "walrus 猫")], 30_000);
    const find = async (query: string, options: Partial<SearchOptions>) => {
      const hits = await store.search(query, { limit: 10, ...options });
      return hits.map(({ itemId }) => itemId);
    };
    expect(await find("walrus", { order: "newest" })).toEqual(["c1", "b2", "b1", "a2", "a1"]);
    expect(await find("walrus", { order: "oldest", limit: 3 })).toEqual(["a1", "a2", "b1"]);
    expect(await find("walrus", { order: "oldest", roles: ["assistant"] })).toEqual(["a2"]);
    expect(await find("walrus", { order: "oldest", within: "b" })).toEqual(["b1", "b2"]);
    expect(await find("walrus", { order: "oldest", except: ["a", "b"] })).toEqual(["c1"]);
    expect(await find("walrus", { roles: [], except: [] })).toEqual([]);
    // Looked at one by one.
    expect(await find("猫", { order: "oldest" })).toEqual(["b2", "c1"]);
    expect(await find("猫", { order: "newest", limit: 1 })).toEqual(["c1"]);
    expect(await find("猫", { within: "b" })).toEqual(["b2"]);
    expect(await find("猫", { roles: ["tool"] })).toEqual([]);
    expect(await find("猫", { except: ["b"] })).toEqual(["c1"]);
  });

  test("tells what was said behind a cursor: each message once, also of the same moment", async () => {
    await using store = open();
    expect([await store.cursor(), await store.messagesAfter(0, { limit: 5 })]).toEqual([
      0,
      { messages: [], cursor: 0 },
    ]);
    await store.create(newSession("a"));
    await store.create(newSession("b"));
    await fill(store, "a", [user("old", "before")]);
    const start = await store.cursor();
    await store.startTurn({ turnId: "t", sessionId: "b", startedAt: 1 });
    const call: Item = { type: "tool-call", id: "call", callId: "1", name: "x", arguments: "{}" };
    const nudge: Item = { ...user("nudge", "go on"), synthetic: true };
    for (const item of [user("1", "one"), call, nudge, assistant("2", "two"), assistant("e", "")]) {
      await store.append("t", item, 7_000);
    }
    await fill(store, "a", [user("3", "three")], 7_000);
    const told = async (cursor: number, options: object = {}) => {
      const found = await store.messagesAfter(cursor, { limit: 2, ...options });
      return { ids: found.messages.map(({ item }) => item.id), cursor: found.cursor };
    };
    const end = await store.cursor();
    const first = await told(start);
    expect(first.ids).toEqual(["1", "2"]);
    expect(await told(first.cursor)).toEqual({ ids: ["3"], cursor: end });
    expect(await told(end)).toEqual({ ids: [], cursor: end });
    expect(await told(start, { within: "a" })).toEqual({ ids: ["3"], cursor: end });
    expect(await told(start, { except: ["b"] })).toEqual({ ids: ["3"], cursor: end });
    expect(await told(start, { within: "a", except: ["a"] })).toEqual({ ids: [], cursor: end });
    expect((await store.messagesAfter(start, { limit: 1 })).messages).toEqual([
      {
        item: user("1", "one"),
        sessionId: "b",
        turnId: "t",
        at: 7_000,
        cursor: start + 1,
      },
    ]);
    await store.delete("a");
    await store.delete("b");
    expect([await store.cursor(), await told(end)]).toEqual([end, { ids: [], cursor: end }]);
  });

  test("search combines what its terms find", async () => {
    await using store = open();
    await store.create(newSession("s"));
    const texts = fc.sample(someText, { seed: 8, numRuns: 60 });
    const items = texts.map((text, index) => user(`u${index}`, text));
    await fill(store, "s", items);
    const found = async (query: string) =>
      new Set((await store.search(query, { limit: 100 })).map(({ itemId }) => itemId));
    await fc.assert(
      fc.asyncProperty(someTerm, someTerm, async (a, b) => {
        const [ofA, ofB] = [await found(a), await found(b)];
        expect(await found(`${a} OR ${b}`)).toEqual(ofA.union(ofB));
        expect(await found(`${a} AND ${b}`)).toEqual(ofA.intersection(ofB));
        expect(await found(`${a} NOT ${b}`)).toEqual(ofA.difference(ofB));
      }),
      { seed: 22, numRuns: 100 },
    );
  });

  test("search takes any number of terms", async () => {
    await using store = open();
    await store.create(newSession("s"));
    await fill(store, "s", [user("u", "walrus 猫")]);
    const many = Array.from({ length: 5_000 }, (_, index) => `w${index}`);
    const found = async (query: string) =>
      (await store.search(query, { limit: 5 })).map(({ itemId }) => itemId);
    for (const first of ["walrus", "猫"]) {
      expect(await found([first, ...many].join(" "))).toEqual([]);
      expect(await found([first, ...many].join(" OR "))).toEqual(["u"]);
      expect(await found([first, ...many].join(" NOT "))).toEqual(["u"]);
    }
  });

  test("search never fails, whatever is typed", async () => {
    await using store = open();
    await store.create(newSession("s"));
    await fill(store, "s", [user("u", 'a b c 漢字 AND "quoted" -x* NEAR(a b)')]);
    const piece = fc.constantFrom(
      '"',
      "*",
      "AND",
      "OR",
      "NOT",
      "(",
      ")",
      "NEAR",
      ":",
      "-",
      "漢",
      "字",
      "a",
      " ",
      "\0",
      "\ud800",
      "'",
      "%",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(piece, fc.string())), async (parts) => {
        await store.search(parts.join(""), { limit: 3 });
      }),
      { seed: 21, numRuns: 300 },
    );
  });
});

test("both stores find the same, whatever is asked", async () => {
  const texts = fc.sample(someText, { seed: 9, numRuns: 60 });
  await using file = openFile();
  await using memory = new MemorySessionStore();
  const stores: readonly Store[] = [file, memory];
  for (const store of stores) {
    await store.create(newSession("s"));
    const items = texts.map((text, index) => user(`u${index}`, text));
    await fill(store, "s", items);
  }
  const part = fc.oneof(someTerm, fc.constantFrom("AND", "OR", "NOT", '"猫 犬"', "*", "-"));
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 7 }), async (parts) => {
      const [inFile, inMemory] = await Promise.all(
        stores.map(async (store) => {
          const hits = await store.search(parts.join(" "), { limit: 100 });
          return hits.map(({ itemId }) => itemId).toSorted();
        }),
      );
      expect(inFile).toEqual(inMemory ?? []);
    }),
    { seed: 23, numRuns: 300 },
  );
});

test("begins no turn on what another process took back, until the session is loaded again", async () => {
  await using store = openFile();
  await using other = openFile();
  await store.create(newSession("a"));
  await fill(store, "a", [user("u1", "stay")], 10);
  await fill(store, "a", [user("u2", "go")], 20);
  await other.rewind({ sessionId: "a", itemId: "u2", at: 30 });
  const next = { turnId: "next", sessionId: "a", startedAt: 40 };
  expect(await codeOf(store.startTurn(next))).toBe("store/invalid");
  expect((await store.load("a")).items.map(({ id }) => id)).toEqual(["u1"]);
  await fill(store, "a", [user("u3", "on")], 40);
  await store.rewind({ sessionId: "a", itemId: "u3", at: 60 });
  await store.startTurn(next);
  expect((await store.load("a")).items.map(({ id }) => id)).toEqual(["u1"]);
});

test("begins no turn on what was taken back since it was loaded, whatever turns came to nothing meanwhile", async () => {
  await using other = openFile();
  await other.create(newSession("a"));
  await fill(other, "a", [user("u1", "stay")], 10);
  await fill(other, "a", [user("u2", "go")], 20);
  await using store = openFile();
  await store.load("a");
  await fill(store, "a", [], 30);
  await other.rewind({ sessionId: "a", itemId: "u2", at: 40 });
  const next = { turnId: "next", sessionId: "a", startedAt: 50 };
  expect(await codeOf(store.startTurn(next))).toBe("store/invalid");
  expect((await store.load("a")).items.map(({ id }) => id)).toEqual(["u1"]);
  await store.startTurn(next);
});

test("knows whether another process has said something that is not known here", async () => {
  await using store = openFile();
  await using other = openFile();
  await store.create(newSession("a"));
  await fill(store, "a", [user("u1", "here")], 10);
  await other.load("a");
  expect([await store.isBehind("a"), await other.isBehind("a")]).toEqual([false, false]);
  await fill(other, "a", [user("u2", "there")], 20);
  await fill(store, "a", [user("u3", "here again")], 30);
  expect([await store.isBehind("a"), await other.isBehind("a")]).toEqual([true, true]);
  await store.load("a");
  expect([await store.isBehind("a"), await other.isBehind("a")]).toEqual([false, true]);
  await other.load("a");
  await store.rewind({ sessionId: "a", itemId: "u2", at: 40 });
  expect([await store.isBehind("a"), await other.isBehind("a")]).toEqual([false, false]);
});
