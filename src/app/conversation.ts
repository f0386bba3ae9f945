import { createApprovalPolicy } from "../agent/approval_policy.ts";
import { createCommandJudge } from "../agent/command_judge.ts";
import { withTurnNotes } from "../agent/turn_notes.ts";
import type { Conversation, ConversationOptions } from "../app.ts";
import { defined } from "../core/defined.ts";
import { HermesError, toHermesError } from "../core/errors.ts";
import { noUsage } from "../core/event.ts";
import type { Item } from "../core/item.ts";
import { noLog } from "../core/log.ts";
import type {
  NewSession,
  SessionCatalog,
  SessionInfo,
  SessionStore,
} from "../core/session_store.ts";
import type { SideUsage } from "../core/spending.ts";
import { matchesAllowPattern } from "./allow_pattern.ts";
import { openBackend } from "./backend.ts";
import type { SessionLocks } from "./compression.ts";
import { newTurnId } from "./ids.ts";
import { turnNotesOf } from "./loop_rules.ts";
import type { AppParts } from "./parts.ts";
import { newSessionId } from "./session_id.ts";
import { loadSkills } from "./skills.ts";
import { createTurnRunner } from "./turn_runner.ts";
import { creatingStore, goingOnStore } from "./turn_store.ts";
import { watchTurns } from "./watched_turns.ts";

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
  // The demo leaves nothing behind.
  const openLog = options.replay?.kind === "demo" ? Promise.resolve(noLog) : app.log();
  const [config, redactor, log] = await Promise.all([app.config(), app.redactor(), openLog]);
  await checkDirectory(app, options.cwd);
  const skills = await loadSkills(app, config, options.skills ?? []);
  const store = await openStore(app, options);
  const stored = options.resume ? await loadSession(app, options.resume) : undefined;
  const keepSide = async (side: SideUsage): Promise<void> => {
    // What was not counted is no reason to fail what was done.
    await store.keepSideUsage(runner.sessionId, side).catch((thrown: unknown) => {
      const { code, message } = toHermesError(thrown);
      log.write("warning", "usage.not_kept", { kind: side.kind, code, message });
    });
  };
  const request = { config, options, redactor, stored: stored?.info, store, keepSide };
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
  const watch = await watchTurns(app, {
    ...{ request, backend, session, facts, store, log },
    warnings: [...backend.warnings, ...skills.warnings, ...(await app.warnings())],
    sessionId: () => runner.sessionId,
    items: () => runner.items(),
  });
  const firstParts = [...skills.parts];
  const { compress } = runner;
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
    runTurn(message, signal, steering) {
      const parts = [...message.parts, ...firstParts.splice(0)];
      return watch.around(runner.runTurn({ ...message, parts }, signal, steering));
    },
    ...(compress && { compress: (focus, signal) => watch.around(compress(focus, signal)) }),
    review: () => watch.review(),
    async [Symbol.asyncDispose]() {
      await watch[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    },
  };
}

function newNonce(): string {
  return crypto.randomUUID().replaceAll("-", "");
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
): Promise<SessionStore & SessionLocks & Pick<SessionCatalog, "lineage">> {
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
