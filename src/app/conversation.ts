import { createApprovalPolicy } from "../agent/approval_policy.ts";
import {
  buildInstructions,
  findProjectFile,
  isAttended,
  localDate,
} from "../agent/instructions.ts";
import { createLoopRuntime } from "../agent/loop.ts";
import type { Conversation, ConversationOptions } from "../app.ts";
import { missingCredential } from "../config/resolve_endpoint.ts";
import type { Config } from "../config/schema.ts";
import { HermesError } from "../core/errors.ts";
import type { TurnEvent } from "../core/event.ts";
import type { Item } from "../core/item.ts";
import type { ModelTransport } from "../core/model.ts";
import type { Redactor } from "../core/redact.ts";
import type { NewSession, SessionInfo, SessionStore } from "../core/session_store.ts";
import { newItemId } from "./ids.ts";
import { endpointTransport, recordedTransport, replayedTransport } from "./model_side.ts";
import type { AppParts } from "./parts.ts";
import { resolveForSession } from "./session_endpoint.ts";
import { newSessionId } from "./session_id.ts";
import { openToolbox, type Toolbox } from "./toolbox.ts";
import { createTurnRunner } from "./turn_runner.ts";
import { watchdogsOf } from "./watchdog_env.ts";

/** What a conversation asks: an endpoint, or a recording in its place. */
interface ModelSide {
  readonly provider: string;
  readonly model: string;
  readonly baseUrl?: string;
  readonly transport: ModelTransport;
  readonly warnings: readonly string[];
}

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
  const [config, redactor] = await Promise.all([app.config(), app.redactor()]);
  await checkDirectory(app, options.cwd);
  const store = await openStore(app, options);
  const stored = options.resume ? await loadSession(app, options.resume) : undefined;
  const side = await openModelSide(app, { config, options, redactor, stored: stored?.info });
  const toolbox = await openToolbox(app, { config, options });
  const instructions = await instructionsFor(app, { options, stored: stored?.info, side, toolbox });
  const runtime = createLoopRuntime({
    transport: side.transport,
    tools: toolbox.tools,
    clock: ports.clock,
    spill: toolbox.spill,
    newId: newItemId,
  });
  const approver = createApprovalPolicy(
    {
      ...(options.person ? { person: options.person } : {}),
      matches: toolbox.matchesPattern,
      rememberAlways: (key) => app.allowAlways(key),
    },
    { mode: options.approval, allow: [...config.command_allowlist, ...options.allow] },
  );
  const notices = [...side.warnings, ...toolbox.warnings, ...(await app.warnings())];
  const startedAt = ports.clock.now();
  const session: NewSession = {
    id: stored?.info.id ?? newSessionId(startedAt),
    source: options.source,
    provider: side.provider,
    model: side.model,
    ...(side.baseUrl === undefined ? {} : { baseUrl: side.baseUrl }),
    runtime: "loop",
    cwd: options.cwd,
    instructions,
    startedAt,
  };
  const runner = createTurnRunner(
    {
      store: stored ? store : creatingStore(store, session),
      runtime,
      clock: ports.clock,
      redactor,
    },
    {
      sessionId: session.id,
      model: side.model,
      instructions,
      cwd: options.cwd,
      approver,
      maxSteps: options.maxSteps ?? config.agent.max_turns,
      reasoningEffort: options.reasoningEffort ?? config.model.reasoning_effort,
      ...(config.model.service_tier === "" ? {} : { serviceTier: config.model.service_tier }),
      ...(config.model.max_tokens === null ? {} : { maxOutputTokens: config.model.max_tokens }),
      ...(options.outputSchema === undefined ? {} : { outputSchema: options.outputSchema }),
      ...(options.ask ? { ask: options.ask } : {}),
    },
    stored?.items ?? [],
  );

  return {
    sessionId: session.id,
    provider: side.provider,
    model: side.model,
    runtime: "loop",
    cwd: options.cwd,
    approval: options.approval,
    toolNames: toolbox.tools.map((tool) => tool.spec.name),
    async *runTurn(message, signal) {
      for await (const event of runner.runTurn(message, signal)) {
        yield event;
        if (event.type === "turn-start") yield* notices.splice(0).map(toNotice);
      }
    },
    async [Symbol.asyncDispose]() {
      await toolbox[Symbol.asyncDispose]();
      await runtime[Symbol.asyncDispose]();
    },
  };
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

async function openStore(app: AppParts, { ephemeral }: ConversationOptions): Promise<SessionStore> {
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
  if (info) return await sessions.load(info.id);
  throw new HermesError("session/not_found", "There is no session to go on with", {
    hint: "start one without -c",
  });
}

async function openModelSide(
  app: AppParts,
  from: {
    readonly config: Config;
    readonly options: ConversationOptions;
    readonly redactor: Redactor;
    readonly stored: SessionInfo | undefined;
  },
): Promise<ModelSide> {
  const { config, options, redactor, stored } = from;
  const { files, clock, host } = app.ports;
  if (options.replay) {
    // Off a terminal nobody watches: the recorded pauses would only cost time.
    const pace = options.replay.kind === "demo" && app.ports.terminal.stdout.isTty ? 1 : 0;
    const transport = await replayedTransport({ files, clock, redactor }, options.replay, {
      cwd: options.cwd,
      pace,
    });
    const model = options.model ?? stored?.model ?? "recorded";
    return {
      provider: options.replay.kind === "demo" ? "demo" : "replay",
      model,
      transport,
      warnings: [],
    };
  }
  const flags = flagsOf(options);
  const resolved = stored
    ? await resolveForSession((given) => app.resolveModel(given), flags, stored)
    : await app.resolveModel(flags);
  const credentials = await app.credentials(resolved);
  if (!(await credentials.get(resolved.endpoint.provider))) throw missingCredential(resolved);
  const transport = await endpointTransport({ ports: app.ports, credentials }, resolved.endpoint, {
    maxAttempts: config.agent.api_max_retries,
    watchdogs: watchdogsOf(await app.env()),
  });
  const recorded = options.record
    ? await recordedTransport({ files, clock, redactor, hermesVersion: host.version }, transport, {
        path: options.record,
        cwd: options.cwd,
      })
    : transport;
  return {
    provider: resolved.endpoint.provider,
    model: resolved.model,
    baseUrl: resolved.endpoint.baseUrl,
    transport: recorded,
    warnings: resolved.warnings,
  };
}

function flagsOf({ model, provider, baseUrl }: ConversationOptions) {
  return {
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { provider }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
}

/** The stored prompt byte for byte, so that prompt caches are hit, unless it says what is not true any more. */
async function instructionsFor(
  { ports }: AppParts,
  from: {
    readonly options: ConversationOptions;
    readonly stored: SessionInfo | undefined;
    readonly side: ModelSide;
    readonly toolbox: Toolbox;
  },
): Promise<string> {
  const { options, stored, side, toolbox } = from;
  const isInteractive = options.ask !== undefined;
  const isTrue =
    stored?.model === side.model &&
    stored.instructions !== "" &&
    stored.provider === side.provider &&
    stored.cwd === options.cwd &&
    isAttended(stored.instructions) === isInteractive;
  if (isTrue) return stored.instructions;
  const projectFile = await findProjectFile(ports.files, options.cwd);
  return buildInstructions({
    cwd: options.cwd,
    system: `${ports.host.operatingSystem} ${ports.host.architecture}`,
    date: localDate(ports.clock),
    provider: side.provider,
    model: side.model,
    toolNames: toolbox.tools.map((tool) => tool.spec.name),
    isInteractive,
    ...(projectFile ? { projectFile } : {}),
  });
}

/** The store, with the session's row written by its first turn: a conversation without one leaves no trace. */
function creatingStore(
  store: SessionStore,
  session: NewSession,
): Pick<SessionStore, "startTurn" | "append" | "endTurn"> {
  let isCreated = false;
  return {
    async startTurn(turn) {
      if (!isCreated) await store.create(session);
      isCreated = true;
      await store.startTurn(turn);
    },
    append: (turnId, item, at) => store.append(turnId, item, at),
    endTurn: (turn) => store.endTurn(turn),
  };
}
