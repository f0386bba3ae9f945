import type { Item, ToolCall, ToolResult } from "../../core/item.ts";

/** Which call a result belongs to, in all parts of a session. */
export interface PairedCalls {
  callOf(result: ToolResult): ToolCall | undefined;
  /** Whether there is a result for it: a process that is killed leaves calls without one. */
  hasResult(call: ToolCall): boolean;
}

/**
 * Calls with their results. A result belongs to the last call before it that has its id: some servers count from 0, and
 * behind a compression ids come again.
 */
export function pairCalls(items: readonly Item[]): PairedCalls {
  const latest = new Map<string, ToolCall>();
  const byResult = new Map<string, ToolCall>();
  const answered = new Set<string>();
  for (const item of items) {
    if (item.type === "tool-call") latest.set(item.callId, item);
    if (item.type !== "tool-result") continue;
    const call = latest.get(item.callId);
    if (!call) continue;
    byResult.set(item.id, call);
    answered.add(call.id);
  }
  return {
    callOf: ({ id }) => byResult.get(id),
    hasResult: ({ id }) => answered.has(id),
  };
}

/** What is told of a call without one: it may run at this moment, in another process. */
export const noResult = "no result";
