import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";

export interface McpHttpOptions {
  /** A header that every request must have: `authorization: Bearer x`. */
  readonly requires?: readonly [name: string, value: string];
  /** Signs in with a code, as MCP's authorization says; tokens are good for so many requests. */
  readonly oauth?: { readonly requestsPerToken: number };
}

/** An MCP server over Streamable HTTP on a free port of 127.0.0.1, written by hand. Closes with `await using`. */
export interface McpHttpServer extends AsyncDisposable {
  readonly url: string;
  /** `POST initialize`, `GET /authorize`, `DELETE`, in order. */
  readonly log: readonly string[];
  /** Forgets its sessions, as a restart does. */
  forgetSessions(): void;
}

const read = {
  name: "read",
  description: "Reads",
  inputSchema: { type: "object", properties: { text: { type: "string" } } },
  annotations: { readOnlyHint: true },
};

/** Starts the server; with `oauth` it is its own authorization server. */
export async function startMcpHttpServer(options: McpHttpOptions = {}): Promise<McpHttpServer> {
  const log: string[] = [];
  const sessions = new Set<string>();
  const tokens = new Map<string, number>();
  const codes = new Map<string, string>();
  const state = { issued: 0, origin: "" };

  const issue = (): JsonObject => {
    state.issued++;
    const token = `access-token-${state.issued}`;
    tokens.set(token, options.oauth?.requestsPerToken ?? 0);
    return {
      access_token: token,
      token_type: "Bearer",
      expires_in: 3_600,
      refresh_token: `refresh-token-${state.issued}`,
    };
  };

  const mayEnter = (request: IncomingMessage): boolean => {
    const [name, value] = options.requires ?? [];
    if (name !== undefined && request.headers[name.toLowerCase()] !== value) return false;
    if (!options.oauth) return true;
    const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    const left = tokens.get(token) ?? 0;
    tokens.set(token, left - 1);
    return left > 0;
  };

  const rpc = (message: JsonObject): JsonObject | undefined => {
    const { method, params } = message;
    const input = isJsonObject(params) ? params : {};
    switch (method) {
      case "initialize":
        return {
          protocolVersion: input["protocolVersion"] ?? "2025-06-18",
          capabilities: { tools: {} },
          serverInfo: { name: "far", version: "2.0.0" },
        };
      case "tools/list":
        return { tools: [read] };
      case "tools/call":
        return { content: [{ type: "text", text: `read ${JSON.stringify(input["arguments"])}` }] };
      default:
        return undefined;
    }
  };

  const mcp = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const message = parseJson(await bodyOf(request));
    const said = isJsonObject(message) ? message["method"] : "";
    const method = typeof said === "string" ? said : "";
    log.push(`${request.method} ${method}`.trim());
    if (!mayEnter(request)) {
      const metadata = `${state.origin}/.well-known/oauth-protected-resource/mcp`;
      const how = options.oauth
        ? { "www-authenticate": `Bearer resource_metadata="${metadata}"` }
        : {};
      return reply(response, 401, { error: "who are you" }, how);
    }
    const session = String(request.headers["mcp-session-id"] ?? "");
    if (request.method === "DELETE") {
      sessions.delete(session);
      return reply(response, 200, {});
    }
    if (request.method !== "POST") return reply(response, 405, {});
    if (method !== "initialize" && !sessions.has(session)) return reply(response, 404, {});
    if (!isJsonObject(message) || message["id"] === undefined) return reply(response, 202, {});
    const id = `session-${log.length}`;
    if (method === "initialize") sessions.add(id);
    const result = rpc(message);
    const answer = result ? { result } : { error: { code: -32601, message: "Method not found" } };
    return reply(
      response,
      200,
      { jsonrpc: "2.0", id: message["id"], ...answer },
      method === "initialize" ? { "mcp-session-id": id } : {},
    );
  };

  const authorization = async (
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
  ): Promise<void> => {
    log.push(`${request.method} ${url.pathname}`);
    switch (url.pathname) {
      case "/.well-known/oauth-protected-resource/mcp":
        return reply(response, 200, {
          resource: `${state.origin}/mcp`,
          authorization_servers: [state.origin],
        });
      case "/.well-known/oauth-authorization-server":
        return reply(response, 200, {
          issuer: state.origin,
          authorization_endpoint: `${state.origin}/authorize`,
          token_endpoint: `${state.origin}/token`,
          registration_endpoint: `${state.origin}/register`,
          response_types_supported: ["code"],
          code_challenge_methods_supported: ["S256"],
          token_endpoint_auth_methods_supported: ["none"],
        });
      case "/register": {
        const asked = parseJson(await bodyOf(request));
        return reply(response, 201, {
          ...(isJsonObject(asked) ? asked : {}),
          client_id: "client-1",
        });
      }
      case "/authorize": {
        const code = `code-${codes.size + 1}`;
        codes.set(code, url.searchParams.get("code_challenge") ?? "");
        const back = new URL(url.searchParams.get("redirect_uri") ?? "");
        back.searchParams.set("code", code);
        back.searchParams.set("state", url.searchParams.get("state") ?? "");
        return reply(response, 302, {}, { location: back.href });
      }
      case "/token": {
        const form = new URLSearchParams(await bodyOf(request));
        const isCode = form.get("grant_type") === "authorization_code";
        const isKnown = isCode
          ? codes.get(form.get("code") ?? "") === (await challengeOf(form.get("code_verifier")))
          : form.get("refresh_token") === `refresh-token-${state.issued}`;
        log.push(`grant ${form.get("grant_type")}`);
        if (!isKnown) return reply(response, 400, { error: "invalid_grant" });
        return reply(response, 200, issue());
      }
      default:
        return reply(response, 404, {});
    }
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const work =
      url.pathname === "/mcp" ? mcp(request, response) : authorization(request, response, url);
    work.catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  state.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${state.origin}/mcp`,
    log,
    forgetSessions: () => sessions.clear(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  return text;
}

/** RFC 7636, S256. */
async function challengeOf(verifier: string | null): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier ?? ""));
  return Buffer.from(digest).toString("base64url");
}

function reply(
  response: ServerResponse,
  status: number,
  body: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
