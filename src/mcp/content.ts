import type { CallToolResult, Tool as ListedTool } from "@modelcontextprotocol/server";
import { isJsonObject, parseJson } from "../core/json.ts";
import type { Tool, ToolEffect, ToolOutput } from "../core/tool.ts";

/** A tool as `tools/list` shows it: its own schema, and what clients may know of it before they ask anybody. */
export function listedTool({ spec, effect }: Tool): ListedTool {
  return {
    name: spec.name,
    description: spec.description,
    inputSchema: { ...spec.parameters, type: "object" },
    annotations: annotationsOf(effect),
  };
}

/**
 * What a tool's effect says in MCP's words. A client that hears nothing takes the worst for granted, so each hint is told
 * (MCP 2025-11-25, ToolAnnotations).
 */
export function annotationsOf(effect: ToolEffect): NonNullable<ListedTool["annotations"]> {
  switch (effect) {
    case "read":
      return hints({ readOnly: true, destructive: false, idempotent: true, openWorld: false });
    case "write":
      return hints({ readOnly: false, destructive: true, idempotent: false, openWorld: false });
    case "execute":
      return hints({ readOnly: false, destructive: true, idempotent: false, openWorld: true });
    case "network":
      return hints({ readOnly: false, destructive: false, idempotent: false, openWorld: true });
    default:
      return effect satisfies never;
  }
}

function hints(of: {
  readonly readOnly: boolean;
  readonly destructive: boolean;
  readonly idempotent: boolean;
  readonly openWorld: boolean;
}): NonNullable<ListedTool["annotations"]> {
  return {
    readOnlyHint: of.readOnly,
    destructiveHint: of.destructive,
    idempotentHint: of.idempotent,
    openWorldHint: of.openWorld,
  };
}

/**
 * What a tool put out, with secrets masked. A JSON object is there twice, as the specification asks for: as text, and as
 * `structuredContent` for clients that read it.
 */
export function callResult(
  { text, isError }: ToolOutput,
  redact: (text: string) => string,
): CallToolResult {
  const shown = redact(text);
  const value = parseJson(shown);
  return {
    content: [{ type: "text", text: shown }],
    ...(isJsonObject(value) ? { structuredContent: { ...value } } : {}),
    isError,
  };
}

/** A call that could not be run, in the form in which our tools tell their failures. */
export function refusedCall(error: string, redact: (text: string) => string): CallToolResult {
  return callResult({ text: JSON.stringify({ error }), isError: true }, redact);
}
