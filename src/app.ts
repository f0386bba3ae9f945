import type { Leases } from "./auth/leases.ts";
import type { Approver } from "./core/approval.ts";
import type { AuxiliaryModel } from "./core/auxiliary.ts";
import type { CredentialSource } from "./core/credential.ts";
import type { TurnEvent, Usage } from "./core/event.ts";
import type { UserMessage } from "./core/item.ts";
import type { Log } from "./core/log.ts";
import type { ReasoningEffort } from "./core/model.ts";
import type { Env, Ports } from "./core/ports.ts";
import { createProcessOwners } from "./core/process_owner.ts";
import type { Redactor } from "./core/redact.ts";
import type { RuntimeName, SessionCatalog, SessionStore } from "./core/session_store.ts";
import type { Steering } from "./core/steering.ts";
import type { Question } from "./core/tool.ts";
import type { CodexStatus } from "./codex/status.ts";
import type { ResolvedModel } from "./config/resolve_endpoint.ts";
import type { Config } from "./config/schema.ts";
import type { LoadedEnv } from "./config/dotenv.ts";
import { loadConfig } from "./config/load.ts";
import type { LoadedConfig } from "./config/loaded_config.ts";
import { type HomePaths, resolveHome } from "./config/paths.ts";
import type { AnswerSchema } from "./app/answer_check.ts";
import type { CodexConfigDesk } from "./app/codex_config.ts";
import type { CronDesk } from "./app/cron.ts";
import { type Lazy, lazy } from "./app/lazy.ts";
import type { LoginDesk } from "./app/logins.ts";
import type { McpServeOptions } from "./app/mcp_server.ts";
import type { McpDesk } from "./app/mcp_desk.ts";
import type { AppParts } from "./app/parts.ts";
import type { ReviewReport } from "./app/reviewer.ts";

/** How dangerous commands are decided: by a person, by a small model and then a person, never, always. */
export type ApprovalMode = "ask" | "smart" | "deny" | "yolo";

export interface AppOptions {
  /** `--profile`; `HERMES_PROFILE` where absent. */
  readonly profile?: string;
  /** `--set key=value`, in order. */
  readonly overrides: readonly string[];
}

/** What a conversation is opened with; absent fields come from the configuration. */
export interface ConversationOptions {
  readonly source: "cli" | "oneshot" | "demo" | "cron";
  readonly cwd: string;
  readonly model?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly runtime?: "auto" | RuntimeName;
  readonly reasoningEffort?: ReasoningEffort;
  /** Go on with a stored session. */
  readonly resume?:
    { readonly kind: "latest" } | { readonly kind: "named"; readonly idOrTitle: string };
  /** Names of toolsets and of MCP servers; all where absent. */
  readonly toolsets?: readonly string[];
  /** Names of skills that go with the first message. */
  readonly skills?: readonly string[];
  /** MCP servers that must be ready: without them nothing is asked. */
  readonly requireMcp?: readonly string[];
  /** Ends the opening, which may wait for MCP servers. */
  readonly signal?: AbortSignal;
  /** Is told what is waited for, when that takes longer than a moment. */
  readonly onWaiting?: (text: string) => void;
  readonly maxSteps?: number;
  /** A turn whose answer does not follow it fails with `turn/answer_invalid`. */
  readonly outputSchema?: AnswerSchema;
  /** No session row: kept in memory. */
  readonly ephemeral: boolean;
  readonly approval: ApprovalMode;
  /** `--allow` patterns. */
  readonly allow: readonly string[];
  /** What commands get in their environment besides what they get anyway. */
  readonly commandEnv?: Readonly<Record<string, string>>;
  /** Asks the person; absent where there is nobody (then `ask` denies). */
  readonly person?: Approver;
  /** Puts a question of the `clarify` tool to the person. */
  readonly ask?: (question: Question, signal: AbortSignal) => Promise<string | undefined>;
  /** Is told what reviews of the conversation came to, which run beside it; absent: there are none. */
  readonly onReview?: (report: ReviewReport) => void;
  /** File that the model side is written to. */
  readonly record?: string;
  /** Answers from a file in place of a model, or from the embedded demo. */
  readonly replay?: { readonly kind: "file"; readonly path: string } | { readonly kind: "demo" };
}

/** A session with its backend, ready for turns one after the other. */
export interface Conversation extends AsyncDisposable {
  /** Another one after a compression. */
  readonly sessionId: string;
  readonly provider: string;
  readonly model: string;
  readonly runtime: RuntimeName;
  readonly cwd: string;
  readonly approval: ApprovalMode;
  /** Names of the tools that the model sees. */
  readonly toolNames: readonly string[];
  /** What small model calls beside the turns used; absent where there are none. */
  usedBeside?(): Usage;
  /** For small questions beside turns; absent where no model is asked from here. */
  readonly auxiliary?: AuxiliaryModel;
  /** Never throws: a failure is the `turn-end`. What waits in `steering` when it has ended was not taken. */
  runTurn(message: UserMessage, signal: AbortSignal, steering?: Steering): AsyncIterable<TurnEvent>;
  /** Compresses the context now, with `focus` as what matters most; as `runTurn`. Absent where no model is asked. */
  readonly compress?: (focus: string | undefined, signal: AbortSignal) => AsyncIterable<TurnEvent>;
  /** The review that runs beside it now, if one does; never rejects. Closing the conversation ends it. */
  review(): Promise<void> | undefined;
}

/** The composed program: everything lazily, nothing opened before it is asked for. */
export interface App extends AsyncDisposable {
  readonly ports: Ports;
  /** The process environment over `<home>/.env`. */
  env(): Promise<Env>;
  readonly paths: HomePaths;
  redactor(): Promise<Redactor>;
  /** `logs/hermes.log`; what cannot be read or written leaves it without a line. */
  log(): Promise<Log>;
  /** As it was when it was read first. @throws {HermesError} `config/invalid`, `config/unreadable` */
  config(): Promise<Config>;
  /** As it is by now. @throws {HermesError} `config/invalid`, `config/unreadable` */
  freshConfig(): Promise<Config>;
  /** @throws {HermesError} `store/unreadable`, `store/invalid` */
  sessions(): Promise<SessionStore & SessionCatalog>;
  /**
   * Resolves model, credential and session, and starts the MCP servers; asks no model.
   * @throws {HermesError} `auth/missing`, `mcp/unavailable`, `session/not_found`, `config/*`, `store/*`, `usage/invalid`
   */
  openConversation(options: ConversationOptions): Promise<Conversation>;
  /**
   * Where a turn with these flags would go; opens no connection.
   * @throws {HermesError} `auth/missing` when nothing is configured, `usage/invalid`, `config/*`
   */
  resolveModel(flags: ModelFlags): Promise<ResolvedModel>;
  /** What opens the door of an endpoint. */
  credentials(resolved: ResolvedModel): Promise<CredentialSource>;
  /**
   * The ids of the models that the endpoint offers, as it lists them.
   * @throws {HermesError} `auth/*`, `network/*`, `model/*`
   */
  listModels(flags: ModelFlags, signal: AbortSignal): Promise<readonly string[]>;
  /** The logins and keys that were added with `hermes auth`. */
  logins(): Promise<LoginDesk>;
  /** The MCP servers of the configuration. */
  mcp(): Promise<McpDesk>;
  /** The codex that turns would run on; starts it for a moment, changes nothing. */
  codexStatus(signal: AbortSignal): Promise<CodexStatus>;
  /**
   * Serves tools over MCP until the client is gone or the signal aborts; then what is running is ended.
   * @throws {HermesError} `usage/invalid`, `file/*`, `stream/invalid`
   */
  serveMcp(options: McpServeOptions, signal: AbortSignal): Promise<void>;
  /** What is written into codex's own configuration. */
  codexConfig(): Promise<CodexConfigDesk>;
  /** The jobs of this home; opens their file when it is used. */
  cron(): Promise<CronDesk>;
}

/** What the command line may say of the model. */
export interface ModelFlags {
  readonly model?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
}

/**
 * Composes the program for one home. Cheap: what it is made of is loaded and opened when it is used first.
 * @throws {HermesError} `usage/invalid` for a profile that cannot be one
 */
export function createApp(ports: Ports, options: AppOptions): App {
  return composeApp(ports, options);
}

/** What is opened once for a process, whatever becomes of its settings. */
interface Opened {
  readonly redactor: Lazy<Redactor>;
  readonly sessions: Lazy<SessionStore & SessionCatalog & AsyncDisposable>;
  readonly log: Lazy<Log & AsyncDisposable>;
  readonly cron: Lazy<CronDesk>;
  readonly leases: Lazy<Leases>;
  readonly creditRests: AppParts["creditRests"];
}

function composeApp(ports: Ports, options: AppOptions, shared?: Opened): AppParts {
  const paths = resolveHome(ports.env, ports.host, options.profile);
  const loadedEnv = lazy(async () => {
    const { loadEnv } = await import("./config/dotenv.ts");
    return await loadEnv(ports.files, paths, ports.env);
  });
  const loadedConfig = lazy(async () => {
    const { env } = await loadedEnv();
    return await loadConfig({ files: ports.files, env }, paths, options.overrides);
  });
  const opened = shared ?? openOnce({ ports, paths, loadedEnv, loadedConfig, app: () => app });
  const { redactor, sessions, log, cron, leases, creditRests } = opened;
  const access = () => import("./app/endpoint_access.ts");
  const app: AppParts = {
    ports,
    paths,
    redactor,
    log,
    sessions,
    creditRests,
    env: async () => (await loadedEnv()).env,
    config: async () => (await loadedConfig()).config,
    loadedConfig: () => loadedConfig(),
    async freshConfig() {
      const { env } = await loadedEnv();
      return (await loadConfig({ files: ports.files, env }, paths, options.overrides)).config;
    },
    async warnings() {
      const problems = [...(await loadedEnv()).problems, ...(await loadedConfig()).problems];
      const { placeWarnings } = await import("./auth/auth_place.ts");
      const { authFile, sharedAuthFile } = paths;
      const places = sharedAuthFile === null ? [authFile] : [authFile, sharedAuthFile];
      const logins = await Promise.all(places.map((path) => placeWarnings(ports.files, path)));
      return [...problems.map(({ message }) => message), ...logins.flat()];
    },
    async resolveModel(flags) {
      return await (await access()).resolveModel(app, flags);
    },
    async credentials(resolved) {
      const { openCredentials } = await access();
      return await openCredentials({ app, loadedEnv: await loadedEnv(), leases }, resolved);
    },
    async listModels(flags, signal) {
      const [resolved, { listModels }] = await Promise.all([
        app.resolveModel(flags),
        import("./transports/model_list.ts"),
      ]);
      const credentials = await app.credentials(resolved);
      const deps = { fetch: ports.fetch, clock: ports.clock, credentials };
      try {
        return await listModels(deps, resolved.endpoint, signal);
      } finally {
        credentials.release?.();
      }
    },
    async logins() {
      return await (await import("./app/logins.ts")).openLogins(app);
    },
    async mcp() {
      return (await import("./app/mcp_desk.ts")).openMcpDesk(app);
    },
    async codexStatus(signal) {
      const { readStatus } = await import("./app/codex_backend.ts");
      return await readStatus(app, signal);
    },
    async serveMcp(serving, signal) {
      const { serveMcp } = await import("./app/mcp_server.ts");
      await serveMcp(app, serving, signal);
    },
    async codexConfig() {
      const { openCodexConfig } = await import("./app/codex_config.ts");
      return openCodexConfig(app, options.overrides);
    },
    cron: () => cron(),
    async openConversation(conversation) {
      const { openConversation } = await import("./app/conversation.ts");
      return await openConversation(app, conversation);
    },
    async renewed() {
      const next = composeApp(ports, options, opened);
      const [names, env, masking] = await Promise.all([next.secretNames(), next.env(), redactor()]);
      for (const secret of names.flatMap((name) => env[name]?.trim() || [])) {
        masking.addSecret(secret);
      }
      return next;
    },
    async secretNames() {
      const [{ fromFile }, { config }, names] = await Promise.all([
        loadedEnv(),
        loadedConfig(),
        import("./app/secret_names.ts"),
      ]);
      return names.secretNames(fromFile, config);
    },
    async allowAlways(key) {
      const { applyEdits } = await import("./config/edit.ts");
      await applyEdits(ports.files, paths, [{ path: ["command_allowlist"], append: key }]);
    },
    async [Symbol.asyncDispose]() {
      await (await sessions.ifMade())?.[Symbol.asyncDispose]();
      await (await cron.ifMade())?.store[Symbol.asyncDispose]();
      await (await log.ifMade())?.[Symbol.asyncDispose]();
    },
  };
  return app;
}

interface OpeningParts {
  readonly ports: Ports;
  readonly paths: HomePaths;
  readonly loadedEnv: Lazy<LoadedEnv>;
  readonly loadedConfig: Lazy<LoadedConfig>;
  readonly app: () => AppParts;
}

function openOnce({ ports, paths, loadedEnv, loadedConfig, app }: OpeningParts): Opened {
  const redactor = lazy(async () => {
    const { openRedactor } = await import("./app/open_redactor.ts");
    return await openRedactor(ports.env, { loadedEnv, loadedConfig });
  });
  return {
    redactor,
    sessions: lazy(async () => {
      const { SqliteSessionStore } = await import("./storage/session_store.ts");
      const exists = async (path: string) => (await ports.files.stat(path)) !== undefined;
      const owners = createProcessOwners(ports.processes, ports.host);
      return new SqliteSessionStore({ exists, owners }, paths.sessionsFile);
    }),
    log: lazy(async () => {
      const [{ createLog }, masking, loaded] = await Promise.all([
        import("./app/log.ts"),
        redactor(),
        loadedConfig().catch(() => undefined),
      ]);
      const mask = (text: string): string => masking.boundary(text);
      return createLog(
        { ...ports, mask },
        { file: paths.logFile, home: paths.home, level: loaded?.config.logging.level ?? "info" },
      );
    }),
    cron: lazy(async () => {
      const { openCron } = await import("./app/cron.ts");
      return await openCron(app());
    }),
    leases: lazy(async () => new (await import("./auth/leases.ts")).Leases()),
    creditRests: new Map(),
  };
}
