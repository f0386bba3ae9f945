import type { Migration } from "../migrate.ts";

/** Sessions, their turns, their items, and two search indexes over the items. */
export const initial: Migration = {
  sql: `
    CREATE TABLE sessions (
      id TEXT PRIMARY KEY,
      source TEXT NOT NULL,
      provider TEXT NOT NULL,
      model TEXT NOT NULL,
      runtime TEXT NOT NULL,
      cwd TEXT NOT NULL,
      instructions TEXT NOT NULL,
      title TEXT UNIQUE,
      parent_id TEXT REFERENCES sessions(id) ON DELETE SET NULL,
      runtime_state TEXT,
      preview TEXT NOT NULL DEFAULT '',
      started_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      message_count INTEGER NOT NULL DEFAULT 0,
      tool_call_count INTEGER NOT NULL DEFAULT 0,
      input_tokens INTEGER NOT NULL DEFAULT 0,
      cached_input_tokens INTEGER NOT NULL DEFAULT 0,
      output_tokens INTEGER NOT NULL DEFAULT 0,
      reasoning_tokens INTEGER NOT NULL DEFAULT 0,
      total_tokens INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX sessions_updated ON sessions(updated_at DESC);
    CREATE INDEX sessions_parent ON sessions(parent_id) WHERE parent_id IS NOT NULL;
    CREATE TABLE turns (
      id TEXT PRIMARY KEY,
      session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
      started_at INTEGER NOT NULL,
      ended_at INTEGER,
      status TEXT NOT NULL,
      error_code TEXT,
      error_message TEXT
    ) STRICT;
    CREATE INDEX turns_session ON turns(session_id);
    CREATE TABLE items (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL,
      session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
      turn_id TEXT NOT NULL REFERENCES turns(id) ON DELETE CASCADE,
      role TEXT NOT NULL,
      at INTEGER NOT NULL,
      body TEXT NOT NULL,
      words TEXT,
      trigrams TEXT
    ) STRICT;
    CREATE INDEX items_session ON items(session_id, seq);
    CREATE INDEX items_turn ON items(turn_id);
  `,
  // The texts stay in items: the indexes hold none of their own.
  searchSql: `
    CREATE VIRTUAL TABLE items_words USING fts5(words, content='items', content_rowid='seq');
    CREATE TRIGGER items_words_added AFTER INSERT ON items WHEN new.words IS NOT NULL BEGIN
      INSERT INTO items_words(rowid, words) VALUES (new.seq, new.words);
    END;
    CREATE TRIGGER items_words_removed AFTER DELETE ON items WHEN old.words IS NOT NULL BEGIN
      INSERT INTO items_words(items_words, rowid, words) VALUES ('delete', old.seq, old.words);
    END;
    CREATE VIRTUAL TABLE items_trigrams
      USING fts5(trigrams, content='items', content_rowid='seq', tokenize='trigram');
    CREATE TRIGGER items_trigrams_added AFTER INSERT ON items WHEN new.trigrams IS NOT NULL BEGIN
      INSERT INTO items_trigrams(rowid, trigrams) VALUES (new.seq, new.trigrams);
    END;
    CREATE TRIGGER items_trigrams_removed AFTER DELETE ON items WHEN old.trigrams IS NOT NULL BEGIN
      INSERT INTO items_trigrams(items_trigrams, rowid, trigrams) VALUES ('delete', old.seq, old.trigrams);
    END;
  `,
};
