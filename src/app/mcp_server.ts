import { HermesError, errnoOf } from "../core/errors.ts";
import type { WebListener } from "../core/ports.ts";
import { isLoopback } from "../mcp/http_guard.ts";
import { LineTransport } from "../mcp/line_transport.ts";
import type { Reports } from "../mcp/reports.ts";
import { type ConnectServer, createToolServer, type Offer } from "../mcp/server.ts";
import { selectTools, toolsetNames } from "../tools/toolsets.ts";
import { lazy } from "./lazy.ts";
import { mcpInstructions } from "./mcp_instructions.ts";
import { type McpToken, resolveMcpToken } from "./mcp_token.ts";
import type { AppParts } from "./parts.ts";

/** What is served over MCP, and how. */
export interface McpServeOptions {
  /** Names of toolsets. */
  readonly toolsets: readonly string[];
  /** Whether what the conformance suite calls is served, too. */
  readonly fixtures: boolean;
  /** Streamable HTTP in place of stdin and stdout. */
  readonly http?: McpHttpOptions;
  readonly reports: Reports;
}

export interface McpHttpOptions {
  readonly host: string;
  /** 0: one that the system chooses. */
  readonly port: number;
  /** File that holds the token. */
  readonly tokenFile?: string;
  /** Called once, when clients can come. */
  onListening(at: { readonly url: string; readonly token: McpToken }): Promise<void>;
}

/** A client gets no shell of ours by an `all`: it has one of its own, or its user may not want it to have any. */
const allServed = ["codex", "sessions"];

/** Tools that make no sense where nobody can be asked. */
const needPeople = ["clarify"];

/** See `App.serveMcp`. */
export async function serveMcp(
  app: AppParts,
  options: McpServeOptions,
  signal: AbortSignal,
): Promise<void> {
  checkToolsets(options.toolsets);
  const toolsets = options.toolsets.flatMap((name) => (name === "all" ? allServed : [name]));
  const offer = lazy(() => openOffer(app, toolsets));
  const { clock, host } = app.ports;
  const extension = options.fixtures
    ? (await import("../mcp/fixtures.ts")).createFixtures({ clock })
    : undefined;
  const connect = createToolServer(
    { clock, offer, reports: options.reports },
    {
      identity: { name: "hermes-tools", title: "hermes", version: host.version },
      instructions: mcpInstructions(toolsets),
      cwd: host.cwd,
      ...(extension ? { extension } : {}),
    },
  );
  try {
    if (options.http) await serveHttp(app, { ...options, http: options.http, connect }, signal);
    else await serveStdio(app, connect, signal);
  } finally {
    // One that could not be opened was told to whoever asked for it.
    const opened = await offer.ifMade()?.catch(() => undefined);
    await opened?.[Symbol.asyncDispose]();
  }
}

function checkToolsets(toolsets: readonly string[]): void {
  const { unknown } = selectTools([], { toolsets, disabled: [] });
  if (unknown.length === 0) return;
  throw new HermesError("usage/invalid", `Unknown toolset: ${unknown.join(", ")}`, {
    hint: `toolsets are: ${toolsetNames.join(", ")}`,
  });
}

/** The chosen tools with all that they need, as the configuration is by now. */
async function openOffer(
  app: AppParts,
  toolsets: readonly string[],
): Promise<Offer & AsyncDisposable> {
  const [config, redactor, { openToolbox }] = await Promise.all([
    app.config(),
    app.redactor(),
    // The tools cost more than the whole handshake, which must not wait for them.
    import("./toolbox.ts"),
  ]);
  // Some are only there where they are named, those for sessions among them.
  const options = { toolsets: ["all", ...toolsets] };
  const toolbox = await openToolbox(app, { config, options });
  const { tools } = selectTools(toolbox.tools, {
    toolsets,
    disabled: [...config.agent.disabled_toolsets, ...needPeople],
  });
  return {
    tools,
    redact: (text) => redactor.content(text),
    [Symbol.asyncDispose]: () => toolbox[Symbol.asyncDispose](),
  };
}

async function serveStdio(
  { ports }: AppParts,
  connect: ConnectServer,
  signal: AbortSignal,
): Promise<void> {
  const { clock, terminal } = ports;
  terminal.reserveStdout();
  const { stdin, stdout } = terminal;
  const transport = new LineTransport(
    { clock },
    {
      input: untilAborted(stdin.chunks(signal), signal),
      write: (text) => stdout.write(text),
      isClosed: () => stdout.isClosed(),
    },
  );
  const close = (): void => void transport.close();
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) return;
  await connect(`mcp-${crypto.randomUUID()}`).connect(transport);
  const failure = await transport.closed;
  signal.removeEventListener("abort", close);
  if (failure && !signal.aborted) {
    throw new HermesError("stream/invalid", `Cannot read stdin: ${failure.message}`, {
      cause: failure,
    });
  }
}

/** Chunks up to the end or the abort, which is no failure. */
async function* untilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* chunks;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function serveHttp(
  app: AppParts,
  options: McpServeOptions & { readonly http: McpHttpOptions; readonly connect: ConnectServer },
  signal: AbortSignal,
): Promise<void> {
  const { http, connect, reports } = options;
  const { host, port } = http;
  const { createHttpSessions, mcpPath } = await import("../mcp/http.ts");
  const token = await resolveMcpToken(app, {
    file: http.tokenFile,
    isLoopback: isLoopback(host),
    isOptional: options.fixtures,
  });
  await using sessions = createHttpSessions(
    { connect, reports },
    { host, ...(token.origin === "none" ? {} : { token: token.value }) },
  );
  await using listener = await listen(app, { host, port }, (request) => sessions.answer(request));
  const name = host.includes(":") ? `[${host}]` : host;
  await http.onListening({ url: `http://${name}:${listener.port}${mcpPath}`, token });
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}

async function listen(
  { ports }: AppParts,
  address: { readonly host: string; readonly port: number },
  answer: (request: Request) => Promise<Response>,
): Promise<WebListener> {
  try {
    return await ports.webServer.listen(address, answer);
  } catch (cause) {
    const { host, port } = address;
    const reason = errnoOf(cause) ?? "unknown error";
    throw new HermesError("usage/invalid", `Cannot listen on ${host}, port ${port}: ${reason}`, {
      cause,
      hint: "pass another address: --http 127.0.0.1:0 takes a free port",
    });
  }
}
