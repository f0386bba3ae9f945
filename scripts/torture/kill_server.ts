import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import { startResponsesServer, type ResponsesServer } from "../../tests/fakes/responses_server.ts";
import { callTools, type ServerStep, textAnswer } from "../../tests/fakes/server_steps.ts";

/** Steps with tools before the answer. */
const toolSteps = 6;

/** What the follow-up run asks, to tell it from the killed one. */
export const followUp = "Go on";

/**
 * An endpoint for a long turn of reasoning, text, reading, writing and running; a follow-up is answered at once. It
 * refuses, as real endpoints do, a history in which a call has no result or a result no call.
 */
export function startKillServer(): Promise<ResponsesServer> {
  return startResponsesServer({
    repeat: true,
    steps: [
      ({ body }): ServerStep => {
        const messages = messagesOf(body);
        const fault = historyFault(messages);
        if (fault !== undefined) {
          return { kind: "refusal", status: 400, body: { error: { message: fault } } };
        }
        const lastUser = messages.findLastIndex((message) => message["role"] === "user");
        if (JSON.stringify(messages[lastUser] ?? "").includes(followUp)) return textAnswer("Done.");
        const results = messages.slice(lastUser + 1).filter(isResult).length;
        return turnStep(results);
      },
    ],
  });
}

function turnStep(results: number): ServerStep {
  const step = Math.floor(results / 2);
  if (step >= toolSteps) return textAnswer(`All ${results} calls are done. ${"Well. ".repeat(40)}`);
  const pacing = { everyMs: 1, reasoning: `Step ${step}: write, then read.` };
  return callTools(
    step % 2 === 0
      ? [
          {
            name: "write_file",
            arguments: { path: `file-${step}.txt`, content: "line\n".repeat(200) },
          },
          { name: "terminal", arguments: { command: `echo ${step}; cat file-0.txt | wc -l` } },
        ]
      : [
          { name: "read_file", arguments: { path: "file-0.txt" } },
          { name: "todo", arguments: { todos: [{ id: "1", content: "x", status: "pending" }] } },
        ],
    pacing,
  );
}

/** The input of either wire API. */
function messagesOf(body: Json): readonly JsonObject[] {
  if (!isJsonObject(body)) return [];
  const list = body["input"] ?? body["messages"];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

function isResult(message: JsonObject): boolean {
  return message["type"] === "function_call_output" || message["role"] === "tool";
}

function historyFault(messages: readonly JsonObject[]): string | undefined {
  const calls = messages.flatMap(callIds).toSorted();
  const results = messages
    .filter(isResult)
    .map((message) => JSON.stringify(message["call_id"] ?? message["tool_call_id"]))
    .toSorted();
  return calls.join() === results.join() ? undefined : "Calls and results do not match";
}

function callIds(message: JsonObject): readonly string[] {
  if (message["type"] === "function_call") return [JSON.stringify(message["call_id"])];
  const calls = message["tool_calls"];
  return Array.isArray(calls)
    ? calls.filter(isJsonObject).map((call) => JSON.stringify(call["id"]))
    : [];
}
