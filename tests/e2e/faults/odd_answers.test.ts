import { afterEach, beforeEach, expect, test } from "bun:test";
import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";
import { startResponsesServer, type StepSource } from "../../fakes/responses_server.ts";
import { callTool, type RawStep, rateLimited, textAnswer } from "../../fakes/server_steps.ts";
import * as sse from "../../fakes/sse.ts";
import { checkEvents, configFor, createSandbox, type Sandbox, wireApis } from "../sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

function chat(...events: readonly (sse.ServerEvent | readonly sse.ServerEvent[])[]): RawStep {
  return { kind: "raw", frames: [...events.flat().map(sse.frame), sse.doneFrame] };
}

interface At {
  readonly provider: string;
  readonly model: string;
}

/** Runs a turn at a chat endpoint that is called so; its messages are what each request held. */
async function chatTurn(at: At, steps: readonly StepSource[], args: readonly string[] = []) {
  await using server = await startResponsesServer({ steps });
  const place = `provider: ${at.provider}, base_url: "${server.url}", default: ${at.model}`;
  await sandbox.configure(`model: {${place}, api_mode: chat_completions}\n`);
  const ended = await sandbox.run(["-z", "go", "--json", ...args]);
  const messages = server.requests.map(({ body }) => messagesOf(body));
  return { ...ended, last: checkEvents(ended.stdout), messages };
}

function messagesOf(body: unknown): readonly JsonObject[] {
  const messages = isJsonObject(body) ? body["messages"] : undefined;
  return Array.isArray(messages) ? messages.filter(isJsonObject) : [];
}

const glm: At = { provider: "ollama", model: "glm-5" };

test("an answer of GLM on Ollama that stops in a sentence, behind a tool, is continued", async () => {
  const { code, last, messages } = await chatTurn(glm, [
    callTool("todo", {}),
    textAnswer("I have looked at the list and it"),
    textAnswer(" is empty."),
  ]);
  expect([code, messages.length, last["final_text"]]).toEqual([
    0,
    3,
    "I have looked at the list and it is empty.",
  ]);
});

test("an answer of GLM on Ollama that ends in an emoji is whole, and so is another model's", async () => {
  const ended = await chatTurn(glm, [callTool("todo", {}), textAnswer("I looked, all is done ⚡️")]);
  const other = await chatTurn({ provider: "ollama", model: "qwen3" }, [
    callTool("todo", {}),
    textAnswer("I have looked at the list and it"),
  ]);
  expect([ended, other].map(({ code, messages }) => [code, messages.length])).toEqual([
    [0, 2],
    [0, 2],
  ]);
});

test("a tool call that was written as text is shown to nobody, and the model goes on", async () => {
  const leaked = 'I will look.\n<tool_call>\n{"name":"todo","arguments":{}}\n</tool_call>';
  const { code, last, messages, stdout } = await chatTurn(glm, [
    chat(sse.chatText(leaked, 5), sse.chatEnd("stop")),
    textAnswer("Here it is."),
  ]);
  expect([code, messages.length]).toEqual([0, 2]);
  expect(String(last["final_text"])).toEndWith("Here it is.");
  expect(stdout).not.toContain("tool_call>");
});

test("reasoning goes back to who made it, and to nobody else", async () => {
  const thought = sse.chatChunk({ reasoning_content: "A thought of DeepSeek." });
  const call = (name: string): RawStep =>
    chat(thought, sse.chatToolCall(0, name, {}), sse.chatEnd("tool_calls"));
  const first = await chatTurn({ provider: "deepseek", model: "deepseek-chat" }, [
    call("todo"),
    textAnswer("Done."),
  ]);
  const echoed = first.messages[1]?.find(({ role }) => role === "assistant");
  expect(echoed?.["reasoning_content"]).toBe("A thought of DeepSeek.");

  const moved = async (at: At): Promise<readonly JsonObject[]> => {
    const { messages } = await chatTurn(
      at,
      [textAnswer("Done again.")],
      ["-c", "--provider", at.provider, "-m", at.model],
    );
    return messages[0]?.filter(({ role }) => role === "assistant") ?? [];
  };
  const atKimi = await moved({ provider: "moonshot", model: "kimi-k2.6" });
  expect(atKimi.map((message) => message["reasoning_content"])).toEqual([" ", " "]);
  const atGroq = await moved({ provider: "groq", model: "openai/gpt-oss-120b" });
  expect(atGroq.map((message) => "reasoning_content" in message)).toEqual([false, false, false]);
});

test.each(wireApis)("a failure over %s tells with -v how far the answer got", async (wireApi) => {
  const cut = textAnswer("hello, this is cut", { cut: { afterFrames: 3, how: "end" } });
  await using server = await startResponsesServer({ steps: [cut], repeat: true });
  await sandbox.configure(configFor(server.url, wireApi).replace("retries: 0", "retries: 1"));
  const told = await sandbox.run(["-z", "go", "-v"]);
  expect([told.code, server.requests.length]).toEqual([1, 1]);
  const line = told.stderr.split("\n").filter((one) => one.startsWith("received: "));
  expect(line).toEqual([
    expect.stringMatching(
      /^received: HTTP 200 after \d+\.\d s; \d+ events, \d+ bytes in \d+\.\d s; last: [\w.]+$/,
    ),
  ]);
  expect((await sandbox.run(["-z", "go"])).stderr).not.toContain("received: ");
});

test.each(wireApis)(
  "a failure over %s that never heals is tried as often as is allowed",
  async (wireApi) => {
    await using server = await startResponsesServer({ steps: [rateLimited(0)], repeat: true });
    await sandbox.configure(configFor(server.url, wireApi).replace("retries: 0", "retries: 4"));
    const { code, stdout } = await sandbox.run(["-z", "go", "--json"]);
    expect([code, server.requests.length]).toEqual([75, 4]);
    expect(checkEvents(stdout)).toMatchObject({
      type: "turn.failed",
      error: { code: "model/rate_limited", retryable: true },
    });
  },
);
