import type { Approver } from "./core/approval.ts";
import type { CredentialSource } from "./core/credential.ts";
import type { TurnEvent } from "./core/event.ts";
import type { UserMessage } from "./core/item.ts";
import type { JsonObject } from "./core/json.ts";
import type { ReasoningEffort } from "./core/model.ts";
import type { Env, Ports } from "./core/ports.ts";
import type { Redactor } from "./core/redact.ts";
import type { RuntimeName, SessionCatalog, SessionStore } from "./core/session_store.ts";
import type { Question } from "./core/tool.ts";
import type { ResolvedModel } from "./config/resolve_endpoint.ts";
import type { Config } from "./config/schema.ts";
import type { HomePaths } from "./config/paths.ts";

/** How dangerous commands are decided: by a person, never, always. */
export type ApprovalMode = "ask" | "deny" | "yolo";

export interface AppOptions {
  /** `--profile`; `HERMES_PROFILE` where absent. */
  readonly profile?: string;
  /** `--set key=value`, in order. */
  readonly overrides: readonly string[];
}

/** What a conversation is opened with; absent fields come from the configuration. */
export interface ConversationOptions {
  readonly source: "cli" | "oneshot" | "demo";
  readonly cwd: string;
  readonly model?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly runtime?: "auto" | RuntimeName;
  readonly reasoningEffort?: ReasoningEffort;
  /** Go on with a stored session. */
  readonly resume?:
    { readonly kind: "latest" } | { readonly kind: "named"; readonly idOrTitle: string };
  /** Names of toolsets; all where absent. */
  readonly toolsets?: readonly string[];
  readonly maxSteps?: number;
  readonly outputSchema?: JsonObject;
  /** No session row: kept in memory. */
  readonly ephemeral: boolean;
  readonly approval: ApprovalMode;
  /** `--allow` patterns. */
  readonly allow: readonly string[];
  /** Asks the person; absent where there is nobody (then `ask` denies). */
  readonly person?: Approver;
  /** Puts a question of the `clarify` tool to the person. */
  readonly ask?: (question: Question, signal: AbortSignal) => Promise<string | undefined>;
  /** File that the model side is written to. */
  readonly record?: string;
  /** Answers from a file in place of a model, or from the embedded demo. */
  readonly replay?: { readonly kind: "file"; readonly path: string } | { readonly kind: "demo" };
}

/** A session with its backend, ready for turns one after the other. */
export interface Conversation extends AsyncDisposable {
  readonly sessionId: string;
  readonly provider: string;
  readonly model: string;
  readonly runtime: RuntimeName;
  readonly cwd: string;
  readonly approval: ApprovalMode;
  /** Names of the tools that the model sees. */
  readonly toolNames: readonly string[];
  /** Never throws: a failure is the `turn-end`. */
  runTurn(message: UserMessage, signal: AbortSignal): AsyncIterable<TurnEvent>;
}

/** The composed program: everything lazily, nothing opened before it is asked for. */
export interface App extends AsyncDisposable {
  readonly ports: Ports;
  /** The process environment over `<home>/.env`. */
  env(): Promise<Env>;
  readonly paths: HomePaths;
  redactor(): Promise<Redactor>;
  /** @throws {HermesError} `config/invalid`, `config/unreadable` */
  config(): Promise<Config>;
  /** @throws {HermesError} `store/unreadable`, `store/invalid` */
  sessions(): Promise<SessionStore & SessionCatalog>;
  /**
   * Resolves model, credential and session; opens no connection.
   * @throws {HermesError} `auth/missing`, `session/not_found`, `config/*`, `store/*`, `usage/invalid`
   */
  openConversation(options: ConversationOptions): Promise<Conversation>;
  /**
   * Where a turn with these flags would go; opens no connection.
   * @throws {HermesError} `auth/missing` when nothing is configured, `usage/invalid`, `config/*`
   */
  resolveModel(flags: ModelFlags): Promise<ResolvedModel>;
  credentials(): Promise<CredentialSource>;
  /**
   * The ids of the models that the endpoint offers, as it lists them.
   * @throws {HermesError} `auth/*`, `network/*`, `model/*`
   */
  listModels(flags: ModelFlags, signal: AbortSignal): Promise<readonly string[]>;
}

/** What the command line may say of the model. */
export interface ModelFlags {
  readonly model?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
}
