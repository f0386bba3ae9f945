import type { TurnEvent } from "../core/event.ts";
import type { Item } from "../core/item.ts";
import type { Log } from "../core/log.ts";
import type { NewSession, SessionCatalog } from "../core/session_store.ts";
import type { Backend, BackendRequest } from "./backend.ts";
import { logTurn } from "./logged_turn.ts";
import { openReviewer, type TurnFacts } from "./open_reviewer.ts";
import type { AppParts } from "./parts.ts";
import type { SessionTitles } from "./session_titles.ts";

/** What looks after a session beside its turns: log, title, review, snapshot, and what the user should know. */
export interface WatchedTurns extends AsyncDisposable {
  /** The events, seen by all of them, with notices of what came up meanwhile. */
  around(events: AsyncIterable<TurnEvent>): AsyncGenerator<TurnEvent, void>;
  /** The review that runs now, if one does; never rejects. */
  review(): Promise<void> | undefined;
}

export interface WatchedSession {
  readonly request: BackendRequest;
  readonly backend: Backend;
  readonly session: NewSession;
  readonly facts: TurnFacts;
  readonly store: Pick<SessionCatalog, "tip" | "lineage">;
  readonly log: Log;
  /** What the user should know from the beginning, one sentence each. */
  readonly warnings: readonly string[];
  /** Where it is by now. */
  readonly sessionId: () => string;
  readonly items: () => readonly Item[];
}

/** Opens what the configuration wants of them; nothing is asked or written before a turn. */
export async function watchTurns(app: AppParts, watched: WatchedSession): Promise<WatchedTurns> {
  const { request, backend, session, facts, log, sessionId, items } = watched;
  const { config, options } = request;
  const notices = [...watched.warnings];
  const isElsewhere = noticeOfMove(watched);
  const reviewer = openReviewer(app, request, { backend, facts, items });
  const titles = await titlesFor(app, watched);
  const snapshots =
    config.sessions.write_json_snapshots && !options.ephemeral
      ? (await import("./snapshots.ts")).createSnapshots(app, backend.toolNames)
      : undefined;
  const news = (): readonly TurnEvent[] =>
    [...notices.splice(0), ...(backend.takeNotices?.() ?? [])].map(toNotice);
  return {
    async *around(events) {
      notices.push(...(await isElsewhere()));
      const turn = { ...session, sessionId };
      for await (const event of logTurn({ log, clock: app.ports.clock }, turn, events)) {
        reviewer?.observe(event);
        titles?.saw(event);
        const isEnd = event.type === "turn-end";
        if (isEnd) {
          notices.push(...((await snapshots?.(sessionId())) ?? []));
          yield* news();
        }
        yield event;
        if (!isEnd) yield* news();
      }
    },
    review: () => reviewer?.running(),
    async [Symbol.asyncDispose]() {
      await reviewer?.[Symbol.asyncDispose]();
      await titles?.[Symbol.asyncDispose]();
    },
  };
}

/** Says once that another process has compressed the session, which goes on there without what is said here. */
function noticeOfMove({ request, store, sessionId }: WatchedSession): () => Promise<string[]> {
  // One that begins here is known to nobody else before its first turn has ended.
  let isKnown = request.stored !== undefined;
  let isTold = false;
  return async () => {
    if (isTold || !isKnown) {
      isKnown = true;
      return [];
    }
    const own = sessionId();
    const tip = await store.tip(own).catch(() => undefined);
    if (tip === undefined || tip.id === own) return [];
    // A part that was rewound to before it takes no more: its turn fails, and says so.
    const lineage = await store.lineage(tip.id).catch(() => []);
    if (!lineage.some(({ id }) => id === own)) return [];
    isTold = true;
    return [
      `Another process compressed this session, and it goes on there as ${tip.id}; what is said here stays in ${own}`,
    ];
  };
}

/** What finds a title for a session that people come back to; undefined where it has one, or nobody will. */
async function titlesFor(
  app: AppParts,
  { request, backend, sessionId }: WatchedSession,
): Promise<SessionTitles | undefined> {
  const { options, config, stored } = request;
  const { auxiliary } = backend;
  const isKept = options.source === "cli" && !options.ephemeral && !options.replay;
  const hasTitle = (stored?.title ?? null) !== null;
  if (!isKept || !config.sessions.auto_title || !auxiliary || hasTitle) return undefined;
  const { createSessionTitles } = await import("./session_titles.ts");
  return createSessionTitles({
    auxiliary,
    sessionId,
    clock: app.ports.clock,
    redactor: await app.redactor(),
    catalog: () => app.sessions(),
  });
}

function toNotice(text: string): TurnEvent {
  return { type: "notice", level: "warning", text };
}
