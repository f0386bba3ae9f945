import type { Compaction, Item } from "../../core/item.ts";
import type { TurnRequest } from "../../core/runtime.ts";
import type { ToolSpec } from "../../core/tool.ts";
import { asModelItems } from "../model_items.ts";
import { repairHistory } from "../repair.ts";
import type { ContextInUse } from "./compressor.ts";

/** What is known of a session. */
export interface SessionContext extends Pick<
  TurnRequest,
  "sessionId" | "model" | "instructions" | "reasoningEffort"
> {
  readonly items: readonly Item[];
  readonly tools: readonly ToolSpec[];
}

/** The context of a session between its turns. */
export function contextOf({ items, ...session }: SessionContext): ContextInUse {
  const { sessionId, model, instructions, reasoningEffort, tools } = session;
  const sent = repairHistory(asModelItems(items));
  const request = { sessionId, model, instructions, reasoningEffort, tools, items: sent };
  return withPrevious(request, items);
}

/** A request with the compaction that its items begin with. */
export function withPrevious(
  request: ContextInUse["request"],
  items: readonly Item[],
): ContextInUse {
  const previous = items.findLast((item): item is Compaction => item.type === "compaction");
  return previous === undefined ? { request } : { request, previous };
}
