import type { Migration } from "../migrate.ts";

/**
 * Sessions that end and go on in others, with what they cost and are for; items that a rewind hides; locks of those who
 * rewrite a session's context.
 */
export const lineage: Migration = {
  sql: `
    ALTER TABLE sessions ADD COLUMN ended_at INTEGER;
    ALTER TABLE sessions ADD COLUMN end_reason TEXT;
    ALTER TABLE sessions ADD COLUMN goal TEXT;
    ALTER TABLE sessions ADD COLUMN cost_usd REAL;
    ALTER TABLE sessions ADD COLUMN model_calls INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE items ADD COLUMN hidden_at INTEGER;
    CREATE TABLE session_locks (
      session_id TEXT PRIMARY KEY REFERENCES sessions(id) ON DELETE CASCADE,
      holder TEXT NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT;
  `,
};
