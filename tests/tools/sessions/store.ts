import { noUsage } from "../../../src/core/event.ts";
import type { Item } from "../../../src/core/item.ts";
import { createRedactor } from "../../../src/core/redact.ts";
import type { NewSession } from "../../../src/core/session_store.ts";
import { MemorySessionStore } from "../../../src/storage/memory_store.ts";
import { createFakeClock } from "../../fakes/clock.ts";

/** A moment from which the stored times count. */
export const start = Date.UTC(2026, 0, 31, 12);

export const user = (id: string, text: string): Item => ({
  type: "user-message",
  id,
  parts: [{ type: "text", text }],
});

export const assistant = (id: string, text: string): Item => ({
  type: "assistant-message",
  id,
  text,
});

export const toolResult = (id: string, output: string): Item => ({
  type: "tool-result",
  id,
  callId: id,
  output,
  isError: false,
});

/** Stored sessions, and what their tools need. */
export function createSessions() {
  const store = new MemorySessionStore();
  const clock = createFakeClock();
  const redactor = createRedactor();
  let turns = 0;
  return {
    store,
    clock,
    deps: {
      sessions: () => Promise.resolve(store),
      clock,
      redact: (text: string): string => redactor.boundary(text),
    },
    /** Adds items to a session, which is made where there is none; seconds after `start` the first of them. */
    say: async (
      id: string,
      seconds: number,
      items: readonly Item[],
      more: Partial<NewSession> = {},
    ): Promise<void> => {
      const at = start + seconds * 1_000;
      const known = await store.list({ limit: 1_000 });
      if (!known.some((session) => session.id === id)) {
        await store.create({
          id,
          source: "cli",
          provider: "p",
          model: "m",
          runtime: "loop",
          cwd: "/project",
          instructions: "",
          startedAt: at,
          ...more,
        });
      }
      const turnId = `turn ${++turns}`;
      await store.startTurn({ turnId, sessionId: id, startedAt: at });
      for (const item of items) await store.append(turnId, item, at);
      await store.endTurn({
        turnId,
        outcome: { status: "completed", finalText: "" },
        usage: noUsage,
        endedAt: at,
      });
    },
  };
}

/** What the tools tell of such a session. */
export const toldSession = (id: string, preview: string, messages: number, seconds = 0) => ({
  session_id: id,
  title: null,
  preview,
  source: "cli",
  runtime: "loop",
  model: "m",
  cwd: "/project",
  started_at: new Date(start + seconds * 1_000).toISOString(),
  updated_at: new Date(start + seconds * 1_000).toISOString(),
  message_count: messages,
});
