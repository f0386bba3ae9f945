import type { Generated } from "kysely";
import type { SideKind } from "../core/spending.ts";
import type { RuntimeName } from "../core/session_store.ts";

/** Rows as the newest migration leaves them. Times are ms since epoch. */
export interface Tables {
  readonly sessions: SessionsTable;
  readonly turns: TurnsTable;
  readonly items: ItemsTable;
  readonly side_usage: SideUsageTable;
  readonly session_locks: SessionLocksTable;
  readonly chores: ChoresTable;
  /** Words of texts (FTS5, unicode61); absent where SQLite lacks FTS5. */
  readonly items_words: SearchTable;
  /** Trigrams of texts in scripts without spaces. */
  readonly items_trigrams: SearchTable;
}

/** What was used. */
export interface UsageColumns {
  readonly input_tokens: Generated<number>;
  readonly cached_input_tokens: Generated<number>;
  readonly output_tokens: Generated<number>;
  readonly reasoning_tokens: Generated<number>;
  readonly total_tokens: Generated<number>;
  /** US dollars, as far as they are known; null where nothing is known. */
  readonly cost_usd: Generated<number | null>;
  readonly model_calls: Generated<number>;
  /** Calls of a model whose cost nobody told. */
  readonly unpriced_calls: Generated<number>;
}

export interface SessionsTable extends UsageColumns {
  readonly id: string;
  readonly source: string;
  readonly provider: string;
  readonly model: string;
  readonly base_url: string | null;
  readonly runtime: RuntimeName;
  readonly cwd: string;
  readonly instructions: string;
  readonly title: string | null;
  readonly parent_id: string | null;
  readonly runtime_state: string | null;
  readonly preview: string;
  readonly started_at: number;
  readonly updated_at: number;
  readonly message_count: Generated<number>;
  readonly tool_call_count: Generated<number>;
  readonly ended_at: Generated<number | null>;
  /** `compression`: it goes on in a child. `rewound`: its parent goes on instead. */
  readonly end_reason: Generated<string | null>;
  /** What it works towards, as JSON. */
  readonly goal: Generated<string | null>;
  /** The first of the sessions that this one goes on from by compression; itself where it goes on from none. */
  readonly root_id: string;
}

/** Parts of what sessions used, by kind and model; the columns mean what they mean there. */
export interface SideUsageTable extends UsageColumns {
  readonly session_id: string;
  readonly kind: SideKind;
  readonly provider: string;
  readonly model: string;
}

export interface TurnsTable {
  readonly id: string;
  readonly session_id: string;
  readonly started_at: number;
  readonly ended_at: number | null;
  /** `running` stays behind when the process died; `continued`: the turn went on in another session. */
  readonly status: "running" | "completed" | "interrupted" | "failed" | "continued";
  readonly error_code: string | null;
  readonly error_message: string | null;
  /** The process that runs or ran it, as `ProcessOwners` writes it; null where nobody knows. */
  readonly owner: Generated<string | null>;
}

/** Append-only. */
export interface ItemsTable {
  readonly seq: Generated<number>;
  readonly id: string;
  readonly session_id: string;
  readonly turn_id: string;
  readonly role: "user" | "assistant" | "tool" | "none";
  readonly at: number;
  /** The item as JSON. */
  readonly body: string;
  /** What search finds it by; null for what it shall not find. */
  readonly words: string | null;
  /** The same text where it is written without spaces between words. */
  readonly trigrams: string | null;
  /** When a rewind took it out of the conversation; it stays stored. */
  readonly hidden_at: Generated<number | null>;
  /** 1 where it was said in the session that this one branched off. */
  readonly is_copy: Generated<number>;
}

export interface SessionLocksTable {
  readonly session_id: string;
  readonly holder: string;
  /** The holder's process, as that of a turn. */
  readonly owner: string | null;
  /** ms since epoch. */
  readonly expires_at: number;
}

export interface ChoresTable {
  readonly name: string;
  /** ms since epoch. */
  readonly done_at: number;
}

export interface SearchTable {
  readonly rowid: number;
  readonly rank: number;
}
