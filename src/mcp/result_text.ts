import { isJsonObject } from "../core/json.ts";
import type { ToolOutput } from "../core/tool.ts";
import type { CallResult } from "./server_spec.ts";

/** A call's result for the model: its text, or its failure. The loop fences it: whatever it says, it is data. */
export function resultOutput(result: CallResult): ToolOutput {
  const text = textOf(result);
  return result.isError ? failureOutput(text) : { text, isError: false };
}

/** A failure, also of the connection, in the form of those of all tools. */
export function failureOutput(error: string): ToolOutput {
  return { text: JSON.stringify({ error }), isError: true };
}

/** Its texts, one below the other, and in words what is no text; structured content where there is nothing else. */
function textOf({ content, structuredContent, isError }: CallResult): string {
  const parts = content.map(partText).filter((part) => part !== "");
  if (parts.length > 0) return parts.join("\n").toWellFormed();
  if (structuredContent !== undefined) return JSON.stringify(structuredContent);
  return isError ? "it failed without a reason" : "";
}

function partText(part: unknown): string {
  if (!isJsonObject(part)) return "";
  const { type, text, mimeType, data, resource, uri, name, description } = part;
  switch (type) {
    case "text":
      return typeof text === "string" ? text : "";
    case "image":
    case "audio":
      return `[${type}${kindOf(mimeType)}, ${bytesOf(data)} bytes, not shown]`;
    case "resource_link":
      return `[resource ${wordsOf(name)} ${wordsOf(uri)}${kindOf(mimeType)}] ${wordsOf(description)}`.trim();
    case "resource":
      return isJsonObject(resource) ? resourceText(resource) : "";
    default:
      return `[content of an unknown kind: ${wordsOf(type)}]`;
  }
}

function resourceText(resource: { readonly [key: string]: unknown }): string {
  const { uri, text, mimeType, blob } = resource;
  if (typeof text === "string") return `[resource ${wordsOf(uri)}]\n${text}`;
  return `[resource ${wordsOf(uri)}${kindOf(mimeType)}, ${bytesOf(blob)} bytes, not shown]`;
}

function kindOf(mimeType: unknown): string {
  return typeof mimeType === "string" ? ` (${mimeType.slice(0, 100)})` : "";
}

/** How many bytes Base64 stands for (RFC 4648). */
function bytesOf(data: unknown): number {
  if (typeof data !== "string") return 0;
  return Math.floor((data.replace(/=+$/, "").length * 3) / 4);
}

function wordsOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 1_000) : "";
}
