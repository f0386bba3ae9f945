import {
  Client,
  type jsonSchemaValidator,
  type JsonSchemaValidatorResult,
  ProtocolError,
  ProtocolErrorCode,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import * as z from "zod";
import { HermesError } from "../core/errors.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import type { Clock, Fetch, Spawner } from "../core/ports.ts";
import { isDoneWithin } from "../wire/done_within.ts";
import { boundedBody } from "./bounded_body.ts";
import { type Ask, fillForm } from "./elicitation.ts";
import { type FailureFacts, unavailable } from "./failures.ts";
import type { CallResult, HttpReach, ListedTool, ServerSpec } from "./server_spec.ts";
import { StdioTransport } from "./stdio_transport.ts";
import { withinTime } from "./time_limit.ts";

export interface ConnectionDeps {
  readonly spawner: Pick<Spawner, "spawn">;
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly version: string;
  /** Where the conversation works: the root that servers are told of. */
  readonly cwd: string;
  readonly mask: (text: string) => string;
  /** Says something to the user, one sentence without a full stop. */
  readonly notice: (text: string) => void;
  /** Whom a server's form is put to while one of its tools runs; absent where there is nobody. */
  readonly asker?: () => Ask | undefined;
}

/** A server that is ready. */
export interface Connection {
  /** In the server's order. */
  readonly tools: readonly ListedTool[];
  /** What it says of itself. */
  readonly server: { readonly name: string; readonly version: string } | undefined;
  /**
   * Calls a tool; an abort of the signal tells the server.
   * @throws what the library throws, or what the signal was aborted with
   */
  call(
    tool: string,
    input: JsonObject,
    options: { readonly signal: AbortSignal; readonly onProgress: (text: string) => void },
  ): Promise<CallResult>;
  /** Whether it is over. */
  isOver(): boolean;
  facts(): FailureFacts;
  close(): Promise<void>;
}

/** Pages of a list of tools that are read; more of them never end. */
const maxPages = 50;
/** Tools of a server that are read: many times what a model can choose from. */
const maxTools = 10_000;
/** A message of more than this ends the answer that it is in. */
const maxMessageBytes = 32 * 1_048_576;
/** Limits are kept by our own clock; the library's would be the longest that a timer can have (2^31 - 1 ms). */
const noTimeout = 2_147_483_647;
/** How long an HTTP server is waited for that shall forget a session. */
const farewellMs = 500;

const toolPage = z.looseObject({
  tools: z.array(z.unknown()),
  nextCursor: z.string().nullish(),
});
const callAnswer = z.looseObject({
  content: z.array(z.unknown()).nullish(),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().nullish(),
});

/** What a result must look like is told by its server: one that breaks its own word is no reason to lose the result. */
const trusting: jsonSchemaValidator = {
  getValidator:
    <T>() =>
    (data: unknown): JsonSchemaValidatorResult<T> => ({
      valid: true,
      data: data as T,
      errorMessage: undefined,
    }),
};

/**
 * Starts a server or opens a session with it, and reads its tools.
 * @throws {HermesError} `mcp/unavailable`, or what the signal was aborted with
 */
export async function connect(
  deps: ConnectionDeps,
  spec: ServerSpec,
  signal: AbortSignal,
): Promise<Connection> {
  const { name, reach, connectTimeoutMs } = spec;
  const transport =
    reach.kind === "stdio" ? new StdioTransport(deps, reach) : httpTransport(deps, reach);
  const state = { isOver: false };
  const facts = (): FailureFacts =>
    transport instanceof StdioTransport
      ? { end: transport.end, stderr: lastLines(transport.stderr.tail(deps.mask)) }
      : { end: undefined, stderr: "" };
  if (transport instanceof StdioTransport) {
    transport.onNoise = (line) =>
      deps.notice(`MCP server ${name} writes to stdout what is no message: ${deps.mask(line)}`);
  }
  const client = createClient(deps, name);
  const close = async (): Promise<void> => {
    state.isOver = true;
    if (transport instanceof StreamableHTTPClientTransport) {
      const bye = transport.terminateSession();
      bye.catch(() => undefined);
      await isDoneWithin(deps.clock, bye, farewellMs);
    }
    await transport.close();
  };
  const late = (): HermesError => {
    const { stderr } = facts();
    const said = stderr === "" ? "" : `: ${stderr}`;
    const seconds = connectTimeoutMs / 1_000;
    return new HermesError(
      "mcp/unavailable",
      `MCP server ${name} was not ready within ${seconds} s${said}`,
      {
        hint: `hermes config set mcp_servers.${name}.connect_timeout SECONDS`,
      },
    );
  };
  try {
    const tools = await withinTime(
      deps.clock,
      { ms: connectTimeoutMs, signal, late },
      async (limit) => {
        await client.connect(transport, { signal: limit, timeout: noTimeout });
        return await listTools(client, limit);
      },
    );
    if (tools.length === maxTools) {
      deps.notice(`MCP server ${name} lists too many tools: only the first ${maxTools} are read`);
    }
    return {
      tools,
      server: client.getServerVersion(),
      call: (tool, input, options) => callTool(client, { tool, input }, options),
      isOver: () => state.isOver || (transport instanceof StdioTransport && transport.isOver),
      facts,
      close,
    };
  } catch (error) {
    // What it said last is read before it is ended by us.
    const failure = signal.aborted
      ? error
      : await explained(spec, transport, { error, facts, clock: deps.clock });
    await close().catch(() => undefined);
    throw failure;
  }
}

/** A program that fails to start has often ended before its output tells why: that is waited for, a moment. */
async function explained(
  spec: ServerSpec,
  transport: StdioTransport | StreamableHTTPClientTransport,
  {
    error,
    facts,
    clock,
  }: { readonly error: unknown; readonly facts: () => FailureFacts; readonly clock: Clock },
): Promise<HermesError> {
  if (transport instanceof StdioTransport && !(error instanceof HermesError)) {
    await isDoneWithin(clock, transport.closed, 100);
  }
  return unavailable(spec, error, facts());
}

function httpTransport(
  { fetch }: ConnectionDeps,
  { url, headers, verifiesCertificate, login }: HttpReach,
): StreamableHTTPClientTransport {
  // An option of Bun's own; where it does not exist the certificate is verified.
  const lenient = { tls: { rejectUnauthorized: false } };
  return new StreamableHTTPClientTransport(new URL(url), {
    fetch: async (input, init) => {
      const response = await fetch(input, verifiesCertificate ? init : { ...init, ...lenient });
      return boundedBody(response, maxMessageBytes);
    },
    requestInit: { headers },
    ...(login ? { authProvider: login } : {}),
  });
}

function createClient({ version, cwd, notice, asker }: ConnectionDeps, name: string): Client {
  const client = new Client(
    { name: "hermes", version },
    {
      capabilities: { roots: {}, ...(asker ? { elicitation: { form: {} } } : {}) },
      jsonSchemaValidator: trusting,
    },
  );
  client.setRequestHandler("roots/list", () => ({
    roots: [{ uri: fileUrl(cwd), name: cwd.split("/").at(-1) ?? cwd }],
  }));
  if (asker) {
    client.setRequestHandler("elicitation/create", async ({ params }) =>
      fillForm(name, params, asker()),
    );
  }
  client.fallbackRequestHandler = ({ method }) => {
    const what =
      method === "sampling/createMessage"
        ? "lends its model to no server"
        : `does not know ${method}`;
    throw new ProtocolError(ProtocolErrorCode.MethodNotFound, `hermes ${what}`);
  };
  client.setNotificationHandler("notifications/tools/list_changed", () => {
    notice(`MCP server ${name} has changed its tools: they are read anew by the next session`);
  });
  return client;
}

async function listTools(client: Client, signal: AbortSignal): Promise<readonly ListedTool[]> {
  if (!client.getServerCapabilities()?.tools) return [];
  const tools = new Map<string, ListedTool>();
  let cursor: string | undefined;
  for (let page = 0; page < maxPages && tools.size < maxTools; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const request = { method: "tools/list" as const, params };
    const answer = await client.request(request, toolPage, { signal, timeout: noTimeout });
    for (const tool of answer.tools.flatMap(readTool)) {
      // A second tool of the same name could never be called.
      if (!tools.has(tool.name) && tools.size < maxTools) tools.set(tool.name, tool);
    }
    if (typeof answer.nextCursor !== "string" || answer.nextCursor === cursor) break;
    cursor = answer.nextCursor;
  }
  return [...tools.values()];
}

/** A tool of a list; what has no name is none. */
function readTool(listed: unknown): readonly ListedTool[] {
  if (!isJsonObject(listed) || typeof listed["name"] !== "string" || listed["name"] === "")
    return [];
  const { name, title, description, inputSchema } = listed;
  const hints = isJsonObject(listed["annotations"]) ? listed["annotations"] : {};
  return [
    {
      name,
      title: typeof title === "string" ? title : "",
      description: typeof description === "string" ? description : "",
      inputSchema,
      isReadOnly: hints["readOnlyHint"] === true,
      isDestructive: hints["destructiveHint"] === true && hints["readOnlyHint"] !== true,
    },
  ];
}

async function callTool(
  client: Client,
  { tool, input }: { readonly tool: string; readonly input: JsonObject },
  {
    signal,
    onProgress,
  }: { readonly signal: AbortSignal; readonly onProgress: (text: string) => void },
): Promise<CallResult> {
  const request = {
    method: "tools/call" as const,
    params: { name: tool, arguments: { ...input } },
  };
  const { content, structuredContent, isError } = await client.request(request, callAnswer, {
    signal,
    timeout: noTimeout,
    onprogress: ({ message }) => {
      if (message !== undefined) onProgress(`${message}\n`);
    },
  });
  return { content: content ?? [], structuredContent, isError: isError ?? false };
}

function fileUrl(path: string): string {
  return `file://${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** The last lines, in one. */
function lastLines(text: string): string {
  return text.split("\n").slice(-3).join(" | ");
}
