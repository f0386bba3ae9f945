import { coerceArguments } from "../core/coerce_arguments.ts";
import { HermesError } from "../core/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../core/json.ts";
import type { Tool, ToolPermission } from "../core/tool.ts";
import type { McpServer } from "./client.ts";
import { safeSchema } from "./input_schema.ts";
import type { ListedTool } from "./server_spec.ts";

/** The longest description that every endpoint takes. */
const maxDescriptionChars = 1_024;

/** A tool of a server as one of ours. */
export function createServerTool(
  server: Pick<McpServer, "spec" | "call">,
  listed: ListedTool,
  name: string,
): Tool<JsonObject> {
  const isShared = listed.isReadOnly || server.spec.isParallel;
  const parameters = safeSchema(listed.inputSchema);
  return {
    spec: { name, description: descriptionOf(server.spec.name, listed), parameters },
    effect: listed.isReadOnly ? "read" : "network",
    untrusted: `MCP server ${server.spec.name}`,
    parse(rawArguments) {
      const input = parseJson(rawArguments);
      if (isJsonObject(input)) return coerceArguments(input, parameters);
      throw new HermesError(
        "turn/tool_arguments",
        `Cannot read the arguments of ${name}: they must be one JSON object`,
      );
    },
    access: () => ({ mode: isShared ? "shared" : "exclusive" }),
    permission: (input) => permissionFor(server.spec.name, listed, input),
    run: (input, context) => server.call(listed.name, input, context),
  };
}

/**
 * Reading is allowed. A person at the terminal decides on the rest. Where nobody can be asked, a server that the user has
 * configured may do its work, but not what it calls destructive itself.
 */
function permissionFor(server: string, listed: ListedTool, input: JsonObject): ToolPermission {
  if (listed.isReadOnly) return { kind: "allowed" };
  const what = listed.isDestructive ? "a tool that may destroy something" : "a tool";
  return {
    kind: "ask",
    request: {
      subject: { kind: "tool", name: `${listed.name} of MCP server ${server}`, arguments: input },
      reason: `${what} of MCP server ${server}`,
      key: approvalKey(server, listed.name),
      alwaysAllows: `calls of ${listed.name}`,
      ...(listed.isDestructive ? {} : { isAllowedUnattended: true }),
    },
  };
}

/** What an allowed tool is remembered by, also for `--allow` and `command_allowlist`. */
function approvalKey(server: string, tool: string): string {
  return `mcp ${server} ${tool}`;
}

function descriptionOf(server: string, { title, description }: ListedTool): string {
  const own = [title, description].filter((text) => text !== "").join(": ");
  // What shows nothing can still tell a model something: it is left out.
  const plain = own.replace(/[\p{Cf}\p{Cc}\p{Co}]/gu, (char) => (/[\n\t]/.test(char) ? char : ""));
  const text = `[MCP server ${server}] ${plain}`.trim();
  const isLong = text.length > maxDescriptionChars;
  return (isLong ? `${text.slice(0, maxDescriptionChars - 6)} [...]` : text).toWellFormed();
}
