import { afterEach, beforeEach, expect, test } from "bun:test";
import { startResponsesServer } from "../../fakes/responses_server.ts";
import { textAnswer } from "../../fakes/server_steps.ts";
import { createSandbox, type Sandbox } from "../sandbox.ts";
import { askServer } from "./turn.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const nothing = textAnswer("");
const four = [nothing, nothing, nothing, nothing];

test.each([
  // Asked again as far as is allowed; on Responses such an answer is a failure of the endpoint, which is left at once.
  ["chat_completions", 4],
  ["codex_responses", 1],
] as const)("a model that has nothing to say over %s is followed", async (wireApi, asked) => {
  await using first = await startResponsesServer({ steps: four });
  await using second = await startResponsesServer({ steps: [textAnswer("Here I am.")] });
  const config =
    `custom_providers: [{name: other, base_url: "${second.url}", api_mode: chat_completions}]\n` +
    "fallback_providers: [{provider: other, model: m2}]\n";
  const answer = await askServer(sandbox, first, { wireApi, config });
  expect([answer.code, answer.last["final_text"]]).toEqual([0, "Here I am."]);
  expect([first.requests.length, second.requests.length]).toEqual([asked, 1]);
});
