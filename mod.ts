/**
 * The library: run turns of an agent in a program of your own, with your own approver, tools and store.
 * The example in README shows the whole way; everything that is exported here is documented where it is defined.
 */

// Sessions and turns
export {
  connectEndpoint,
  type EndpointOptions,
  openSession,
  type Session,
  type SessionOptions,
} from "./src/app/session.ts";
export { createLoopRuntime, type LoopDeps } from "./src/agent/loop.ts";
export {
  type CodexRuntime,
  type CodexRuntimeDeps,
  type CodexRuntimeOptions,
  createCodexRuntime,
} from "./src/codex/runtime.ts";
export { CodexClient, type CodexClientDeps } from "./src/codex/client.ts";
export { Projector, type ProjectorScope } from "./src/codex/projector.ts";
export {
  type CodexProcess,
  type CodexProcessDeps,
  type CodexProgram,
  startCodex,
} from "./src/codex/process.ts";
export type { CodexLimits } from "./src/codex/turn_clock.ts";
export { runSessionTurn, type SessionTurnDeps } from "./src/agent/session_turn.ts";
export type { AgentRuntime, TurnRequest } from "./src/core/runtime.ts";
export { Steering } from "./src/core/steering.ts";

// What happens in a turn
export type {
  FinishReason,
  ItemEvent,
  ModelEvent,
  NoticeEvent,
  PlanEvent,
  RetryEvent,
  TurnEvent,
  TurnOutcome,
  Usage,
} from "./src/core/event.ts";
export type {
  AssistantMessage,
  ChangedFile,
  CommandRun,
  ContentPart,
  FileChange,
  Item,
  ModelItem,
  Reasoning,
  Replay,
  ToolCall,
  ToolResult,
  UserMessage,
  WireApi,
} from "./src/core/item.ts";
export { type ErrorCode, HermesError } from "./src/core/errors.ts";

// Models
export type { ModelRequest, ModelTransport, ReasoningEffort } from "./src/core/model.ts";
export type { Dialect, ModelEndpoint } from "./src/core/provider.ts";
export type { Credential, CredentialRequest, CredentialSource } from "./src/core/credential.ts";
export { createResponsesTransport } from "./src/transports/responses/transport.ts";
export { createChatCompletionsTransport } from "./src/transports/chat_completions/transport.ts";
export type { TransportDeps, TransportOptions } from "./src/transports/exchange.ts";
export { type RetryDeps, withRetry } from "./src/transports/retry.ts";
export { createReplayTransport } from "./src/transports/replay/replay.ts";
export { parseRecording } from "./src/transports/replay/parse_recording.ts";
export { recordTransport } from "./src/transports/replay/record.ts";

// Tools and approvals
export type {
  Question,
  Tool,
  ToolAccess,
  ToolContext,
  ToolEffect,
  ToolOutput,
  ToolPermission,
  ToolSpec,
} from "./src/core/tool.ts";
export {
  type ApprovalDecision,
  type ApprovalRequest,
  type ApprovalSubject,
  type ApprovalVerdict,
  type Approver,
  denyAll,
} from "./src/core/approval.ts";
export { createTools, type ToolDeps, type ToolLimits, type ToolSet } from "./src/tools/registry.ts";

// Sessions on disk and in memory
export type {
  Branching,
  EndedTurn,
  NewSession,
  NewTurn,
  Rewind,
  SearchHit,
  SessionCatalog,
  SessionInfo,
  SessionStore,
  StoredItem,
  WholeSession,
} from "./src/core/session_store.ts";
export type { ModelCalls, SideKind, SideUsage, Spending } from "./src/core/spending.ts";
export { MemorySessionStore } from "./src/storage/memory_store.ts";
export { SqliteSessionStore, type SessionStoreDeps } from "./src/storage/session_store.ts";

// The outside
export type {
  Clock,
  Fetch,
  FileStore,
  Host,
  Ports,
  ProcessTable,
  Spawner,
} from "./src/core/ports.ts";
export { createPorts } from "./src/platform/ports.ts";
export { createRedactor, type Redactor } from "./src/core/redact.ts";
