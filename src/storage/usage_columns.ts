import { type Expression, sql } from "kysely";
import type { Usage } from "../core/event.ts";
import type { SessionInfo } from "../core/session_store.ts";
import type { ModelCalls } from "../core/spending.ts";
import { addCost } from "./whole_sessions.ts";

/** What a turn used, or a part of it. */
export interface Used {
  readonly usage: Usage;
  readonly calls?: ModelCalls;
}

const noCalls: ModelCalls = { count: 0, unpriced: 0 };

type UsageColumn =
  | "input_tokens"
  | "cached_input_tokens"
  | "output_tokens"
  | "reasoning_tokens"
  | "total_tokens"
  | "model_calls"
  | "unpriced_calls";

/** The columns of a row with what was used added to them. */
export function usageSums({ usage, calls = noCalls }: Used): Readonly<
  Record<UsageColumn, Expression<number>>
> & {
  readonly cost_usd?: Expression<number>;
} {
  const plus = (column: UsageColumn, value: number): Expression<number> =>
    sql<number>`${sql.ref(column)} + ${value}`;
  return {
    input_tokens: plus("input_tokens", usage.inputTokens),
    cached_input_tokens: plus("cached_input_tokens", usage.cachedInputTokens),
    output_tokens: plus("output_tokens", usage.outputTokens),
    reasoning_tokens: plus("reasoning_tokens", usage.reasoningTokens),
    total_tokens: plus("total_tokens", usage.totalTokens),
    model_calls: plus("model_calls", calls.count),
    unpriced_calls: plus("unpriced_calls", calls.unpriced),
    ...(usage.costUsd === undefined
      ? {}
      : { cost_usd: sql<number>`round(coalesce(cost_usd, 0) + ${usage.costUsd}, 9)` }),
  };
}

/** The same of a session that is in memory. */
export function withUsage(info: SessionInfo, { usage, calls = noCalls }: Used): SessionInfo {
  const { costUsd = null } = usage;
  return {
    ...info,
    usage: {
      inputTokens: info.usage.inputTokens + usage.inputTokens,
      cachedInputTokens: info.usage.cachedInputTokens + usage.cachedInputTokens,
      outputTokens: info.usage.outputTokens + usage.outputTokens,
      reasoningTokens: info.usage.reasoningTokens + usage.reasoningTokens,
      totalTokens: info.usage.totalTokens + usage.totalTokens,
    },
    costUsd: addCost(info.costUsd, costUsd),
    calls: {
      count: info.calls.count + calls.count,
      unpriced: info.calls.unpriced + calls.unpriced,
    },
  };
}
