import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";
import { type RecordedRequest, startResponsesServer } from "../../fakes/responses_server.ts";
import { noCredit, type RawStep, textAnswer } from "../../fakes/server_steps.ts";
import * as sse from "../../fakes/sse.ts";
import { configFor, createSandbox, type Sandbox, wireApis } from "../sandbox.ts";
import { bodyOf, runTurn } from "./lab.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

function chat(...events: readonly (sse.ServerEvent | readonly sse.ServerEvent[])[]): RawStep {
  return { kind: "raw", frames: [...events.flat().map(sse.frame), sse.doneFrame] };
}

/** A thought, and a call behind it. */
function thinkingCall(thought: string, n: number): RawStep {
  return chat(
    sse.chatChunk({ reasoning_content: thought }),
    sse.chatToolCall(0, "todo", {}, `call_${n}`),
    sse.chatEnd("tool_calls"),
  );
}

/** `reasoning_content` of each message of the model in a request; undefined where it has none. */
function echoes(request: RecordedRequest | undefined): readonly unknown[] {
  const messages = bodyOf(request)["messages"];
  const list: readonly JsonObject[] = Array.isArray(messages) ? messages.filter(isJsonObject) : [];
  return list
    .filter(({ role }) => role === "assistant")
    .map(({ reasoning_content: content }) => content);
}

/** Endpoints that refuse a call without reasoning beside it, by provider and model, and two that do not. */
const next: readonly (readonly [string, string, boolean])[] = [
  ["deepseek", "deepseek-chat", true],
  ["moonshot", "kimi-k2.6", true],
  ["kimi-coding", "kimi-for-coding", true],
  ["xiaomi", "mimo-v2-pro", true],
  ["openrouter", "xiaomi/mimo-v2-flash", true],
  ["openrouter", "z-ai/glm-5", false],
  ["groq", "openai/gpt-oss-120b", false],
];

describe("in the middle of a turn", () => {
  test.each(next)(
    "%s %s gets a pad for what another one thought, and its own thoughts back",
    async (provider, model, isPadded) => {
      await using first = await startResponsesServer({
        steps: [thinkingCall("A thought of the first.", 1), noCredit],
      });
      await using second = await startResponsesServer({
        steps: [thinkingCall("A thought of the second.", 2), textAnswer("Done.")],
      });
      // A vendor's name alone, for its dialect: its address is this machine's.
      await sandbox.configure(
        [
          `model: {provider: custom, base_url: "${first.url}", default: m1, api_mode: chat_completions}`,
          "agent: {api_max_retries: 1}",
          `fallback_providers: [{provider: ${provider}, model: ${model}, base_url: "${second.url}"}]`,
          "",
        ].join("\n"),
      );
      const run = await runTurn(sandbox, [], {});
      expect([run.code, run.last["final_text"]]).toEqual([0, "Done."]);
      expect([first.requests.length, second.requests.length]).toEqual([2, 2]);
      const own = provider === "groq" ? undefined : "A thought of the second.";
      const pad = isPadded ? " " : undefined;
      expect(second.requests.map(echoes)).toEqual([[pad], [pad, own]]);
    },
  );
});

test("a remark of nothing but reasoning goes back whole when the answer is continued", async () => {
  const thought: RawStep = {
    kind: "raw",
    frames: [
      sse.created(),
      ...sse.reasoningItem(0, "Let me think.", "gAAAA"),
      sse.incomplete("other"),
    ].map(sse.frame),
  };
  await using server = await startResponsesServer({ steps: [thought, textAnswer("Done.")] });
  await sandbox.configure(configFor(server.url));
  const run = await runTurn(sandbox, [], {});
  expect([run.code, run.last["final_text"], server.requests.length]).toEqual([0, "Done.", 2]);
  const input = bodyOf(server.requests[1])["input"];
  const items = Array.isArray(input) ? input.filter(isJsonObject) : [];
  const at = items.findIndex(({ type }) => type === "reasoning");
  expect(items[at]).toMatchObject({ encrypted_content: "gAAAA" });
  // The API refuses reasoning that nothing follows.
  expect(items[at + 1]).toMatchObject({ role: "assistant" });
});

test.each(wireApis)(
  "%s: what a model thinks aloud between tags is shown to nobody, however it is cut",
  async (wireApi) => {
    const text =
      "<think>A secret plan.</think>The answer\n<thinking>Another one.</thinking>is four.";
    for (const pieceSize of [1, 3, 7, 100]) {
      await using server = await startResponsesServer({ steps: [textAnswer(text, { pieceSize })] });
      await sandbox.configure(configFor(server.url, wireApi));
      const run = await runTurn(sandbox, [], {});
      expect([run.code, server.requests.length]).toEqual([0, 1]);
      expect(run.stdout).not.toContain("think>");
      expect(String(run.last["final_text"]).replace(/\s+/g, " ")).toBe("The answer is four.");
    }
  },
);
