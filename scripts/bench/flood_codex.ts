/** As much of `codex app-server` as a flood of deltas needs: `flood_codex.ts COUNT`. */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { isJsonObject, parseJson } from "../../src/core/json.ts";

const count = Number(process.argv[2] ?? "1");
const threadId = "00000000-0000-7000-8000-000000000001";
const turnId = "00000000-0000-7000-8000-000000000002";
const item = { type: "agentMessage", id: "m1", text: "", phase: "final_answer" };

const answers: Readonly<Record<string, unknown>> = {
  initialize: { userAgent: "hermes/0.169.0 (flood)" },
  "config/read": { config: {} },
  "account/read": { account: null, requiresOpenaiAuth: false },
  "thread/start": { thread: { id: threadId } },
  "turn/start": { turn: { id: turnId } },
};

const say = (message: unknown): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);
const tell = (method: string, params: object): boolean =>
  say({ method, params: { threadId, turnId, ...params } });

for await (const line of createInterface({ input: process.stdin })) {
  const message = parseJson(line);
  if (!isJsonObject(message)) continue;
  const { id, method } = message;
  if (id === undefined || typeof method !== "string") continue;
  say({ id, result: answers[method] ?? {} });
  if (method === "turn/start") await flood();
}

async function flood(): Promise<void> {
  tell("item/started", { item });
  for (let index = 0; index < count; index++) {
    const isTaken = tell("item/agentMessage/delta", { itemId: "m1", delta: "word " });
    if (!isTaken) await once(process.stdout, "drain");
  }
  tell("item/completed", { item: { ...item, text: "The end." } });
  tell("turn/completed", { turn: { id: turnId, status: "completed" } });
}
