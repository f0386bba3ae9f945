import type { ZodType } from "zod";
import { HermesError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { Clock } from "../core/ports.ts";
import { type JsonRpcPeer, RpcError } from "../wire/json_rpc.ts";
import { accountReply, configReply, initializeReply, threadReply, turnReply } from "./protocol.ts";
import { codexVersion, type CodexVersion } from "./version.ts";

export interface CodexClientDeps {
  readonly peer: JsonRpcPeer;
  readonly clock: Clock;
}

/** A thread as codex opened it. */
export interface OpenedThread {
  readonly threadId: string;
  /** The model that answers in it; undefined where codex does not say. */
  readonly model: string | undefined;
}

/** Who is signed in to codex. */
export interface CodexAccount {
  /** `chatgpt`, `apiKey`, ...; undefined when nobody is. */
  readonly kind: string | undefined;
  readonly email: string | undefined;
  readonly plan: string | undefined;
  /** Whether the configured model provider asks for a sign-in at all. */
  readonly isNeeded: boolean;
}

/** What the user's codex configuration says, as far as it concerns us. */
export interface CodexSettings {
  readonly model: string | undefined;
  readonly modelProvider: string | undefined;
  /** Whether the user chose what commands may do: then nothing of ours takes its place. */
  readonly hasSandboxChoice: boolean;
}

/** What a thread must not take away from the user's codex configuration. */
export interface CodexChoices extends CodexSettings {
  /** `mcp_servers`, with what codex fills in by itself. */
  readonly mcpServers: JsonObject;
  /** Patterns of the variables that commands do not get. */
  readonly hiddenVariables: readonly string[];
}

/** How long codex may take to answer, in milliseconds. Opening a thread waits for servers that the user requires. */
const answerMs = 10_000;
const openThreadMs = 60_000;

/**
 * The calls of codex's app-server protocol that are made here. All of them throw `RpcError` for a refusal,
 * `codex/silent` without an answer in time, and what the connection ended with.
 */
export class CodexClient {
  readonly #peer: JsonRpcPeer;
  readonly #clock: Clock;

  constructor({ peer, clock }: CodexClientDeps) {
    this.#peer = peer;
    this.#clock = clock;
  }

  /** The first call of a connection. @throws {HermesError} `codex/too_old` */
  async initialize(ourVersion: string, signal: AbortSignal): Promise<CodexVersion> {
    const reply = await this.#call("initialize", initializeReply, {
      params: {
        clientInfo: { name: "hermes", title: "Hermes Agent", version: ourVersion },
        // Tools of ours in a thread, ending its commands, other items than messages in its history.
        capabilities: { experimentalApi: true },
      },
      signal,
    });
    await this.#peer.notify("initialized");
    return codexVersion(reply.userAgent);
  }

  async readAccount(signal: AbortSignal): Promise<CodexAccount> {
    const params = { refreshToken: false };
    const { account, requiresOpenaiAuth } = await this.#call("account/read", accountReply, {
      params,
      signal,
    });
    return {
      kind: account?.type,
      email: account?.email ?? undefined,
      plan: account?.planType ?? undefined,
      isNeeded: requiresOpenaiAuth,
    };
  }

  /**
   * What holds in a directory: projects have settings of their own.
   * @throws {HermesError} `codex/config_invalid` with codex's own path, line and column
   */
  async readSettings(cwd: string, signal: AbortSignal): Promise<CodexChoices> {
    const { config } = await this.#call("config/read", configReply, {
      params: { cwd },
      signal,
    }).catch((error: unknown) => {
      throw asConfigError(error);
    });
    const choices = [config.sandbox_mode, config.default_permissions, config.profile];
    return {
      model: config.model ?? undefined,
      modelProvider: config.model_provider ?? undefined,
      hasSandboxChoice: choices.some((choice) => choice !== undefined && choice !== null),
      mcpServers: config.mcp_servers,
      hiddenVariables: config.shell_environment_policy.exclude,
    };
  }

  /** @throws {HermesError} `codex/config_invalid`, `mcp/unavailable` */
  startThread(params: JsonObject, signal: AbortSignal): Promise<OpenedThread> {
    return this.#openThread("thread/start", params, signal);
  }

  /** @throws {HermesError} `codex/config_invalid`, `mcp/unavailable`; {RpcError} when codex does not have the thread */
  resumeThread(params: JsonObject, signal: AbortSignal): Promise<OpenedThread> {
    return this.#openThread("thread/resume", params, signal);
  }

  /** Puts items of the Responses API into a thread's history. */
  async injectItems(
    threadId: string,
    items: readonly JsonObject[],
    signal: AbortSignal,
  ): Promise<void> {
    await this.#request("thread/inject_items", { threadId, items }, { signal });
  }

  /** The id of the turn that was started; undefined where codex does not say. */
  async startTurn(params: JsonObject, signal: AbortSignal): Promise<string | undefined> {
    return (await this.#call("turn/start", turnReply, { params, signal })).turn?.id;
  }

  /** Begins a turn that compacts the thread; which one, its start tells. */
  async startCompaction(threadId: string, signal: AbortSignal): Promise<void> {
    await this.#request("thread/compact/start", { threadId }, { signal });
  }

  /** Says something more to the turn that runs. */
  async steer(
    threadId: string,
    turnId: string,
    input: readonly JsonObject[],
    signal: AbortSignal,
  ): Promise<void> {
    const params = { threadId, expectedTurnId: turnId, input };
    await this.#request("turn/steer", params, { signal });
  }

  async interrupt(threadId: string, turnId: string, signal: AbortSignal): Promise<void> {
    await this.#request("turn/interrupt", { threadId, turnId }, { signal });
  }

  /** Ends the commands that a thread left running. */
  async cleanBackground(threadId: string, signal: AbortSignal): Promise<void> {
    await this.#request("thread/backgroundTerminals/clean", { threadId }, { signal });
  }

  async #openThread(
    method: string,
    params: JsonObject,
    signal: AbortSignal,
  ): Promise<OpenedThread> {
    const reply = await this.#call(method, threadReply, {
      params,
      signal,
      timeoutMs: openThreadMs,
    }).catch((error: unknown) => {
      throw asServerError(error) ?? asConfigError(error);
    });
    return { threadId: reply.thread.id, model: reply.model };
  }

  async #call<Reply>(
    method: string,
    schema: ZodType<Reply>,
    options: CallOptions & { readonly params: JsonObject },
  ): Promise<Reply> {
    const result = await this.#request(method, options.params, options);
    const parsed = schema.safeParse(result);
    if (parsed.success) return parsed.data;
    throw new HermesError(
      "stream/invalid",
      `codex answered ${method} in a way that is not understood: ${fieldsOf(result)}`,
      { cause: parsed.error, hint: "npm install -g @openai/codex, or report it" },
    );
  }

  async #request(method: string, params: JsonObject, options: CallOptions): Promise<Json> {
    const { signal, timeoutMs = answerMs } = options;
    const answered = new AbortController();
    const late = new AbortController();
    this.#clock.sleep(timeoutMs, answered.signal).then(
      () => late.abort(tooLate(method, timeoutMs)),
      () => undefined,
    );
    try {
      return await this.#peer.request(method, params, AbortSignal.any([signal, late.signal]));
    } finally {
      answered.abort();
    }
  }
}

interface CallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

function tooLate(method: string, timeoutMs: number): HermesError {
  const seconds = Math.round(timeoutMs / 1_000);
  return new HermesError("codex/silent", `codex did not answer ${method} within ${seconds} s`, {
    retryable: true,
  });
}

/** Codex starts in spite of a broken configuration, and refuses everything that needs it. */
function asConfigError(error: unknown): unknown {
  if (!(error instanceof RpcError)) return error;
  const problem =
    /^(?:failed to (?:load configuration|read configuration layers|resolve [\w ]+)|invalid configuration): (.+)$/s;
  const details = problem.exec(error.message)?.[1];
  if (details === undefined) return error;
  return new HermesError(
    "codex/config_invalid",
    `codex cannot read its configuration: ${details}`,
    {
      cause: error,
      hint: "correct that file, then: hermes codex status",
    },
  );
}

/** Codex opens no thread without the MCP servers that the user's configuration of it requires. */
function asServerError(error: unknown): HermesError | undefined {
  if (!(error instanceof RpcError)) return undefined;
  const details = /required MCP servers failed to initialize: (.+)$/s.exec(error.message)?.[1];
  if (details === undefined) return undefined;
  return new HermesError(
    "mcp/unavailable",
    `codex cannot start MCP servers that its config.toml requires: ${details}`,
    { cause: error, hint: "correct them there, or take `required = true` away" },
  );
}

function fieldsOf(value: Json): string {
  return typeof value === "object" && value !== null
    ? `fields ${Object.keys(value).join(", ")}`
    : typeof value;
}
