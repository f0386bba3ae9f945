import { ProtocolError } from "@modelcontextprotocol/client";
import { HermesError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { ToolContext, ToolOutput } from "../core/tool.ts";
import { connect, type Connection, type ConnectionDeps } from "./connection.ts";
import type { Ask } from "./elicitation.ts";
import { isBroken, oneLine, wantsSignIn, whyOf } from "./failures.ts";
import { failureOutput, resultOutput } from "./result_text.ts";
import type { ListedTool, ServerSpec } from "./server_spec.ts";
import { withinTime } from "./time_limit.ts";

export type McpServerDeps = Omit<ConnectionDeps, "asker"> & {
  /** Whether somebody can be asked what a server wants to know. */
  readonly isAttended: boolean;
};

/**
 * A server for as long as a conversation lasts. Its tools are those that it had at the start; when it dies, the call under way
 * fails and the next one starts it again, a program once.
 */
export interface McpServer extends AsyncDisposable {
  readonly spec: ServerSpec;
  /** Those that the user wants, in the server's order. */
  readonly tools: readonly ListedTool[];
  /** With those that the user does not want. */
  readonly allTools: readonly ListedTool[];
  /** What it says of itself. */
  readonly about: { readonly name: string; readonly version: string } | undefined;
  /** Never throws: every failure is a result in words for the model. */
  call(tool: string, input: JsonObject, context: ToolContext): Promise<ToolOutput>;
}

/** How often a program that died is started again. */
const restarts = 1;

/**
 * Starts a server, or opens a session with it.
 * @throws {HermesError} `mcp/unavailable`, or what the signal was aborted with
 */
export async function openServer(
  deps: McpServerDeps,
  spec: ServerSpec,
  signal: AbortSignal,
): Promise<McpServer> {
  const server = new Server(deps, spec);
  await server.open(signal);
  return server;
}

class Server implements McpServer {
  readonly spec: ServerSpec;
  readonly #deps: McpServerDeps;
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;
  #restartsLeft = restarts;
  readonly #disposed = new AbortController();
  #tools: readonly ListedTool[] = [];
  /** Those who can be asked, of the calls under way. */
  readonly #askers: Ask[] = [];

  constructor(deps: McpServerDeps, spec: ServerSpec) {
    this.#deps = deps;
    this.spec = spec;
  }

  get tools(): readonly ListedTool[] {
    return this.#tools;
  }

  get allTools(): readonly ListedTool[] {
    return this.#connection?.tools ?? [];
  }

  get about(): McpServer["about"] {
    return this.#connection?.server;
  }

  async open(signal: AbortSignal): Promise<void> {
    const { include, exclude, name } = this.spec;
    const { tools } = await this.#connect(signal);
    const known = new Set(tools.map((tool) => tool.name));
    const missing = [...include, ...exclude].filter((tool) => !known.has(tool));
    if (missing.length > 0) {
      this.#deps.notice(
        `MCP server ${name} has no such tool, see mcp_servers.${name}.tools: ${missing.join(", ")}`,
      );
    }
    this.#tools = tools.filter(
      (tool) =>
        (include.length === 0 || include.includes(tool.name)) && !exclude.includes(tool.name),
    );
  }

  async call(tool: string, input: JsonObject, context: ToolContext): Promise<ToolOutput> {
    const { name, timeoutMs } = this.spec;
    const { signal } = context;
    const ask: Ask = (question) => context.ask(question);
    const late = (): HermesError =>
      new HermesError(
        "mcp/unavailable",
        `MCP server ${name} did not answer within ${timeoutMs / 1_000} s`,
      );
    let connection: Connection | undefined;
    this.#askers.push(ask);
    try {
      const live = await this.#live(signal);
      connection = live;
      const result = await withinTime(this.#deps.clock, { ms: timeoutMs, signal, late }, (limit) =>
        live.call(tool, input, { signal: limit, onProgress: (text) => context.onOutput(text) }),
      );
      return resultOutput(result);
    } catch (error) {
      if (signal.aborted)
        return failureOutput("The call was interrupted; its effects may be partial");
      return failureOutput(await this.#failed(error, connection));
    } finally {
      this.#askers.splice(this.#askers.indexOf(ask), 1);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort(new HermesError("turn/interrupted", "Interrupted"));
    await this.#connecting?.catch(() => undefined);
    await this.#connection?.close();
  }

  /** What the model is told of a failed call; a connection that is of no use any more is let go. */
  async #failed(thrown: unknown, connection: Connection | undefined): Promise<string> {
    const { name, reach } = this.spec;
    const { mask } = this.#deps;
    if (thrown instanceof HermesError) return mask(thrown.message);
    if (thrown instanceof ProtocolError) {
      return `MCP server ${name} refused the call: ${mask(oneLine(thrown.message))} (${thrown.code})`;
    }
    if (wantsSignIn(thrown)) {
      return `MCP server ${name} wants a sign-in: the user has to run hermes mcp login ${name}`;
    }
    const facts = connection?.facts() ?? { end: undefined, stderr: "" };
    const why = mask(whyOf(thrown, reach, facts));
    if (!connection?.isOver() && !isBroken(thrown)) return `MCP server ${name} ${why}`;
    await connection?.close().catch(() => undefined);
    const next =
      this.#restartsLeft > 0 || reach.kind === "http" ? "; the next call starts it again" : "";
    return `MCP server ${name} ${why}. The effects of the call may be partial${next}`;
  }

  /** The connection, made anew where it is over. */
  async #live(signal: AbortSignal): Promise<Connection> {
    if (this.#connecting) return await this.#connecting;
    if (this.#connection && !this.#connection.isOver()) return this.#connection;
    const { name, reach } = this.spec;
    if (reach.kind === "stdio") {
      if (this.#restartsLeft === 0) {
        throw new HermesError(
          "mcp/unavailable",
          `MCP server ${name} has ended again, and is not started once more in this session`,
        );
      }
      this.#restartsLeft--;
      this.#deps.notice(`MCP server ${name} had ended and is started again`);
    }
    return await this.#connect(signal);
  }

  async #connect(signal: AbortSignal): Promise<Connection> {
    const { isAttended, ...deps } = this.#deps;
    const asker = isAttended ? { asker: () => this.#askers.at(-1) } : {};
    const limit = AbortSignal.any([signal, this.#disposed.signal]);
    this.#connecting = connect({ ...deps, ...asker }, this.spec, limit);
    try {
      this.#connection = await this.#connecting;
      return this.#connection;
    } finally {
      this.#connecting = undefined;
    }
  }
}
