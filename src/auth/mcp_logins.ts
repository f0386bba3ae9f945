import { isJsonObject, type JsonObject } from "../core/json.ts";
import { objectAt } from "./auth_file.ts";

/** The section of the file: logins at MCP servers, by the server's name. */
const section = "mcp_servers";

/** What is kept of a login at an MCP server: its tokens and the client that they were given to, as the server sent them. */
export interface McpLogin {
  /** The address that it is for: the tokens go nowhere else. */
  readonly url: string;
  readonly tokens: JsonObject | undefined;
  readonly client: JsonObject | undefined;
}

/** The login at a server, unless it is for another address. */
export function mcpLoginOf(json: JsonObject, name: string, url: string): McpLogin | undefined {
  const kept = objectAt(json, section)[name];
  if (!isJsonObject(kept) || kept["url"] !== url) return undefined;
  const { tokens, client } = kept;
  return {
    url,
    tokens: isJsonObject(tokens) ? tokens : undefined,
    client: isJsonObject(client) ? client : undefined,
  };
}

/** The file with a login at a server in the place of the one before; without any for undefined. */
export function withMcpLogin(
  json: JsonObject,
  name: string,
  login: McpLogin | undefined,
): JsonObject {
  const { [name]: before, ...others } = objectAt(json, section);
  if (!login) {
    if (before === undefined) return json;
    const { [section]: _all, ...rest } = json;
    return Object.keys(others).length === 0 ? rest : { ...rest, [section]: others };
  }
  const { url, tokens, client } = login;
  const kept = { url, ...(tokens ? { tokens } : {}), ...(client ? { client } : {}) };
  return { ...json, [section]: { ...others, [name]: kept } };
}
