/** The small MCP server of `mcp_server_main.ts` over Streamable HTTP, for those who bring its token. */
import { isJsonObject, parseJson } from "../../src/core/json.ts";
import { answer } from "./mcp_server_main.ts";

export interface McpHttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:41234/mcp`. */
  readonly url: string;
  /** How often somebody came without the token. */
  readonly refused: () => number;
}

/** Starts it. Closes with `await using`. */
export function startMcpHttpServer(token: string): McpHttpServer {
  let refused = 0;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (request.headers.get("authorization") !== `Bearer ${token}`) {
        refused++;
        return new Response("Who are you?", { status: 401 });
      }
      // A server need not offer a stream of its own (MCP 2025-06-18, Streamable HTTP).
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const message = parseJson(await request.text());
      if (!isJsonObject(message)) return new Response("No JSON-RPC", { status: 400 });
      const { id, method, params } = message;
      if (id === undefined || typeof method !== "string")
        return new Response(null, { status: 202 });
      const result = await answer(method, isJsonObject(params) ? params : {});
      const error = { code: -32_601, message: `No such method: ${method}` };
      return Response.json({ jsonrpc: "2.0", id, ...(result ? { result } : { error }) });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/mcp`,
    refused: () => refused,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
