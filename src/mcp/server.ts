import {
  type CallToolResult,
  type Implementation,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerCapabilities,
  type ServerContext,
  type Tool as ListedTool,
} from "@modelcontextprotocol/server";
import * as z from "zod";
import { HermesError } from "../core/errors.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import type { Clock } from "../core/ports.ts";
import type { Tool, ToolContext } from "../core/tool.ts";
import { CallLanes } from "./call_lanes.ts";
import { listedTool } from "./content.ts";
import { progressOf } from "./progress.ts";
import type { Reports } from "./reports.ts";
import { type CallDeps, runToolCall } from "./tool_call.ts";

/** The tools that are served, and what masks secrets in what they put out. */
export interface Offer {
  readonly tools: readonly Tool[];
  readonly redact: (text: string) => string;
}

/** Abilities of a server besides our tools. */
export interface ServerExtension {
  readonly capabilities: ServerCapabilities;
  /** Adds handlers for methods of its own to a connection; the tools that it brings along. */
  install(mcp: McpServer): readonly ExtensionTool[];
}

/** A tool that speaks MCP itself. */
export interface ExtensionTool {
  readonly listed: ListedTool;
  call(args: JsonObject, context: ServerContext): Promise<CallToolResult>;
}

export interface ToolServerDeps {
  readonly clock: Clock;
  /** Opened at the first list or call; what it throws is told to the client, and tried again. */
  offer(): Promise<Offer>;
  readonly reports: Reports;
}

export interface ToolServerOptions {
  readonly identity: Implementation;
  readonly instructions: string;
  /** Absolute directory against which relative paths are read. */
  readonly cwd: string;
  readonly extension?: ServerExtension;
}

/** Makes the server of one connection; `sessionId` tells what tools keep for it from what they keep for others. */
export type ConnectServer = (sessionId: string) => McpServer;

/** The side of MCP that serves our tools. Connections share the order of calls, not what tools keep for each. */
export function createToolServer(deps: ToolServerDeps, options: ToolServerOptions): ConnectServer {
  const lanes = new CallLanes();
  return (sessionId) => {
    const mcp = new McpServer(options.identity, {
      capabilities: capabilitiesOf(options.extension),
      instructions: options.instructions,
    });
    const { server } = mcp;
    const extraTools = options.extension?.install(mcp) ?? [];
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
    server.onerror = (error) => deps.reports.note(error.message);
    let failedToList = false;
    const openOffer = async (): Promise<Offer> => {
      try {
        return await deps.offer();
      } catch (error) {
        const told = protocolErrorOf(error);
        deps.reports.warn(told.message);
        throw told;
      }
    };
    server.setRequestHandler("tools/list", listRequest, async ({ cursor }) => {
      if (cursor !== undefined) {
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Invalid cursor: ${cursor}`);
      }
      failedToList = true;
      const { tools } = await openOffer();
      failedToList = false;
      return { tools: [...tools.map(listedTool), ...extraTools.map(({ listed }) => listed)] };
    });
    server.setRequestHandler("tools/call", async ({ params }, context) => {
      const { name, arguments: args = {} } = params;
      // What the SDK has parsed came as JSON.
      const values: JsonObject = isJsonObject(args) ? args : {};
      const extra = extraTools.find(({ listed }) => listed.name === name);
      if (extra) return await extra.call(values, context);
      const offer = await openOffer();
      if (failedToList) {
        // Whoever asked in vain may ask again by now.
        failedToList = false;
        await server.sendToolListChanged();
      }
      const tool = offer.tools.find(({ spec }) => spec.name === name);
      if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name}`);
      const callDeps: CallDeps = { ...deps, lanes, redact: offer.redact };
      const place = { sessionId, cwd: options.cwd };
      return await runToolCall(callDeps, tool, values, toolContext(callDeps, context, place));
    });
    return mcp;
  };
}

const listRequest = { params: z.looseObject({ cursor: z.string().optional() }) };

function capabilitiesOf(extension: ServerExtension | undefined): ServerCapabilities {
  return { ...extension?.capabilities, tools: { listChanged: true } };
}

/** What a client is told of a failure that is nobody's call: what was attempted and what helps. */
function protocolErrorOf(error: unknown): ProtocolError {
  if (!(error instanceof HermesError)) {
    return new ProtocolError(ProtocolErrorCode.InternalError, "The tools cannot be opened");
  }
  const { message, hint, code } = error;
  const text = hint === undefined ? message : `${message} (${hint})`;
  return new ProtocolError(ProtocolErrorCode.InternalError, text, { code });
}

/** What a tool may use of a call that came over MCP. */
function toolContext(
  deps: CallDeps,
  { mcpReq }: ServerContext,
  place: { readonly sessionId: string; readonly cwd: string },
): ToolContext {
  const progressToken = mcpReq._meta?.progressToken;
  const onOutput =
    progressToken === undefined
      ? () => undefined
      : progressOf(deps, ({ progress, message }) => {
          mcpReq
            .notify({
              method: "notifications/progress",
              params: { progressToken, progress, message },
            })
            // A client that is gone is noticed elsewhere.
            .catch(() => undefined);
        });
  return {
    ...place,
    turnId: "mcp",
    callId: String(mcpReq.id),
    signal: mcpReq.signal,
    onOutput,
    ask: () => Promise.resolve(undefined),
  };
}
