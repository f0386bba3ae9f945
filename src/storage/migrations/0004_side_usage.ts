import type { Migration } from "../migrate.ts";

/** What of the usage of a session was not the conversation's own: small calls, reviews, sub-agents; by model. */
export const sideUsage: Migration = {
  sql: `
    CREATE TABLE side_usage (
      session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
      kind TEXT NOT NULL,
      provider TEXT NOT NULL,
      model TEXT NOT NULL,
      input_tokens INTEGER NOT NULL DEFAULT 0,
      cached_input_tokens INTEGER NOT NULL DEFAULT 0,
      output_tokens INTEGER NOT NULL DEFAULT 0,
      reasoning_tokens INTEGER NOT NULL DEFAULT 0,
      total_tokens INTEGER NOT NULL DEFAULT 0,
      cost_usd REAL,
      model_calls INTEGER NOT NULL DEFAULT 0,
      unpriced_calls INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (session_id, kind, provider, model)
    ) STRICT, WITHOUT ROWID;
  `,
};
