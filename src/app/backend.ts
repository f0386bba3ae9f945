import type { CompressNow } from "../agent/compression/on_demand.ts";
import type { LoopDeps } from "../agent/loop.ts";
import type { ConversationOptions } from "../app.ts";
import type { Config } from "../config/schema.ts";
import type { AuxiliaryModel } from "../core/auxiliary.ts";
import type { Usage } from "../core/event.ts";
import type { SideUsage } from "../core/spending.ts";
import type { Redactor } from "../core/redact.ts";
import type { AgentRuntime } from "../core/runtime.ts";
import type { RuntimeName, SessionInfo } from "../core/session_store.ts";
import { chooseRuntime } from "./choose_runtime.ts";
import type { SessionLocks } from "./compression.ts";
import type { AppParts } from "./parts.ts";

/** What runs the turns of a conversation. */
export interface Backend extends AsyncDisposable {
  readonly name: RuntimeName;
  readonly provider: string;
  readonly model: string;
  /** Where the model is asked, when that is done from here. */
  readonly baseUrl?: string;
  readonly runtime: AgentRuntime;
  /** The prompt of the session. */
  readonly instructions: string;
  /** Names of the tools of ours that the model sees. */
  readonly toolNames: readonly string[];
  readonly warnings: readonly string[];
  /** What our own loop of this conversation is made of, for turns beside it; absent where another program runs turns. */
  readonly loop?: LoopDeps;
  /** Compresses a session of it when somebody wants that; absent where no model is asked. */
  readonly compressNow?: CompressNow;
  /** For small calls beside turns; absent where no model is asked from here. */
  readonly auxiliary?: AuxiliaryModel & { used?(): Usage };
  /** What has come up since the last time and the user should know, one sentence each. */
  takeNotices?(): readonly string[];
}

/** What a backend is opened from. */
export interface BackendRequest {
  readonly config: Config;
  readonly options: ConversationOptions;
  readonly redactor: Redactor;
  /** The session that is gone on with. */
  readonly stored: SessionInfo | undefined;
  /** Where its sessions are. */
  readonly store: SessionLocks;
  /** Takes what was used beside the conversation, for the session that it is in by then; never rejects. */
  readonly keepSide: (side: SideUsage) => Promise<void>;
}

/**
 * Opens what shall run the turns; loads only that. Asks no model and starts no program but the user's MCP servers.
 * @throws {HermesError} what is missing or wrong
 */
export async function openBackend(app: AppParts, request: BackendRequest): Promise<Backend> {
  const name = chooseRuntime(request);
  switch (name) {
    case "loop":
      return await (await import("./loop_backend.ts")).openLoopBackend(app, request);
    case "codex_app_server":
      await checkForCodex(request);
      return await (await import("./codex_backend.ts")).openCodexBackend(app, request);
    default:
      return name satisfies never;
  }
}

/** Codex starts the servers by itself: what is known here is whether it can be told of them. */
async function checkForCodex({ config, options }: BackendRequest): Promise<void> {
  const { requireMcp = [] } = options;
  if (requireMcp.length === 0) return;
  const [{ checkRequired }, { mcpServersOf }] = await Promise.all([
    import("./mcp_tools.ts"),
    import("../config/mcp_servers.ts"),
  ]);
  checkRequired(mcpServersOf({ config, origins: new Map() }), requireMcp);
}
