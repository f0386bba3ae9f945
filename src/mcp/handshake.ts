import type { JSONRPCErrorResponse, JSONRPCMessage } from "@modelcontextprotocol/server";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../core/json.ts";

/** The codes of JSON-RPC 2.0, section 5.1. */
const parseError = -32_700;
const invalidRequest = -32_600;
const invalidParams = -32_602;

/** What became of a line. */
export type Checked =
  | { readonly kind: "message"; readonly message: JSONRPCMessage }
  | { readonly kind: "refused"; readonly reply: JSONRPCErrorResponse }
  /** No answer is due. */
  | { readonly kind: "ignored"; readonly reason: string };

/**
 * Lets through what makes sense at this moment of a connection: messages that are well formed, and before `initialize`
 * nothing but a `ping` (MCP 2025-11-25, lifecycle). Whoever sends something else is told, and can go on.
 */
export class Handshake {
  /** The id of the `initialize` that is under way or was answered. */
  #initialized: string | number | undefined;

  check(line: string): Checked {
    const value = parseJson(line);
    if (value === undefined) return refused(null, parseError, "Parse error: the line is not JSON");
    if (Array.isArray(value)) {
      // Batches were removed from the protocol with version 2025-06-18.
      return refused(null, invalidRequest, "Invalid request: batches are not supported");
    }
    if (!isJsonObject(value)) {
      return refused(null, invalidRequest, "Invalid request: a message is a JSON object");
    }
    return this.#checkMessage(value);
  }

  /** Takes note of what is sent to the client: an `initialize` that failed may be tried again. */
  sent(message: JSONRPCMessage): void {
    if ("error" in message && message.id === this.#initialized) this.#initialized = undefined;
  }

  #checkMessage(value: JsonObject): Checked {
    const { jsonrpc, id, method, params } = value;
    const isId = typeof id === "string" || Number.isSafeInteger(id);
    const knownId = isId ? (id as string | number) : null;
    if (jsonrpc !== "2.0") {
      return refused(knownId, invalidRequest, 'Invalid request: jsonrpc must be "2.0"');
    }
    if (typeof method !== "string") {
      return isId && ("result" in value || "error" in value)
        ? messageOf(value)
        : refused(knownId, invalidRequest, "Invalid request: it has no method");
    }
    if (id !== undefined && knownId === null) {
      return refused(null, invalidRequest, "Invalid request: an id is a string or a whole number");
    }
    if (params !== undefined && !isJsonObject(params)) {
      return refused(knownId, invalidParams, "Invalid params: they must be an object");
    }
    return knownId === null ? this.#notification(value, method) : this.#request(value, knownId);
  }

  #notification(value: JsonObject, method: string): Checked {
    return this.#initialized === undefined
      ? { kind: "ignored", reason: `${method} came before initialize` }
      : messageOf(value);
  }

  #request(value: JsonObject, id: string | number): Checked {
    const { method, params } = value;
    if (method === "ping") return messageOf(value);
    if (method !== "initialize") {
      return this.#initialized === undefined
        ? refused(id, invalidRequest, "Invalid request: initialize must come first")
        : messageOf(value);
    }
    if (this.#initialized !== undefined) {
      return refused(id, invalidRequest, "Invalid request: initialize came twice");
    }
    const problem = initializeProblem(params);
    if (problem !== undefined) return refused(id, invalidParams, `Invalid params: ${problem}`);
    this.#initialized = id;
    return messageOf(value);
  }
}

/** The refusal of a line that is too long to be read. */
export function tooLongRefusal(maxBytes: number): JSONRPCErrorResponse {
  const megabytes = Math.round(maxBytes / 1_048_576);
  return refusal(null, invalidRequest, `Invalid request: a line has more than ${megabytes} MB`);
}

function initializeProblem(params: Json | undefined): string | undefined {
  if (!isJsonObject(params)) return "initialize needs protocolVersion, capabilities and clientInfo";
  const { protocolVersion, capabilities, clientInfo } = params;
  if (typeof protocolVersion !== "string") return "protocolVersion must be a string";
  if (!isJsonObject(capabilities)) return "capabilities must be an object";
  const { name, version } = isJsonObject(clientInfo) ? clientInfo : {};
  return typeof name === "string" && typeof version === "string"
    ? undefined
    : "clientInfo must have a name and a version";
}

function messageOf(value: JsonObject): Checked {
  return { kind: "message", message: value as unknown as JSONRPCMessage };
}

function refused(id: string | number | null, code: number, message: string): Checked {
  return { kind: "refused", reply: refusal(id, code, message) };
}

function refusal(id: string | number | null, code: number, message: string): JSONRPCErrorResponse {
  // JSON-RPC wants null where the id could not be read; the SDK's type leaves the case out.
  return { jsonrpc: "2.0", id: id as string | number, error: { code, message } };
}
