import type { App, Conversation, ConversationOptions } from "../../src/app.ts";
import { checkOutcome } from "../../src/app/answer_check.ts";
import type { CronDesk } from "../../src/app/cron.ts";
import type { Migration } from "../../src/app/codex_config.ts";
import { defaults } from "../../src/config/defaults.ts";
import type { CodexStatus } from "../../src/codex/status.ts";
import { loadConfig } from "../../src/config/load.ts";
import { resolveHome } from "../../src/config/paths.ts";
import type { Config } from "../../src/config/schema.ts";
import type { ResolvedModel } from "../../src/config/resolve_endpoint.ts";
import { plainDialect } from "../../src/config/providers.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { TurnEvent } from "../../src/core/event.ts";
import type { UserMessage } from "../../src/core/item.ts";
import type { Ports } from "../../src/core/ports.ts";
import { noLog } from "../../src/core/log.ts";
import { createRedactor } from "../../src/core/redact.ts";
import type { SessionCatalog, SessionStore } from "../../src/core/session_store.ts";
import type { Steering } from "../../src/core/steering.ts";
import { machineFiles } from "../../src/platform/files.ts";
import { MemorySessionStore } from "../../src/storage/memory_store.ts";
import { createFakeClock, type FakeClock } from "./clock.ts";
import { fakeSignals, type FakeSignals } from "./signals.ts";
import { createFakeTerminal, type FakeTerminal } from "./terminal.ts";

/** Ports whose time, signals and terminal a test holds in its hands; files are the machine's. */
export interface FakePorts extends Ports {
  readonly clock: FakeClock;
  readonly signals: FakeSignals;
  readonly terminal: FakeTerminal;
}

/** Ports of a process started in `cwd`; pipes for a terminal where none is given. */
export function createFakePorts(
  options: Partial<Pick<FakePorts, "clock" | "env" | "files" | "signals" | "terminal">> & {
    readonly cwd?: string;
  } = {},
): FakePorts {
  const cwd = options.cwd ?? "/";
  return {
    env: options.env ?? {},
    host: {
      homeDirectory: cwd,
      temporaryDirectory: "/tmp",
      cwd,
      operatingSystem: "linux",
      architecture: "x64",
      pid: 1,
      userId: 0,
      hostName: "machine",
      version: "1.2.3",
    },
    clock: options.clock ?? createFakeClock(),
    files: options.files ?? machineFiles,
    spawner: {
      spawn: () => Promise.reject(new Error("No program is started here")),
      find: (program) => Promise.resolve(program === "git" ? "/usr/bin/git" : undefined),
      runInForeground: () => Promise.reject(new Error("No program is started here")),
    },
    processes: {
      name: () => Promise.resolve(undefined),
      startOf: () => Promise.resolve(undefined),
      withVariable: () => Promise.resolve([]),
      kill: () => false,
    },
    terminal: options.terminal ?? createFakeTerminal(),
    signals: options.signals ?? fakeSignals(),
    fetch: () => Promise.reject(new Error("Nothing is fetched here")),
    resolver: { addressesOf: (host) => Promise.resolve([host]) },
    loopback: { listen: () => Promise.reject(new Error("Nothing listens here")) },
    webServer: { listen: () => Promise.reject(new Error("Nothing listens here")) },
    browser: { isLikely: () => Promise.resolve(false), open: () => Promise.resolve(false) },
  };
}

/** What the parts of a fake program do. */
export interface FakeAppParts {
  readonly config?: Partial<Config>;
  readonly sessions?: SessionStore & SessionCatalog;
  /** The turn of every conversation; a turn without steps where absent. */
  readonly turn?: (
    message: UserMessage,
    signal: AbortSignal,
    steering?: Steering,
  ) => AsyncIterable<TurnEvent>;
  /** Thrown by `openConversation`. */
  readonly refusal?: HermesError;
  /** Never resolves when a conversation is closed. */
  readonly hangsOnClose?: boolean;
  /** What the endpoint offers; thrown where it is an error. */
  readonly models?: readonly string[] | HermesError;
  /** Where a turn would go; thrown where it is an error. */
  readonly resolved?: Partial<ResolvedModel> | HermesError;
  /** Origin of the credential; nobody has one where absent. */
  readonly credential?: string;
  /** What is known of codex; there is none where absent. */
  readonly codex?: Partial<CodexStatus>;
  /** What a migration of codex's configuration comes to; thrown where it is an error. */
  readonly migration?: Migration | HermesError;
  /** What turns run on, and with which tools of hermes; the loop without tools where absent. */
  readonly conversation?: Partial<Pick<Conversation, "runtime" | "toolNames" | "review">>;
  /** What `hermes mcp serve` does. */
  readonly serveMcp?: App["serveMcp"];
  /** The jobs of the home; there are none where absent. */
  readonly cron?: CronDesk;
  /** Thrown by `config()`. */
  readonly brokenConfig?: HermesError;
  /** Thrown by `sessions()`. */
  readonly brokenStore?: HermesError;
}

const noCodex: CodexStatus = {
  path: undefined,
  version: undefined,
  account: undefined,
  settings: undefined,
  warnings: [],
  failure: new HermesError("codex/missing", "The codex program is not on PATH: codex", {
    hint: "npm install -g @openai/codex",
  }),
};

const nothingToMigrate: Migration = {
  codexHome: "/home/me/.codex",
  hasCodex: true,
  file: "/home/me/.codex/config.toml",
  plan: { servers: [], changes: [], owned: [], takenBack: [], markers: 0 },
  before: undefined,
  after: undefined,
  isChanged: false,
  isChecked: true,
  plugins: [],
  problems: [],
};

function asPromise<Value>(value: Value | HermesError): Promise<Value> {
  return value instanceof HermesError ? Promise.reject(value) : Promise.resolve(value);
}

/** A composed program with fake parts, and what it was asked for. */
export interface FakeApp extends App {
  readonly opened: readonly ConversationOptions[];
  readonly messages: readonly UserMessage[];
  closed(): number;
}

/** A program that keeps sessions in memory and plays scripted turns. */
export function createFakeApp(ports: Ports, parts: FakeAppParts = {}): FakeApp {
  const opened: ConversationOptions[] = [];
  const messages: UserMessage[] = [];
  let closed = 0;
  const sessions = parts.sessions ?? new MemorySessionStore();
  const paths = resolveHome(ports.env, ports.host);
  const resolved = (): Promise<ResolvedModel> => {
    if (parts.resolved instanceof HermesError) return Promise.reject(parts.resolved);
    return Promise.resolve({
      endpoint: {
        provider: "lab",
        baseUrl: "http://127.0.0.1:9/v1",
        wireApi: "responses",
        issuer: "other:http://127.0.0.1:9/v1",
        dialect: plainDialect,
        isLocal: true,
      },
      model: "m1",
      label: "lab",
      keyEnv: [],
      noKeyNeeded: true,
      pool: undefined,
      contextLength: null,
      runtimes: ["loop"],
      warnings: [],
      ...parts.resolved,
    });
  };
  const config = (): Promise<Config> =>
    parts.brokenConfig
      ? Promise.reject(parts.brokenConfig)
      : Promise.resolve({ ...defaults, ...parts.config });
  return {
    opened,
    messages,
    closed: () => closed,
    ports,
    paths,
    env: () => Promise.resolve(ports.env),
    redactor: () => Promise.resolve(createRedactor()),
    log: () => Promise.resolve(noLog),
    config,
    async freshConfig() {
      const known = await config();
      if ((await ports.files.stat(paths.configFile)) === undefined) return known;
      return (await loadConfig(ports, paths, [])).config;
    },
    sessions: () =>
      parts.brokenStore ? Promise.reject(parts.brokenStore) : Promise.resolve(sessions),
    openConversation(options) {
      opened.push(options);
      if (parts.refusal) return Promise.reject(parts.refusal);
      const conversation: Conversation = {
        sessionId: "s1",
        provider: "lab",
        model: options.model ?? "m1",
        runtime: "loop",
        cwd: options.cwd,
        approval: options.approval,
        toolNames: [],
        review: () => undefined,
        ...parts.conversation,
        async *runTurn(message, signal, steering) {
          messages.push(message);
          for await (const event of (parts.turn ?? answer("done"))(message, signal, steering)) {
            if (event.type !== "turn-end" || !options.outputSchema) yield event;
            else yield { ...event, outcome: checkOutcome(event.outcome, options.outputSchema) };
          }
        },
        [Symbol.asyncDispose]() {
          closed++;
          return parts.hangsOnClose ? new Promise(() => {}) : Promise.resolve();
        },
      };
      return Promise.resolve(conversation);
    },
    resolveModel: resolved,
    credentials: () =>
      Promise.resolve({
        get: (provider: string) =>
          Promise.resolve(
            parts.credential === undefined
              ? undefined
              : { id: `env:${provider}`, token: "token-of-the-test", origin: parts.credential },
          ),
      }),
    logins: () => Promise.reject(new Error("There are no logins here")),
    async serveMcp(options, signal) {
      if (!parts.serveMcp) throw new Error("Nothing is served here");
      await parts.serveMcp(options, signal);
    },
    mcp: () => Promise.reject(new Error("There are no MCP servers here")),
    codexStatus: () => Promise.resolve({ ...noCodex, ...parts.codex }),
    codexConfig: () =>
      Promise.resolve({
        migrate: () => asPromise(parts.migration ?? nothingToMigrate),
        unmigrate: () => asPromise(parts.migration ?? nothingToMigrate),
        recorded: () =>
          parts.migration instanceof HermesError
            ? Promise.reject(parts.migration)
            : Promise.resolve({ file: nothingToMigrate.file, servers: [] }),
      }),
    cron: () =>
      parts.cron
        ? Promise.resolve(parts.cron)
        : Promise.reject(new Error("There are no jobs here")),
    listModels: () =>
      parts.models instanceof HermesError
        ? Promise.reject(parts.models)
        : Promise.resolve(parts.models ?? ["m1"]),
    async [Symbol.asyncDispose]() {},
  };
}

/** A turn that answers with a text, in two pieces. */
export function answer(text: string): NonNullable<FakeAppParts["turn"]> {
  return async function* (message) {
    const half = Math.ceil(text.length / 2);
    const draft = { type: "assistant-message", id: "a", text: "" } as const;
    yield { type: "turn-start", turnId: "t1" };
    yield { type: "item-start", item: message };
    yield { type: "item-end", item: message };
    yield { type: "item-start", item: draft };
    yield { type: "item-delta", itemId: "a", channel: "text", delta: text.slice(0, half) };
    yield { type: "item-delta", itemId: "a", channel: "text", delta: text.slice(half) };
    yield { type: "item-end", item: { ...draft, text } };
    yield { type: "turn-end", outcome: { status: "completed", finalText: text } };
  };
}
