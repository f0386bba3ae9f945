import { defined } from "../core/defined.ts";
import { HermesError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { TurnRequest } from "../core/runtime.ts";
import type { Tool } from "../core/tool.ts";
import { RpcError } from "../wire/json_rpc.ts";
import type { CodexChoices, CodexClient } from "./client.ts";
import type { Connection } from "./connection.ts";
import { dynamicToolSpecs } from "./dynamic_tools.ts";
import { signInHint } from "./failures.ts";
import type { CodexServers } from "./server_entries.ts";
import { historyItems, type ThreadOptions, threadResume, threadStart } from "./thread_options.ts";
import { planThreadServers, type ThreadServers } from "./thread_servers.ts";
import type { ThreadState } from "./thread_state.ts";
import type { CodexVersion } from "./version.ts";

export interface OpeningOptions {
  /** Ours, told to codex. */
  readonly version: string;
  readonly model?: string;
  readonly serviceTier?: string;
  readonly tools: readonly Tool[];
  /** How a new thread gets the tools: from this process, or from `ownServer`. */
  readonly toolsBy: "dynamic" | "mcp";
  /** The entry of the MCP server that has our tools; absent: there is none to be had, or none is wanted. */
  readonly ownServer: JsonObject | undefined;
  /** The MCP servers of the user's, as this codex takes them. */
  readonly serversFor: (codex: Pick<CodexVersion, "isAtLeast">) => CodexServers;
  /** Variables that codex has only for the sake of servers. */
  readonly serverVariables: readonly string[];
  readonly turn: Pick<TurnRequest, "instructions" | "history" | "cwd">;
  /** The thread that the session has had so far. */
  readonly thread: ThreadState | undefined;
}

export interface Opening {
  readonly thread: ThreadState;
  /** `replaced`: the session had one that codex does not open. */
  readonly kind: "resumed" | "new" | "replaced";
  /** Of a thread that was replaced: why codex did not open it. */
  readonly refusal?: string;
  /** Tools of ours are wanted, and this codex takes none in any way. */
  readonly isWithoutTools: boolean;
  /** The MCP servers that it got from us. */
  readonly servers: ThreadServers;
  /** Names of the MCP servers of the user's codex configuration. */
  readonly definedServers: readonly string[];
}

/**
 * Opens the thread of a session in a codex that was just started: the one that it had, else a new one that knows what
 * was said.
 * @throws {HermesError} `auth/missing`, `codex/too_old`, `codex/config_invalid`, `mcp/unavailable`, `codex/silent`;
 * {RpcError} any other refusal
 */
export async function openThread(
  connection: Connection,
  options: OpeningOptions,
  signal: AbortSignal,
): Promise<Opening> {
  const { client } = connection;
  const { turn, thread, tools } = options;
  const codex = await client.initialize(options.version, signal);
  connection.enter("while it opened the session");
  const [choices, account] = await Promise.all([
    client.readSettings(turn.cwd, signal),
    // Some versions need the network for it.
    client.readAccount(signal).catch(() => undefined),
  ]);
  if (account?.isNeeded === true && account.kind === undefined) throw notSignedIn();
  const given = options.serversFor(codex);
  const { mcpServers } = choices;
  const serversWith = (isByServer: boolean): ThreadServers =>
    planThreadServers({
      given,
      own: isByServer ? options.ownServer : undefined,
      defined: mcpServers,
    });
  const paramsWith = (servers: ThreadServers): ThreadOptions => ({
    ...defined("model", options.model),
    ...defined("serviceTier", options.serviceTier),
    instructions: turn.instructions,
    hasSandboxChoice: choices.hasSandboxChoice,
    tools: [],
    servers: servers.config,
    hiding: hiding(options.serverVariables, { choices, codex }),
    marker: connection.marker,
  });
  const definedServers = Object.keys(mcpServers);
  let refusal: string | undefined;
  if (thread !== undefined) {
    const servers = serversWith(!thread.hasTools);
    const params = threadResume(thread.threadId, turn.cwd, paramsWith(servers));
    refusal = await resume(client, params, signal);
    if (refusal === undefined) {
      return { thread, kind: "resumed", isWithoutTools: false, servers, definedServers };
    }
  }
  const opened = await start(client, {
    tools: options.toolsBy === "dynamic" ? tools : [],
    serversWith,
    paramsWith,
    signal,
  });
  const history = historyItems(turn.history);
  if (history.length > 0) await client.injectItems(opened.thread.threadId, history, signal);
  return {
    ...opened,
    ...(refusal === undefined ? { kind: "new" } : { kind: "replaced", refusal }),
    isWithoutTools: tools.length > 0 && !opened.thread.hasTools && options.ownServer === undefined,
    definedServers,
  };
}

interface StartOptions {
  readonly tools: readonly Tool[];
  readonly serversWith: (isByServer: boolean) => ThreadServers;
  readonly paramsWith: (servers: ThreadServers) => ThreadOptions;
  readonly signal: AbortSignal;
}

/** A new thread; with our tools by a server in a codex that refuses them, for they are experimental. */
async function start(
  client: CodexClient,
  options: StartOptions,
): Promise<Pick<Opening, "thread" | "servers">> {
  const { tools, serversWith, paramsWith, signal } = options;
  const hasTools = tools.length > 0;
  const servers = serversWith(!hasTools);
  const params = { ...paramsWith(servers), tools: dynamicToolSpecs(tools) };
  try {
    const { threadId } = await client.startThread(threadStart(params), signal);
    return { thread: { threadId, hasTools }, servers };
  } catch (error) {
    const isRefusal = error instanceof RpcError && /dynamic.?tool/i.test(error.message);
    if (!isRefusal || !hasTools) throw error;
    return await start(client, { ...options, tools: [] });
  }
}

/** Settings that keep variables of servers from the commands of a thread; the user's own patterns stay. */
function hiding(
  names: readonly string[],
  {
    choices: { hiddenVariables },
    codex,
  }: { readonly choices: CodexChoices; readonly codex: Pick<CodexVersion, "isAtLeast"> },
): JsonObject {
  if (names.length === 0) return {};
  return {
    "shell_environment_policy.exclude": [...hiddenVariables, ...names],
    // 0.130 writes all of its environment into a file, from which commands get it back.
    ...(!codex.isAtLeast(0, 169) && { "features.shell_snapshot": false }),
  };
}

/** Opens the thread that the session had; why codex refuses, where it does. */
async function resume(
  client: CodexClient,
  params: ReturnType<typeof threadResume>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await client.resumeThread(params, signal);
    return undefined;
  } catch (error) {
    if (error instanceof RpcError) return error.message;
    throw error;
  }
}

/** What of an opening people should know. */
export function openingNotices({ refusal, isWithoutTools }: Opening): readonly string[] {
  return [
    ...(refusal === undefined
      ? []
      : [`${refusedText(refusal)}: a new one goes on from what was said`]),
    ...(isWithoutTools ? ["This codex takes no tools of hermes: it works with its own"] : []),
  ];
}

function refusedText(refusal: string): string {
  return refusal.startsWith("no rollout found")
    ? "codex does not have this session's thread any more"
    : // Since 0.169 a thread that another codex works in is refused.
      `codex does not go on in this session's thread (${refusal})`;
}

function notSignedIn(): HermesError {
  return new HermesError("auth/missing", "codex is not signed in", { hint: signInHint });
}
