import * as z from "zod";
import type {
  SearchHit,
  SearchOptions,
  SessionCatalog,
  SessionInfo,
} from "../core/session_store.ts";
import type { Tool, ToolOutput } from "../core/tool.ts";
import { wholeItems } from "../core/whole_items.ts";
import { defineInput, wrong } from "./input.ts";
import { failure, result } from "./output.ts";
import type { SessionToolDeps } from "./sessions/deps.ts";
import { lineageOf } from "./sessions/lineage.ts";
import { roles, telling, tellHit, tellMessage, tellSession } from "./sessions/told.ts";

/** Characters of a message: the one that was found, those around it, and those at both ends of its session. */
const foundChars = 2_000;
const nearChars = 600;
const bookendChars = 300;
/** Messages at both ends of a session that are shown with a hit, and of a session that is read. */
const bookends = 2;
const readEnds = 20;
const browsedSessions = 10;
const hitsAtOnce = 20;

const input = defineInput("session_search", () =>
  z.object({
    query: z
      .string()
      .optional()
      .describe('Words to find; "quoted phrases", OR, NOT and word* are understood'),
    limit: z.int().min(1).max(10).optional().describe("Sessions to show (3; 10 without a query)"),
    sort: z.enum(["newest", "oldest"]).optional().describe("Absent: the best first"),
    session_id: z.string().optional().describe("Read this session, or search only in it"),
    around_message_id: z
      .string()
      .optional()
      .describe("With session_id: show what was said around this message"),
    window: z.int().min(1).max(20).default(5).describe("Messages before and after it"),
    role_filter: z
      .array(z.enum(roles))
      .min(1)
      .default(["user", "assistant"])
      .describe("Whose messages"),
  }),
);

type Search = ReturnType<typeof input.parse>;

/** Looks into earlier sessions: finds, reads around a hit, reads a whole session, or lists the latest ones. */
export function createSessionSearchTool(deps: SessionToolDeps): Tool<Search> {
  return {
    spec: {
      name: "session_search",
      description:
        "Looks into earlier sessions. With query: where it was said, with what was said around it. With session_id and " +
        "around_message_id: more around a message. With session_id: that session, shortened. With nothing: the latest " +
        "sessions. Use it when the user speaks of earlier work, and before asking what was settled once already.",
      parameters: input.parameters,
    },
    effect: "read",
    parse(rawArguments) {
      const search = input.parse(rawArguments);
      if (search.around_message_id !== undefined && search.session_id === undefined) {
        throw wrong("session_search", "around_message_id needs session_id");
      }
      return search;
    },
    access: () => ({ mode: "shared" }),
    run: (search, { sessionId }) =>
      telling(async () => {
        const catalog = await deps.sessions();
        const within =
          search.session_id === undefined
            ? undefined
            : await catalog.whole((await catalog.resolve(search.session_id)).id);
        const scope = { ...deps, catalog, search };
        if (within && search.around_message_id !== undefined) {
          return await scroll(scope, within, search.around_message_id);
        }
        const except = within ? [] : await lineageOf(catalog, sessionId);
        const query = search.query?.trim() ?? "";
        if (query !== "") return await discover(scope, query, { within, except });
        return within ? await read(scope, within) : await browse(scope, except);
      }),
  };
}

interface Scope extends Pick<SessionToolDeps, "redact"> {
  readonly catalog: SessionCatalog;
  readonly search: Search;
}

/** The messages of a session that are asked for, and where one of them is. */
async function messagesOf({ catalog, search }: Scope, sessionId: string, anchorId?: string) {
  const wanted = new Set(search.role_filter);
  const told = (await wholeItems(catalog, await catalog.whole(sessionId))).filter((stored) => {
    const message = tellMessage(stored, { redact: (text) => text, maxChars: 1 });
    return message && (wanted.has(message.role) || message.message_id === anchorId);
  });
  return { told, anchor: told.findIndex(({ item }) => item.id === anchorId) };
}

type Stored = Awaited<ReturnType<typeof messagesOf>>["told"];

function shown({ redact }: Scope, stored: Stored, maxChars: number) {
  return stored.flatMap((message) => tellMessage(message, { redact, maxChars }) ?? []);
}

/** The messages around one, which is shown at more length. */
function around(scope: Scope, told: Stored, anchor: number) {
  const { window } = scope.search;
  return [
    ...shown(scope, told.slice(Math.max(0, anchor - window), anchor), nearChars),
    ...shown(scope, told.slice(anchor, anchor + 1), foundChars),
    ...shown(scope, told.slice(anchor + 1, anchor + 1 + window), nearChars),
  ];
}

async function discover(
  scope: Scope,
  query: string,
  place: { readonly within: SessionInfo | undefined; readonly except: readonly string[] },
): Promise<ToolOutput> {
  const hits = await bestHits(scope, query, place);
  const results = [];
  for (const hit of hits) {
    const { told, anchor } = await messagesOf(scope, hit.session.id, hit.itemId);
    const { window } = scope.search;
    results.push({
      session: tellSession(hit.session, scope.redact),
      match: tellHit(hit, scope.redact),
      messages: around(scope, told, anchor),
      // Only what the window does not show already.
      session_begins: shown(
        scope,
        told.slice(0, Math.max(0, Math.min(bookends, anchor - window))),
        bookendChars,
      ),
      session_ends: shown(
        scope,
        told.slice(Math.max(anchor + window + 1, told.length - bookends)),
        bookendChars,
      ),
    });
  }
  return result({
    mode: "discover",
    query,
    count: results.length,
    results,
    ...(results.length === 0 ? { hint: "Try other or fewer words, or OR between them" } : {}),
  });
}

/** The first hit of each session, whatever parts it has; in one session, its hits. */
async function bestHits(
  { catalog, search }: Scope,
  query: string,
  {
    within,
    except,
  }: { readonly within: SessionInfo | undefined; readonly except: readonly string[] },
): Promise<readonly SearchHit[]> {
  const { limit = 3, sort, role_filter } = search;
  const options: Omit<SearchOptions, "limit"> = {
    roles: role_filter,
    ...(sort === undefined ? {} : { order: sort }),
  };
  if (within) return await catalog.search(query, { ...options, limit, within: within.id });
  const found = new Map<string, SearchHit>();
  const passed = [...except];
  while (found.size < limit) {
    const hits = await catalog.search(query, { ...options, limit: hitsAtOnce, except: passed });
    for (const hit of hits) {
      if (found.has(hit.tipId)) continue;
      found.set(hit.tipId, hit);
      passed.push(...(await catalog.whole(hit.tipId)).ids);
    }
    if (hits.length < hitsAtOnce) break;
  }
  return [...found.values()].slice(0, limit);
}

async function scroll(scope: Scope, session: SessionInfo, messageId: string): Promise<ToolOutput> {
  const { told, anchor } = await messagesOf(scope, session.id, messageId);
  if (anchor === -1) {
    return failure(`There is no such message in session ${session.id}: ${messageId}`);
  }
  const { window } = scope.search;
  return result({
    mode: "scroll",
    session: tellSession(session, scope.redact),
    around_message_id: messageId,
    messages: around(scope, told, anchor),
    messages_before: Math.max(0, anchor - window),
    messages_after: Math.max(0, told.length - 1 - anchor - window),
  });
}

async function read(scope: Scope, session: SessionInfo): Promise<ToolOutput> {
  const { told } = await messagesOf(scope, session.id);
  const isLong = told.length > 2 * readEnds;
  const head = isLong ? told.slice(0, readEnds) : told;
  const tail = isLong ? told.slice(-readEnds) : [];
  return result({
    mode: "read",
    session: tellSession(session, scope.redact),
    messages: shown(scope, head, nearChars),
    ...(isLong
      ? { left_out: told.length - 2 * readEnds, last_messages: shown(scope, tail, nearChars) }
      : {}),
  });
}

async function browse(
  { catalog, search, redact }: Scope,
  except: readonly string[],
): Promise<ToolOutput> {
  const limit = search.limit ?? browsedSessions;
  const listed = await catalog.list({ limit: limit + except.length });
  const sessions = listed.filter(({ id }) => !except.includes(id)).slice(0, limit);
  return result({
    mode: "browse",
    count: sessions.length,
    sessions: sessions.map((session) => tellSession(session, redact)),
  });
}
