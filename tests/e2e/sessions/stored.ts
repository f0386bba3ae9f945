import { existsSync } from "node:fs";
import { join } from "node:path";
import { noUsage } from "../../../src/core/event.ts";
import type { Item } from "../../../src/core/item.ts";
import { SqliteSessionStore } from "../../../src/storage/session_store.ts";
import type { Sandbox } from "../sandbox.ts";

/** The store of a sandbox, as another process has it. Closes with `await using`. */
export function openStore({ home }: Sandbox): SqliteSessionStore {
  return new SqliteSessionStore(
    { exists: (path) => Promise.resolve(existsSync(path)) },
    join(home, "sessions.db"),
  );
}

export function user(id: string, text: string): Item {
  return { type: "user-message", id, parts: [{ type: "text", text }] };
}

function assistant(id: string, text: string): Item {
  return { type: "assistant-message", id, text };
}

/** Ids of a session that was compressed once, in the middle of its second turn. */
export const [first, second] = ["20260101_120000_aaaaaa", "20260101_130000_bbbbbb"];

const start = Date.UTC(2026, 0, 1, 12);

/** Stores a session that was compressed, of a provider at `baseUrl`. */
export async function storeCompressed(sandbox: Sandbox, baseUrl: string): Promise<void> {
  await using store = openStore(sandbox);
  await store.create({
    id: first,
    source: "cli",
    provider: "custom",
    model: "m1",
    baseUrl,
    runtime: "loop",
    cwd: sandbox.work,
    instructions: "Be good",
    title: "zoo",
    startedAt: start,
  });
  await store.startTurn({ turnId: "t1", sessionId: first, startedAt: start });
  await store.append("t1", user("u1", "an elephant walks in"), start);
  await store.append("t1", assistant("a1", "It has a trunk"), start + 1);
  await store.endTurn(ended("t1", start + 2));
  await store.startTurn({ turnId: "t2", sessionId: first, startedAt: start + 3 });
  await store.append("t2", user("u2", "and a walrus 海象"), start + 3);
  await store.split({
    turnId: "t2",
    newTurnId: "t2b",
    newSessionId: second,
    compaction: {
      type: "compaction",
      id: "k",
      context: [user("u1c", "SUMMARY of the zoo") as never, user("u2c", "and a walrus") as never],
      summary: "SUMMARY of the zoo",
      dropped: 2,
    },
    usage: { ...noUsage, inputTokens: 5, totalTokens: 5 },
    at: start + 4,
  });
  await store.append("t2b", assistant("a2", "It has tusks"), start + 5);
  await store.endTurn(ended("t2b", start + 6));
}

function ended(turnId: string, endedAt: number) {
  return {
    turnId,
    outcome: { status: "completed", finalText: "" } as const,
    usage: { ...noUsage, inputTokens: 10, totalTokens: 10 },
    calls: { count: 1, unpriced: 1 },
    endedAt,
  };
}
