import type { Migration } from "../migrate.ts";

/**
 * Sessions that end and go on in others, with what they cost and are for; items that a rewind hides; locks of those who
 * rewrite a session's context; which process works on what; when it was last tidied up.
 */
export const lineage: Migration = {
  sql: `
    ALTER TABLE sessions ADD COLUMN ended_at INTEGER;
    ALTER TABLE sessions ADD COLUMN end_reason TEXT;
    ALTER TABLE sessions ADD COLUMN goal TEXT;
    ALTER TABLE sessions ADD COLUMN cost_usd REAL;
    ALTER TABLE sessions ADD COLUMN model_calls INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sessions ADD COLUMN unpriced_calls INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sessions ADD COLUMN root_id TEXT NOT NULL DEFAULT '';
    UPDATE sessions SET root_id = id;
    CREATE INDEX sessions_root ON sessions(root_id);
    ALTER TABLE items ADD COLUMN hidden_at INTEGER;
    ALTER TABLE items ADD COLUMN is_copy INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX items_copies ON items(seq) WHERE is_copy = 1;
    CREATE INDEX items_spaceless ON items(seq) WHERE trigrams IS NOT NULL;
    CREATE INDEX items_last ON items(substr(trigrams, -1)) WHERE trigrams IS NOT NULL;
    CREATE INDEX items_last_two ON items(substr(trigrams, -2)) WHERE trigrams IS NOT NULL;
    ALTER TABLE turns ADD COLUMN owner TEXT;
    CREATE TABLE session_locks (
      session_id TEXT PRIMARY KEY REFERENCES sessions(id) ON DELETE CASCADE,
      holder TEXT NOT NULL,
      owner TEXT,
      expires_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE chores (
      name TEXT PRIMARY KEY,
      done_at INTEGER NOT NULL
    ) STRICT;
  `,
  // The trigrams themselves, to find those that begin with a shorter word.
  searchSql: "CREATE VIRTUAL TABLE items_trigrams_vocab USING fts5vocab(items_trigrams, row)",
};
