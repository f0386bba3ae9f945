import type { TurnOutcome, Usage } from "./event.ts";
import type { Compaction, Item } from "./item.ts";
import type { ModelCalls, SideUsage } from "./spending.ts";

/** Which backend a session runs on, as users write it. */
export type RuntimeName = "loop" | "codex_app_server";

export interface NewSession {
  /** `YYYYmmdd_HHMMSS_6hex`. */
  readonly id: string;
  /** Who started it: `cli`, `oneshot`, `cron`, ... */
  readonly source: string;
  readonly provider: string;
  readonly model: string;
  /** Where the model is asked; absent where no endpoint is (a recording, a backend with its own). */
  readonly baseUrl?: string;
  readonly runtime: RuntimeName;
  readonly cwd: string;
  /** The system prompt, byte-stable for the session. */
  readonly instructions: string;
  readonly title?: string;
  readonly parentId?: string;
  /** ms since epoch. */
  readonly startedAt: number;
}

/** A session as listings show it. */
export interface SessionInfo extends Omit<NewSession, "baseUrl" | "title" | "parentId"> {
  readonly baseUrl: string | null;
  readonly title: string | null;
  readonly parentId: string | null;
  readonly updatedAt: number;
  /** User and assistant messages. */
  readonly messageCount: number;
  readonly toolCallCount: number;
  /** Of all that was asked for it: its turns, and what went on beside them. */
  readonly usage: Usage;
  /** US dollars, as far as they are known; null where nothing is known. */
  readonly costUsd: number | null;
  readonly calls: ModelCalls;
  /** The first line of the first user message, at most 120 characters. */
  readonly preview: string;
  readonly runtimeState: string | null;
  /** When it was closed: null while it can go on by itself. */
  readonly endedAt: number | null;
  /** `compression`: it goes on in a child. */
  readonly endReason: string | null;
}

/**
 * A session as a person sees it: with all that it was compressed from. Its id is the one with which it goes on; start,
 * counts, usage and cost are those of all together, the title is the oldest.
 */
export interface WholeSession extends SessionInfo {
  /** Ids of its parts, the oldest first; the session's own is the last that was not rewound. */
  readonly ids: readonly string[];
}

/** What a rewind takes out of a conversation. */
export interface Rewind {
  /** Of any part of the session. */
  readonly sessionId: string;
  /** The first item that is taken out. */
  readonly itemId: string;
  /** Also when a turn seems to run: one whose process died looks so where that is not seen. */
  readonly isForced?: boolean;
  /** ms since epoch. */
  readonly at: number;
}

/** How a session becomes two. */
export interface Branching {
  /** Of any part of the session; all of it is copied. */
  readonly sessionId: string;
  readonly newSessionId: string;
  readonly title?: string;
  /** ms since epoch. */
  readonly at: number;
}

/** How a session goes on in a new one. */
export interface SessionSplit {
  /** The turn that is running, and what the rest of it is called in the new session. */
  readonly turnId: string;
  readonly newTurnId: string;
  readonly newSessionId: string;
  readonly compaction: Compaction;
  /** That of the old session where absent. */
  readonly instructions?: string;
  /** What the turn used in the old session. */
  readonly usage: Usage;
  /** None where absent. */
  readonly calls?: ModelCalls;
  /** ms since epoch. */
  readonly at: number;
}

/** Who may compress a session just now. */
export interface SessionLock {
  readonly sessionId: string;
  /** Unique for each attempt. */
  readonly holder: string;
  /** ms since epoch. */
  readonly at: number;
  /** A holder that is gone holds no longer than this, in ms. */
  readonly lifeMs: number;
}

export interface NewTurn {
  readonly turnId: string;
  readonly sessionId: string;
  readonly startedAt: number;
}

export interface EndedTurn {
  readonly turnId: string;
  readonly outcome: TurnOutcome;
  readonly usage: Usage;
  /** None where absent. */
  readonly calls?: ModelCalls;
  readonly endedAt: number;
}

/** What a turn writes. Every call is durable against the death of the process when it resolves. */
export interface SessionStore extends AsyncDisposable {
  create(session: NewSession): Promise<void>;
  /** @throws {HermesError} `session/not_found` */
  load(sessionId: string): Promise<{ readonly info: SessionInfo; readonly items: readonly Item[] }>;
  startTurn(turn: NewTurn): Promise<void>;
  append(turnId: string, item: Item, at: number): Promise<void>;
  /** What the backend must find again when the session goes on: kept at once, since the turn may never end. */
  keepRuntimeState(turnId: string, state: string | null): Promise<void>;
  endTurn(turn: EndedTurn): Promise<void>;
  /**
   * Closes the turn's session with the reason `compression` and goes on in a child, in one commit: the turn is in the
   * child from then on, under its new id. The child is called as its parent with the next number.
   */
  split(split: SessionSplit): Promise<void>;
  /** Adds to what a session took beside its conversation; nothing happens where the session is not there. */
  keepSideUsage(sessionId: string, side: SideUsage): Promise<void>;
  /** What a session works towards, as its owner wrote it; null: nothing. */
  goal(sessionId: string): Promise<string | null>;
  /** Keeps a goal; nothing happens where the session is not there. A split takes it along. */
  keepGoal(sessionId: string, goal: string | null): Promise<void>;
  /** Whether this holder has the session's lock now; a second one gets it when the first has released it, is too old, or its process is gone. */
  lock(lock: SessionLock): Promise<boolean>;
  unlock(lock: Pick<SessionLock, "sessionId" | "holder">): Promise<void>;
}

export interface SearchHit {
  /** The part that holds the item. */
  readonly session: SessionInfo;
  /** With which it goes on: the same one, unless it was compressed. */
  readonly tipId: string;
  readonly itemId: string;
  readonly role: "user" | "assistant" | "tool";
  /** Text around the hit, matches between `[` and `]`. */
  readonly snippet: string;
  readonly at: number;
}

export interface SearchOptions {
  readonly limit: number;
  /** Who said it; anybody where absent. */
  readonly roles?: readonly SearchHit["role"][];
  /** By when they were stored. Absent: the best first, or the newest for words that are everywhere or in no index. */
  readonly order?: "newest" | "oldest";
  /** The only session to look into, all of it, by the id of any of its parts. */
  readonly within?: string;
  /** Ids of sessions that are passed over. */
  readonly except?: readonly string[];
}

/** An item with the moment it was stored. */
export interface StoredItem {
  readonly item: Item;
  readonly turnId: string;
  readonly at: number;
}

/** What was said since a moment. */
export interface NewMessages {
  /** Of users and models, in the order in which they were stored. */
  readonly messages: readonly (StoredItem & {
    readonly sessionId: string;
    readonly cursor: number;
  })[];
  /** The place behind all that was looked at. */
  readonly cursor: number;
}

/** The source of sessions in which nobody was there: runs of jobs. */
export const unattendedSource = "cron";

/** What people do with stored sessions. */
export interface SessionCatalog {
  /** Whole sessions, newest first. */
  list(options: {
    readonly limit: number;
    readonly source?: string;
  }): Promise<readonly WholeSession[]>;
  /** By id, unique id prefix or title. @throws {HermesError} `session/not_found`, `session/ambiguous` */
  resolve(idOrTitle: string): Promise<SessionInfo>;
  /** The session that was written to last, or undefined; runs of jobs are none that anybody was in the middle of. */
  latest(): Promise<WholeSession | undefined>;
  /** What is in one part, without what was rewound. */
  items(sessionId: string): Promise<readonly StoredItem[]>;
  /** Where a session goes on: itself, or the last of what it was compressed into. @throws {HermesError} `session/not_found` */
  tip(sessionId: string): Promise<SessionInfo>;
  /** Whether another process has said something in a part since that was loaded or begun here. */
  isBehind(sessionId: string): Promise<boolean>;
  /** The session with those that it was compressed from, the oldest first. @throws {HermesError} `session/not_found` */
  lineage(sessionId: string): Promise<readonly SessionInfo[]>;
  /** The whole of which a session is a part. @throws {HermesError} `session/not_found` */
  whole(sessionId: string): Promise<WholeSession>;
  /** What of the usage of the whole session was not its conversation's own, for each kind and model. */
  sideUsage(sessionId: string): Promise<readonly SideUsage[]>;
  search(query: string, options: SearchOptions): Promise<readonly SearchHit[]>;
  /** The place behind the last item that was stored: a number that only grows, also when sessions are deleted. */
  cursor(): Promise<number>;
  /** Messages stored behind a cursor, those of one commit in their order: none is told twice or left out. */
  messagesAfter(
    cursor: number,
    options: Pick<SearchOptions, "limit" | "within" | "except">,
  ): Promise<NewMessages>;
  /** Names the whole session. @throws {HermesError} `session/title_taken`, `session/not_found` */
  rename(sessionId: string, title: string): Promise<void>;
  /**
   * Gives a session that has no title this one, with a number behind it where it is taken; resolves with the title that
   * was given, undefined where the session has one already or is gone.
   * @throws {HermesError} `usage/invalid` when nothing is left of it
   */
  suggestTitle(sessionId: string, title: string): Promise<string | undefined>;
  /** Deletes the whole session; resolves with the ids of its parts. */
  delete(sessionId: string): Promise<readonly string[]>;
  /** Deletes whole sessions that were last written before `before` (ms since epoch) and are none of `except`; tells which. */
  prune(
    before: number,
    options: { readonly dryRun: boolean; readonly except?: readonly string[] },
  ): Promise<readonly WholeSession[]>;
  /**
   * Takes an item and all that came after it out of the conversation: it stays stored, and nobody finds it any more. A part
   * that the session was compressed into is given up where the item is in an earlier one, which goes on.
   * @throws {HermesError} `session/not_found`, `session/busy`, `usage/invalid` for an item that is not in it
   */
  rewind(rewind: Rewind): Promise<WholeSession>;
  /** Makes a second session of what was said so far; the first one stays as it is. @throws {HermesError} `session/not_found`, `session/title_taken` */
  branch(branching: Branching): Promise<WholeSession>;
  /** Those of the names that follow `prefix` somewhere in what branches have copied, of sessions that may be gone. */
  namedInBranches(prefix: string, names: readonly string[]): Promise<readonly string[]>;
  /** Whether something that is done every `everyMs` at most is due; it counts as done from then on, in every process. */
  claimChore(
    name: string,
    due: { readonly at: number; readonly everyMs: number },
  ): Promise<boolean>;
}
