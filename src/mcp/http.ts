import { WebStandardStreamableHTTPServerTransport as HttpTransport } from "@modelcontextprotocol/server";
import { EventLog } from "./event_log.ts";
import { type HttpAccess, refusal, refusalOfRequest } from "./http_guard.ts";
import { maxMessageBytes } from "./line_transport.ts";
import type { Reports } from "./reports.ts";
import type { ConnectServer } from "./server.ts";

/** Where MCP is served. */
export const mcpPath = "/mcp";

/** Sessions at once; of more the one that was quiet longest ends. */
const maxSessions = 100;
/** When a client whose stream was closed should come back, in milliseconds. */
const retryMs = 1_000;

/** The sessions of a server over Streamable HTTP (MCP 2025-11-25, transports). */
export interface HttpSessions extends AsyncDisposable {
  /** Never rejects. */
  answer(request: Request): Promise<Response>;
}

/** Serves whoever `access` lets in; each client that initializes gets a session, which it may end with DELETE. */
export function createHttpSessions(
  deps: {
    readonly connect: ConnectServer;
    readonly reports: Reports;
  },
  access: HttpAccess,
): HttpSessions {
  /** In the order in which they were used. */
  const sessions = new Map<string, HttpTransport>();

  const touch = (id: string, transport: HttpTransport): void => {
    sessions.delete(id);
    sessions.set(id, transport);
  };

  const open = async (): Promise<HttpTransport> => {
    const id = crypto.randomUUID();
    const transport = new HttpTransport({
      sessionIdGenerator: () => id,
      eventStore: new EventLog(),
      retryInterval: retryMs,
      maxRequestBodySize: maxMessageBytes,
      async onsessioninitialized() {
        touch(id, transport);
        const [oldest] = sessions;
        if (sessions.size > maxSessions && oldest) await oldest[1].close();
      },
    });
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
    transport.onclose = () => sessions.delete(id);
    await deps.connect(id).connect(transport);
    return transport;
  };

  const transportFor = async (request: Request): Promise<HttpTransport | undefined> => {
    const id = request.headers.get("mcp-session-id");
    if (id === null) return await open();
    const transport = sessions.get(id);
    if (transport) touch(id, transport);
    return transport;
  };

  return {
    async answer(request) {
      try {
        const refused = refusalOfRequest(request, access);
        if (refused) return refused;
        if (new URL(request.url).pathname !== mcpPath) return refusal(404, "Not found");
        const transport = await transportFor(request);
        if (!transport) return refusal(404, "Session not found");
        const response = await transport.handleRequest(request);
        // Whoever did not begin with `initialize` has no session, and needs none.
        if (transport.sessionId === undefined) await transport.close();
        return response;
      } catch (error) {
        deps.reports.warn(error instanceof Error ? (error.stack ?? error.message) : String(error));
        return refusal(500, "Internal server error");
      }
    },
    async [Symbol.asyncDispose]() {
      for (const transport of sessions.values()) await transport.close();
    },
  };
}
