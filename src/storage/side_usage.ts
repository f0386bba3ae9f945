import { type Kysely, sql, type Transaction } from "kysely";
import { addUsage } from "../core/event.ts";
import {
  addSpending,
  isCountedByTurns,
  nothingSpent,
  type SideUsage,
  type Spending,
} from "../core/spending.ts";
import type { Tables } from "./tables.ts";
import { usageSums } from "./usage_columns.ts";

/** Adds to what a session took beside its conversation; nothing where the session is gone. In a transaction of the caller's. */
export async function keepSideUsage(
  transaction: Transaction<Tables>,
  sessionId: string,
  side: SideUsage,
): Promise<void> {
  const { kind, provider, model } = side;
  const session = await transaction
    .selectFrom("sessions")
    .select("id")
    .where("id", "=", sessionId)
    .executeTakeFirst();
  if (!session) return;
  await transaction
    .insertInto("side_usage")
    .values({ session_id: sessionId, kind, provider, model })
    .onConflict((row) => row.doNothing())
    .execute();
  await transaction
    .updateTable("side_usage")
    .set(usageSums(side))
    .where("session_id", "=", sessionId)
    .where("kind", "=", kind)
    .where("provider", "=", provider)
    .where("model", "=", model)
    .execute();
  if (isCountedByTurns(side)) return;
  await transaction
    .updateTable("sessions")
    .set(usageSums(side))
    .where("id", "=", sessionId)
    .execute();
}

/** What was kept of all parts of the session that this one is a part of. */
export async function sideUsageOf(
  db: Kysely<Tables>,
  sessionId: string,
): Promise<readonly SideUsage[]> {
  const rows = await db
    .selectFrom("side_usage")
    .selectAll()
    .where(
      sql<boolean>`session_id IN (SELECT id FROM sessions WHERE root_id =
        (SELECT root_id FROM sessions WHERE id = ${sessionId}))`,
    )
    .execute();
  return summedSides(
    rows.map((row) => ({
      kind: row.kind,
      provider: row.provider,
      model: row.model,
      usage: addUsage(nothingSpent.usage, {
        inputTokens: row.input_tokens,
        cachedInputTokens: row.cached_input_tokens,
        outputTokens: row.output_tokens,
        reasoningTokens: row.reasoning_tokens,
        totalTokens: row.total_tokens,
        ...(row.cost_usd === null ? {} : { costUsd: row.cost_usd }),
      }),
      calls: { count: row.model_calls, unpriced: row.unpriced_calls },
    })),
  );
}

/** One for each kind and model, in the order of their names. */
export function summedSides(sides: readonly SideUsage[]): readonly SideUsage[] {
  const groups = Map.groupBy(sides, ({ kind, provider, model }) =>
    JSON.stringify([kind, provider, model]),
  );
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => {
      const [first] = group;
      return first ? [{ ...first, ...group.reduce<Spending>(addSpending, nothingSpent) }] : [];
    });
}
