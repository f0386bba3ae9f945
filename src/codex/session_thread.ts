import { noUsage, type Usage } from "../core/event.ts";
import type { JsonObject } from "../core/json.ts";
import type { Clock } from "../core/ports.ts";
import type { Tool } from "../core/tool.ts";
import type { TurnScope } from "./codex_turn.ts";
import type { Connection } from "./connection.ts";
import type { CodexServers } from "./server_entries.ts";
import { awaitServers } from "./server_readiness.ts";
import { type Opening, type OpeningOptions, openThread } from "./thread_opening.ts";
import type { ThreadServers } from "./thread_servers.ts";
import { parseThreadState, type ThreadState } from "./thread_state.ts";

/** The thread of a session in a codex that runs, from turn to turn. */
export interface SessionThread extends ThreadState {
  readonly connection: Connection;
  /** The MCP servers that it got from us. */
  readonly servers: ThreadServers;
  /** Tokens of its turns so far; undefined where codex has not told. */
  usage: Usage | undefined;
  /** Whether a command of an earlier turn may still run. */
  hasLeftWork: boolean;
}

export interface SessionThreadDeps {
  readonly clock: Clock;
  /** Tools that codex's model gets besides codex's own. */
  readonly tools: readonly Tool[];
  /** The MCP servers of the user's, as a codex of that version takes them; absent: none. */
  readonly servers?: OpeningOptions["serversFor"];
  /** The entry of the MCP server that has `tools`, for a codex that takes them in no other way. */
  readonly ownServer?: JsonObject;
}

export interface SessionThreadOptions {
  /** Ours, told to codex. */
  readonly version: string;
  /** The user's choices; codex's own configuration decides where they are absent. */
  readonly model?: string;
  readonly serviceTier?: string;
  /** How new threads get `tools`; `dynamic` where absent: answered by this process. */
  readonly toolsBy?: "dynamic" | "mcp";
  /** Variables that codex has in its environment only for the sake of `servers`: its commands do not get them. */
  readonly serverVariables?: readonly string[];
  /** MCP servers without which no turn starts: `mcp/unavailable`. */
  readonly requiredServers?: readonly string[];
}

/** For which turn a thread is opened, in which codex. */
export interface ThreadRequest {
  readonly connection: Connection;
  readonly turn: TurnScope;
  /** The session's thread in the codex before, where there was one. */
  readonly known: SessionThread | undefined;
}

/**
 * Opens the thread of a session in a codex that was just started, and waits for its MCP servers.
 * @throws {HermesError} as `openThread` does; `mcp/unavailable` for a server that is required
 */
export async function openSessionThread(
  deps: SessionThreadDeps,
  options: SessionThreadOptions,
  { connection, turn, known }: ThreadRequest,
  signal: AbortSignal,
): Promise<{ readonly thread: SessionThread; readonly opening: Opening }> {
  const { clock, tools, ownServer, servers: serversFor = noServers } = deps;
  const { toolsBy = "dynamic", serverVariables = [], requiredServers = [] } = options;
  const stored = turn.runtimeState;
  const before = known ?? (stored === undefined ? undefined : parseThreadState(stored));
  const thread = before && { threadId: before.threadId, hasTools: before.hasTools };
  const opening = await openThread(
    connection,
    { ...options, tools, toolsBy, ownServer, serversFor, serverVariables, turn, thread },
    signal,
  );
  const { servers, definedServers } = opening;
  const { injected, problems } = servers;
  connection.servers.inject(injected);
  await awaitServers(
    { clock, starts: connection.servers },
    { injected, defined: definedServers, required: requiredServers, problems },
    signal,
  );
  const usage = opening.kind === "resumed" ? known?.usage : noUsage;
  return {
    thread: { connection, ...opening.thread, servers, usage, hasLeftWork: false },
    opening,
  };
}

function noServers(): CodexServers {
  return { entries: new Map(), env: {}, problems: [], signIns: [] };
}
