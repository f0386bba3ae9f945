import { join } from "node:path/posix";
import { createLoopRuntime } from "../agent/loop.ts";
import { resolveEndpoint } from "../config/resolve_endpoint.ts";
import { defaults } from "../config/defaults.ts";
import { type Approver, denyAll } from "../core/approval.ts";
import { createKeySource } from "../auth/sources.ts";
import type { TurnEvent } from "../core/event.ts";
import type { Item, UserMessage, WireApi } from "../core/item.ts";
import type { ModelTransport, ReasoningEffort } from "../core/model.ts";
import type { Ports } from "../core/ports.ts";
import { createRedactor } from "../core/redact.ts";
import type { SessionStore } from "../core/session_store.ts";
import type { Question, Tool } from "../core/tool.ts";
import { MemorySessionStore } from "../storage/memory_store.ts";
import { newItemId, newTurnId } from "./ids.ts";
import { endpointTransport } from "./model_side.ts";
import { createResultFiles } from "./result_files.ts";
import { newSessionId } from "./session_id.ts";
import { createTurnRunner } from "./turn_runner.ts";

/** A model endpoint as an embedder names it. */
export interface EndpointOptions {
  /** For example `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  /** Left out where the server checks none. */
  readonly apiKey?: string;
  /** The dialect to speak; where absent, the one that the model is known to need. */
  readonly wireApi?: WireApi;
  /** Attempts at a step in all (default 3). */
  readonly maxAttempts?: number;
}

export interface SessionOptions {
  readonly ports: Pick<Ports, "clock" | "fetch" | "files" | "host">;
  readonly model: string;
  readonly transport: ModelTransport;
  /** None where absent. */
  readonly tools?: readonly Tool[];
  /** Denies everything where absent. */
  readonly approver?: Approver;
  /** In memory where absent; its owner closes it. */
  readonly store?: SessionStore;
  /** A stored session to go on with. */
  readonly sessionId?: string;
  /** The system prompt. */
  readonly instructions?: string;
  /** Absolute directory of the tools; the process's own where absent. */
  readonly cwd?: string;
  readonly maxSteps?: number;
  readonly reasoningEffort?: ReasoningEffort;
  readonly ask?: (question: Question, signal: AbortSignal) => Promise<string | undefined>;
  /**
   * Secrets of the embedder's, of 8 characters and more: masked in the items that are stored. The `apiKey` of
   * `connectEndpoint` is known already, unless another transport was put around the one that it made.
   */
  readonly secrets?: readonly string[];
}

/** A session in an embedder's hands: turns one after the other. */
export interface Session extends AsyncDisposable {
  readonly id: string;
  /** Everything that was said and done so far. */
  items(): readonly Item[];
  /** Never throws: the last event says how the turn ended. */
  runTurn(message: string | UserMessage, signal?: AbortSignal): AsyncIterable<TurnEvent>;
}

/** The key of each transport that was made here: sessions over it keep it out of their stores. */
const keys = new WeakMap<ModelTransport, string>();

/**
 * A transport to an endpoint, with retries and watchdogs.
 * @throws {HermesError} `config/invalid`, `usage/invalid` for an address that is none
 */
export async function connectEndpoint(
  ports: Pick<Ports, "clock" | "fetch">,
  options: EndpointOptions,
): Promise<ModelTransport> {
  const { baseUrl, model, apiKey, wireApi } = options;
  const keyName = "API_KEY";
  const { endpoint } = resolveEndpoint({
    config: { model: defaults.model, custom_providers: [] },
    flags: { baseUrl, model, provider: "custom" },
    env: {},
  });
  const rule = { names: [keyName], noKeyNeeded: apiKey === undefined };
  const credentials = createKeySource({
    clock: ports.clock,
    env: { [keyName]: apiKey },
    keys: new Map([[endpoint.provider, rule]]),
    originOf: () => "the embedder's apiKey",
  });
  const transport = await endpointTransport(
    { ports, credentials },
    wireApi === undefined ? endpoint : { ...endpoint, wireApi },
    { maxAttempts: options.maxAttempts ?? defaults.agent.api_max_retries },
  );
  if (apiKey !== undefined) keys.set(transport, apiKey);
  return transport;
}

/**
 * Opens a session over a transport with the embedder's own tools, approver and store.
 * @throws {HermesError} `session/not_found` for a `sessionId` that the store does not know
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { ports, model, transport, tools = [], approver = denyAll } = options;
  const { clock, host } = ports;
  const cwd = options.cwd ?? host.cwd;
  const ownStore = new MemorySessionStore();
  const store = options.store ?? ownStore;
  const stored = options.sessionId === undefined ? undefined : await store.load(options.sessionId);
  const instructions = stored?.info.instructions ?? options.instructions ?? defaultInstructions;
  const id = stored?.info.id ?? newSessionId(clock.now());
  if (!stored) {
    await store.create({
      id,
      source: "embedder",
      provider: "custom",
      model,
      runtime: "loop",
      cwd,
      instructions,
      startedAt: clock.now(),
    });
  }
  const redactor = createRedactor({
    secrets: [keys.get(transport) ?? "", ...(options.secrets ?? [])],
  });
  const runtime = createLoopRuntime({
    transport,
    tools,
    clock,
    newId: newItemId,
    files: ports.files,
    spill: createResultFiles(ports.files, join(host.temporaryDirectory, `hermes-${id}`)),
  });
  const runner = createTurnRunner(
    { store, runtime, clock, redactor, newTurnId },
    {
      sessionId: id,
      model,
      instructions,
      cwd,
      reasoningEffort: options.reasoningEffort ?? defaults.model.reasoning_effort,
      maxSteps: options.maxSteps ?? defaults.agent.max_turns,
      approver,
      ...(options.ask ? { ask: options.ask } : {}),
    },
    stored?.items ?? [],
  );
  return {
    id,
    items: () => runner.items(),
    runTurn: (message, signal = new AbortController().signal) =>
      runner.runTurn(typeof message === "string" ? textMessage(message) : message, signal),
    async [Symbol.asyncDispose]() {
      await runtime[Symbol.asyncDispose]();
      await ownStore[Symbol.asyncDispose]();
    },
  };
}

const defaultInstructions =
  "You are a helpful agent. Use the tools that you have, and say plainly what you did.";

function textMessage(text: string): UserMessage {
  return { type: "user-message", id: newItemId(), parts: [{ type: "text", text }] };
}
