import { HermesError } from "../core/errors.ts";
import type { TurnRequest } from "../core/runtime.ts";
import type { Tool } from "../core/tool.ts";
import { RpcError } from "../wire/json_rpc.ts";
import type { CodexClient, OpenedThread } from "./client.ts";
import type { Connection } from "./connection.ts";
import { dynamicToolSpecs } from "./dynamic_tools.ts";
import { signInHint } from "./failures.ts";
import { historyItems, type ThreadOptions, threadResume, threadStart } from "./thread_options.ts";

export interface OpeningOptions {
  /** Ours, told to codex. */
  readonly version: string;
  readonly model?: string;
  readonly serviceTier?: string;
  readonly tools: readonly Tool[];
  readonly turn: Pick<TurnRequest, "instructions" | "history" | "cwd">;
  /** The thread that the session has had so far. */
  readonly threadId: string | undefined;
}

export interface Opening {
  readonly threadId: string;
  /** `replaced`: the session had one that codex does not have any more. */
  readonly kind: "resumed" | "new" | "replaced";
  /** This codex takes no tools of ours. */
  readonly isWithoutTools: boolean;
}

/**
 * Opens the thread of a session in a codex that was just started: the one that it had, else a new one that knows what
 * was said.
 * @throws {HermesError} `auth/missing`, `codex/too_old`, `codex/config_invalid`, `codex/silent`; {RpcError} any other refusal
 */
export async function openThread(
  connection: Connection,
  { version, turn, threadId, tools, model, serviceTier }: OpeningOptions,
  signal: AbortSignal,
): Promise<Opening> {
  const { client } = connection;
  await client.initialize(version, signal);
  connection.enter("while it opened the session");
  const [settings, account] = await Promise.all([
    client.readSettings(turn.cwd, signal),
    // Some versions need the network for it.
    client.readAccount(signal).catch(() => undefined),
  ]);
  if (account?.isNeeded === true && account.kind === undefined) throw notSignedIn();
  const options: ThreadOptions = {
    instructions: turn.instructions,
    hasSandboxChoice: settings.hasSandboxChoice,
    tools: dynamicToolSpecs(tools),
    marker: connection.marker,
    ...(model === undefined ? {} : { model }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
  };
  const resumed =
    threadId === undefined
      ? undefined
      : await resume(client, threadResume(threadId, turn.cwd, options), signal);
  if (resumed) return { threadId: resumed.threadId, kind: "resumed", isWithoutTools: false };
  const opened = await start(client, options, signal);
  const history = historyItems(turn.history);
  if (history.length > 0) await client.injectItems(opened.threadId, history, signal);
  return { ...opened, kind: threadId === undefined ? "new" : "replaced" };
}

/** A new thread; without our tools in a codex that refuses them, for they are experimental. */
async function start(
  client: CodexClient,
  options: ThreadOptions,
  signal: AbortSignal,
): Promise<Omit<Opening, "kind">> {
  try {
    const { threadId } = await client.startThread(threadStart(options), signal);
    return { threadId, isWithoutTools: false };
  } catch (error) {
    if (!(error instanceof RpcError) || !/dynamic.?tool/i.test(error.message)) throw error;
    const { threadId } = await client.startThread(threadStart({ ...options, tools: [] }), signal);
    return { threadId, isWithoutTools: options.tools.length > 0 };
  }
}

/** The thread as codex has it; undefined when it has it no more. */
async function resume(
  client: CodexClient,
  params: ReturnType<typeof threadResume>,
  signal: AbortSignal,
): Promise<OpenedThread | undefined> {
  try {
    return await client.resumeThread(params, signal);
  } catch (error) {
    if (error instanceof RpcError) return undefined;
    throw error;
  }
}

function notSignedIn(): HermesError {
  return new HermesError("auth/missing", "codex is not signed in", { hint: signInHint });
}
