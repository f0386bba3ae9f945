/**
 * A small MCP server over stdio, written by hand: `bun tests/fakes/mcp_server_main.ts`. Its tools are those that clients
 * treat differently: `echo` says nothing of its effects and so needs an approval, `read` says that it only reads, `ask_form` asks
 * the person a question of its own, `slow` takes its time, `variable` tells where a variable of its own can be seen. Ends when
 * stdin does.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Json, type JsonObject, isJsonObject, parseJson } from "../../src/core/json.ts";

/** The command of this server, for the configuration of a client. */
export const mcpServerCommand = {
  command: process.execPath,
  args: [fileURLToPath(import.meta.url)],
} as const;

const text = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
const nothing = { type: "object", properties: {} };
const onlyReads = { readOnlyHint: true };

const tools = [
  { name: "echo", description: "Repeats a text", inputSchema: text },
  { name: "read", description: "Reads a text", inputSchema: text, annotations: onlyReads },
  {
    name: "ask_form",
    description: "Asks the person where to send it",
    inputSchema: nothing,
    annotations: onlyReads,
  },
  {
    name: "variable",
    description:
      "Tells the hash of a variable of this server, and how many processes have its value as an argument",
    inputSchema: text,
    annotations: onlyReads,
  },
  {
    name: "slow",
    description: "Answers after a number of seconds",
    inputSchema: {
      type: "object",
      properties: { seconds: { type: "number" } },
      required: ["seconds"],
    },
    annotations: onlyReads,
  },
];

/** One field of every kind that a form can have. */
const form = {
  message: "Where shall the parcel go?",
  requestedSchema: {
    type: "object",
    properties: {
      street: { type: "string", title: "Street", description: "With the house number" },
      floor: { type: "integer", title: "Floor", minimum: 0, maximum: 99 },
      fragile: { type: "boolean", title: "Fragile", default: false },
      speed: { type: "string", title: "Speed", enum: ["normal", "express"] },
    },
    required: ["street", "speed"],
  },
};

/** Questions of ours by id. */
const asked = new Map<Json, (answer: JsonObject) => void>();

function send(message: JsonObject): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

function ask(method: string, params: JsonObject): Promise<JsonObject> {
  const id = `ask-${asked.size + 1}`;
  return new Promise((resolve) => {
    asked.set(id, resolve);
    send({ id, method, params });
  });
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** Not the value itself: whoever passes it on would have to mask it. */
async function traceOf(name: string): Promise<Json> {
  const value = process.env[name];
  if (value === undefined) return null;
  const pids = (await readdir("/proc").catch(() => [])).filter((entry) => /^\d+$/.test(entry));
  const commands = pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""));
  const seen = (await Promise.all(commands)).filter((command) => command.includes(value));
  return { sha256: hashOf(value), inArguments: seen.length };
}

/** What `variable` tells of a value. */
export function hashOf(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}

async function callTool(params: JsonObject): Promise<string> {
  const input = isJsonObject(params["arguments"]) ? params["arguments"] : {};
  switch (params["name"]) {
    case "echo":
    case "read":
      return textOf(input["text"]);
    case "ask_form":
      return JSON.stringify(await ask("elicitation/create", form));
    case "variable":
      return JSON.stringify(await traceOf(textOf(input["text"])));
    case "slow":
      await sleep(Number(input["seconds"]) * 1_000);
      return "done";
    default:
      throw new RangeError(`No such tool: ${textOf(params["name"])}`);
  }
}

async function answer(method: string, params: JsonObject): Promise<JsonObject | undefined> {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params["protocolVersion"] ?? "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "lab", version: "1.0.0" },
      };
    case "ping":
      return {};
    case "tools/list":
      return { tools };
    case "tools/call":
      return { content: [{ type: "text", text: await callTool(params) }] };
    default:
      return undefined;
  }
}

async function take(message: JsonObject): Promise<void> {
  const { id, method } = message;
  if (typeof method !== "string") {
    const reply = message["result"] ?? message["error"];
    if (id !== undefined && isJsonObject(reply)) asked.get(id)?.(reply);
    return;
  }
  if (id === undefined) return;
  const params = isJsonObject(message["params"]) ? message["params"] : {};
  try {
    const result = await answer(method, params);
    if (result === undefined)
      send({ id, error: { code: -32601, message: `No such method: ${method}` } });
    else send({ id, result });
  } catch (error) {
    send({ id, error: { code: -32602, message: String(error) } });
  }
}

if (import.meta.main) {
  for await (const line of createInterface({ input: process.stdin })) {
    const message = parseJson(line);
    if (isJsonObject(message)) void take(message);
  }
  process.exit();
}
