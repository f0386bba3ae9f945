import { createApprovalPolicy } from "../agent/approval_policy.ts";
import { createCommandJudge } from "../agent/command_judge.ts";
import type { TurnStore } from "../agent/session_turn.ts";
import { withTurnNotes } from "../agent/turn_notes.ts";
import type { Conversation, ConversationOptions } from "../app.ts";
import { defined } from "../core/defined.ts";
import { HermesError } from "../core/errors.ts";
import { noUsage, type TurnEvent } from "../core/event.ts";
import type { Item } from "../core/item.ts";
import type { NewSession, SessionInfo, SessionStore } from "../core/session_store.ts";
import { matchesAllowPattern } from "./allow_pattern.ts";
import { type Backend, type BackendRequest, openBackend } from "./backend.ts";
import type { SessionLocks } from "./compression.ts";
import { newTurnId } from "./ids.ts";
import { turnNotesOf } from "./loop_rules.ts";
import { logTurn } from "./logged_turn.ts";
import { openReviewer } from "./open_reviewer.ts";
import type { AppParts } from "./parts.ts";
import { newSessionId } from "./session_id.ts";
import type { SessionTitles } from "./session_titles.ts";
import { loadSkills } from "./skills.ts";
import { createTurnRunner } from "./turn_runner.ts";

/** The session that is gone on with. */
interface StoredSession {
  readonly info: SessionInfo;
  readonly items: readonly Item[];
}

/**
 * Wires store, transport, tools and loop into a conversation. Whatever can be known to be missing is missed here,
 * before any connection is opened.
 */
export async function openConversation(
  app: AppParts,
  options: ConversationOptions,
): Promise<Conversation> {
  const { ports } = app;
  const [config, redactor, log] = await Promise.all([app.config(), app.redactor(), app.log()]);
  await checkDirectory(app, options.cwd);
  const skills = await loadSkills(app, config, options.skills ?? []);
  const store = await openStore(app, options);
  const stored = options.resume ? await loadSession(app, options.resume) : undefined;
  const request = { config, options, redactor, stored: stored?.info, store };
  const backend = await openBackend(app, request);
  const { auxiliary } = backend;
  // What nobody may allow is known of our own tools only: codex's commands are left to people.
  const judge =
    options.approval === "smart" && auxiliary && backend.name === "loop"
      ? createCommandJudge({ auxiliary, redactor, newNonce })
      : undefined;
  const approver = createApprovalPolicy(
    {
      ...(judge ? { judge } : {}),
      ...(options.person ? { person: options.person } : {}),
      matches: matchesAllowPattern,
      rememberAlways: (key) => app.allowAlways(key),
    },
    { mode: options.approval, allow: [...config.command_allowlist, ...options.allow] },
  );
  const notices = [...backend.warnings, ...skills.warnings, ...(await app.warnings())];
  const news = (): readonly TurnEvent[] =>
    [...notices.splice(0), ...(backend.takeNotices?.() ?? [])].map(toNotice);
  const firstParts = [...skills.parts];
  let hasMoved = false;
  const snapshots =
    config.sessions.write_json_snapshots && !options.ephemeral
      ? (await import("./snapshots.ts")).createSnapshots(app, backend.toolNames)
      : undefined;
  const startedAt = ports.clock.now();
  const session: NewSession = {
    id: stored?.info.id ?? newSessionId(startedAt),
    source: options.source,
    provider: backend.provider,
    model: backend.model,
    ...(backend.baseUrl === undefined ? {} : { baseUrl: backend.baseUrl }),
    runtime: backend.name,
    cwd: options.cwd,
    instructions: backend.instructions,
    startedAt,
  };
  const facts = {
    sessionId: session.id,
    model: backend.model,
    instructions: backend.instructions,
    cwd: options.cwd,
    approver,
    maxSteps: options.maxSteps ?? config.agent.max_turns,
    reasoningEffort: options.reasoningEffort ?? config.model.reasoning_effort,
    ...(config.model.service_tier === "" ? {} : { serviceTier: config.model.service_tier }),
    ...(config.model.max_tokens === null ? {} : { maxOutputTokens: config.model.max_tokens }),
    ...(options.outputSchema === undefined ? {} : { outputSchema: options.outputSchema }),
    ...(options.ask ? { ask: options.ask } : {}),
    ...(typeof stored?.info.runtimeState === "string"
      ? { runtimeState: stored.info.runtimeState }
      : {}),
  };
  const logged = { ...session, sessionId: () => runner.sessionId };
  const runner = createTurnRunner(
    {
      store: stored
        ? goingOnStore(store, stored.info, backend.name)
        : creatingStore(store, session),
      runtime: withTurnNotes(backend.runtime, turnNotesOf(config, await app.env())),
      clock: ports.clock,
      redactor,
      newTurnId,
      ...defined("compressNow", backend.compressNow),
    },
    facts,
    stored?.items ?? [],
  );
  const reviewer = openReviewer(app, request, { backend, facts, items: () => runner.items() });

  const { compress } = runner;

  /** The events with what comes up beside them, seen by all who look after the session. */
  async function* watched(events: AsyncIterable<TurnEvent>): AsyncGenerator<TurnEvent, void> {
    for await (const event of logTurn({ log, clock: ports.clock }, logged, events)) {
      reviewer?.observe(event);
      titles?.saw(event);
      if (event.type === "turn-end") {
        notices.push(...((await snapshots?.(runner.sessionId)) ?? []));
        yield* news();
      }
      yield event;
      if (event.type !== "turn-end") yield* news();
    }
  }

  const titles = await titlesFor(app, {
    ...{ options, config, backend, stored: stored?.info },
    sessionId: () => runner.sessionId,
  });

  return {
    get sessionId() {
      return runner.sessionId;
    },
    provider: backend.provider,
    model: backend.model,
    runtime: backend.name,
    cwd: options.cwd,
    approval: options.approval,
    toolNames: backend.toolNames,
    ...(auxiliary?.used ? { usedBeside: () => auxiliary.used?.() ?? noUsage } : {}),
    ...defined("auxiliary", backend.auxiliary),
    async *runTurn(message, signal, steering) {
      const elsewhere = await store.tip(runner.sessionId).catch(() => undefined);
      if (elsewhere && elsewhere.id !== runner.sessionId && !hasMoved) {
        hasMoved = true;
        notices.push(
          `Another process compressed this session, and it goes on there as ${elsewhere.id}; what is said here stays in ${runner.sessionId}`,
        );
      }
      const parts = [...message.parts, ...firstParts.splice(0)];
      yield* watched(runner.runTurn({ ...message, parts }, signal, steering));
    },
    ...(compress && { compress: (focus, signal) => watched(compress(focus, signal)) }),
    review: () => reviewer?.running(),
    async [Symbol.asyncDispose]() {
      await reviewer?.[Symbol.asyncDispose]();
      await titles?.[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    },
  };
}

/** What finds a title for a session that people come back to; undefined where it has one, or nobody will. */
async function titlesFor(
  app: AppParts,
  from: Pick<BackendRequest, "options" | "config" | "stored"> & {
    readonly backend: Backend;
    readonly sessionId: () => string;
  },
): Promise<SessionTitles | undefined> {
  const { options, config, stored, sessionId } = from;
  const { auxiliary } = from.backend;
  const isKept = options.source === "cli" && !options.ephemeral && !options.replay;
  if (!isKept || !config.sessions.auto_title || !auxiliary || (stored?.title ?? null) !== null) {
    return undefined;
  }
  const { createSessionTitles } = await import("./session_titles.ts");
  return createSessionTitles({
    auxiliary,
    sessionId,
    clock: app.ports.clock,
    redactor: await app.redactor(),
    catalog: () => app.sessions(),
  });
}

function newNonce(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

function toNotice(text: string): TurnEvent {
  return { type: "notice", level: "warning", text };
}

async function checkDirectory({ ports }: AppParts, cwd: string): Promise<void> {
  const stat = await ports.files.stat(cwd).catch(() => undefined);
  if (stat?.kind === "directory") return;
  const problem = stat ? "is not a directory" : "does not exist";
  throw new HermesError("usage/invalid", `The working directory ${problem}: ${cwd}`, {
    hint: "choose another one with --cwd",
  });
}

async function openStore(
  app: AppParts,
  { ephemeral }: ConversationOptions,
): Promise<SessionStore & SessionLocks> {
  if (!ephemeral) return await app.sessions();
  const { MemorySessionStore } = await import("../storage/memory_store.ts");
  return new MemorySessionStore();
}

async function loadSession(
  app: AppParts,
  resume: NonNullable<ConversationOptions["resume"]>,
): Promise<StoredSession> {
  const sessions = await app.sessions();
  const info =
    resume.kind === "latest" ? await sessions.latest() : await sessions.resolve(resume.idOrTitle);
  // A session that was compressed goes on in another one.
  if (info) return await sessions.load((await sessions.tip(info.id)).id);
  throw new HermesError("session/not_found", "There is no session to go on with", {
    hint: "start one without -c",
  });
}

/**
 * The store of a session that goes on. What another backend remembers of it ends with the first turn that it has no part
 * in: going on from there it would not know of that turn.
 */
function goingOnStore(store: SessionStore, info: SessionInfo, runtime: Backend["name"]): TurnStore {
  if (info.runtimeState === null || runtime === "codex_app_server") return store;
  let isForgotten = false;
  return {
    async startTurn(turn) {
      await store.startTurn(turn);
      if (!isForgotten) await store.keepRuntimeState(turn.turnId, null);
      isForgotten = true;
    },
    append: (turnId, item, at) => store.append(turnId, item, at),
    keepRuntimeState: (turnId, state) => store.keepRuntimeState(turnId, state),
    split: (split) => store.split(split),
    endTurn: (turn) => store.endTurn(turn),
  };
}

/** The store, with the session's row written by its first turn: a conversation without one leaves no trace. */
function creatingStore(store: SessionStore, session: NewSession): TurnStore {
  let isCreated = false;
  return {
    async startTurn(turn) {
      if (!isCreated) await store.create(session);
      isCreated = true;
      await store.startTurn(turn);
    },
    append: (turnId, item, at) => store.append(turnId, item, at),
    keepRuntimeState: (turnId, state) => store.keepRuntimeState(turnId, state),
    split: (split) => store.split(split),
    endTurn: (turn) => store.endTurn(turn),
  };
}
