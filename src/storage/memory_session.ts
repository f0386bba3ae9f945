import { noUsage } from "../core/event.ts";
import type { Branching, NewSession, SessionInfo, StoredItem } from "../core/session_store.ts";
import type { SideUsage } from "../core/spending.ts";
import { itemCounts, itemText } from "./item_text.ts";
import { cleanTitle } from "./titles.ts";

/** One part of a session in memory: the twin of its rows. */
export interface MemorySession {
  info: SessionInfo;
  goal?: string | null;
  sides?: readonly SideUsage[];
  /** The first of those that it was compressed from, or itself. */
  readonly rootId: string;
  items: MemoryItem[];
}

export interface MemoryItem extends StoredItem {
  readonly cursor: number;
  readonly isCopy?: true;
}

/** What a session begins with, whatever it comes from. */
const nothingYet = {
  messageCount: 0,
  toolCallCount: 0,
  usage: noUsage,
  costUsd: null,
  calls: { count: 0, unpriced: 0 },
  runtimeState: null,
} as const;

/** @throws {HermesError} `usage/invalid` for a title of which nothing is left */
export function newSession({ baseUrl, title, parentId, ...session }: NewSession): MemorySession {
  return {
    info: {
      ...session,
      ...nothingYet,
      baseUrl: baseUrl ?? null,
      title: title === undefined ? null : cleanTitle(title),
      parentId: parentId ?? null,
      updatedAt: session.startedAt,
      preview: "",
      endedAt: null,
      endReason: null,
    },
    rootId: session.id,
    items: [],
  };
}

/** What a session becomes when it is compressed: it goes on with nothing but its name, its goal and its settings. */
export function childOf(
  { info, goal, rootId }: MemorySession,
  child: Pick<SessionInfo, "id" | "instructions" | "title" | "startedAt">,
): MemorySession {
  return {
    info: { ...info, ...nothingYet, ...child, parentId: info.id, updatedAt: child.startedAt },
    goal: goal ?? null,
    rootId,
    items: [],
  };
}

export interface MemoryBranching extends Pick<Branching, "newSessionId" | "at"> {
  readonly title: string | null;
  /** The part with which the first session goes on. */
  readonly tip: SessionInfo;
  /** The number of the next item of all. */
  readonly nextCursor: () => number;
}

/** A second session of what was said in the parts of one, the oldest first. */
export function branchOf(
  parts: readonly MemorySession[],
  { newSessionId, title, tip, at, nextCursor }: MemoryBranching,
): MemorySession {
  const turnIds = new Map<string, string>();
  const newTurnId = (old: string): string => {
    const turnId = turnIds.get(old) ?? `turn_${crypto.randomUUID()}`;
    turnIds.set(old, turnId);
    return turnId;
  };
  return {
    info: {
      ...tip,
      ...nothingYet,
      id: newSessionId,
      title,
      parentId: tip.id,
      startedAt: at,
      updatedAt: at,
      messageCount: parts.reduce((sum, { info }) => sum + info.messageCount, 0),
      toolCallCount: parts.reduce((sum, { info }) => sum + info.toolCallCount, 0),
    },
    rootId: newSessionId,
    items: parts
      .flatMap(({ items }) => items)
      .map((stored) => ({
        ...stored,
        turnId: newTurnId(stored.turnId),
        cursor: nextCursor(),
        isCopy: true,
      })),
  };
}

/** Takes the items from a place on out of a session. */
export function hideFrom(session: MemorySession, at: number): void {
  const hidden = session.items.slice(at).map(({ item }) => itemCounts(item));
  session.items = session.items.slice(0, at);
  session.info = {
    ...session.info,
    messageCount: session.info.messageCount - hidden.reduce((sum, each) => sum + each.messages, 0),
    toolCallCount:
      session.info.toolCallCount - hidden.reduce((sum, each) => sum + each.toolCalls, 0),
  };
}

/** Whether nobody has said anything in it. */
export function saysNothing({ items }: MemorySession): boolean {
  return !items.some(({ item }) => itemText(item).role === "user");
}
