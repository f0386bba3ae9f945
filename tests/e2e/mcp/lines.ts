import type { JsonObject } from "../../../src/core/json.ts";

/** One message of the wire, as far as tests look at it. */
export interface Message {
  readonly jsonrpc: string;
  readonly id?: string | number | null;
  readonly method?: string;
  readonly result?: {
    readonly isError?: boolean;
    readonly structuredContent?: JsonObject;
    readonly [field: string]: unknown;
  };
  readonly error?: { readonly code: number; readonly message: string };
}

/** The handshake of a client. */
export const initialize: JsonObject = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  },
};

export function request(id: number | string, method: string, params: JsonObject = {}): JsonObject {
  return { jsonrpc: "2.0", id, method, params };
}

export function callTool(id: number | string, name: string, args: JsonObject): JsonObject {
  return request(id, "tools/call", { name, arguments: args });
}

/** What goes over stdin: one message a line; a text is a line as it is. */
export function lines(...messages: readonly (JsonObject | string)[]): string {
  return messages
    .map((message) => `${typeof message === "string" ? message : JSON.stringify(message)}\n`)
    .join("");
}

/** stdout as messages; throws where a line is none: the whole of stdout belongs to the protocol. */
export function messagesOf(stdout: string): readonly Message[] {
  if (stdout === "") return [];
  if (!stdout.endsWith("\n")) throw new Error(`The last line is not whole: ${stdout.slice(-200)}`);
  return stdout
    .slice(0, -1)
    .split("\n")
    .map((line) => {
      const message = JSON.parse(line) as Message;
      if (message.jsonrpc !== "2.0") throw new Error(`No message: ${line}`);
      return message;
    });
}

/** The answer to a request. */
export function answerTo(stdout: string, id: number | string | null): Message {
  const answers = messagesOf(stdout).filter((message) => message.id === id);
  const [answer] = answers;
  if (!answer || answers.length > 1)
    throw new Error(`${answers.length} answers to ${id}: ${stdout}`);
  return answer;
}
