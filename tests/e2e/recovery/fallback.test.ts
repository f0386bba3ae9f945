import { afterEach, beforeEach, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  callTool,
  errorFirst,
  noCredit,
  overloaded,
  rateLimited,
  refusal,
  serverError,
  textAnswer,
  wrongKey,
} from "../../fakes/server_steps.ts";
import type { StepSource } from "../../fakes/responses_server.ts";
import { createSandbox, type Sandbox, startChat } from "../sandbox.ts";
import { keys as vendorKeys, startVendors } from "../vendors.ts";
import { keys, keysOf, modelsOf, type NamedServer, runTurn, startNamed } from "./lab.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

/** The first server with model `m1`, and the others behind it with `m2`, `m3`; `maxRetries` attempts at each. */
async function configure(servers: readonly NamedServer[], maxRetries = 1): Promise<void> {
  const [, ...others] = servers;
  const chain = others.map(({ name }, index) => `  - {provider: ${name}, model: m${index + 2}}`);
  await sandbox.configure(
    [
      "model: {provider: first, default: m1}",
      `agent: {api_max_retries: ${maxRetries}}`,
      "custom_providers:",
      ...servers.map(({ entry }) => entry),
      "fallback_providers:",
      ...chain,
      "",
    ].join("\n"),
  );
}

const moved = (why: string): string =>
  `m2 (second) answers the rest of this turn in place of m1 (first): ${why}; change it with: hermes config edit (fallback_providers)`;

const chatError: StepSource = {
  kind: "raw",
  frames: ['data: {"error":{"message":"We cannot go on","code":"server_error"}}\n\n'],
};

/** What the first endpoint says, how often it is asked with two attempts allowed, and what is told of it. */
const triggers: readonly (readonly [string, StepSource, number, string])[] = [
  [
    "a rate limit, at once",
    rateLimited(30),
    1,
    "first limits the rate of requests to m1 (HTTP 429): Rate limit reached",
  ],
  [
    "a spent quota, at once",
    noCredit,
    1,
    "The account at first has no quota left for m1 (HTTP 402): Insufficient credits",
  ],
  ["a refused key", wrongKey, 1, "first rejected the key (HTTP 401): Incorrect API key provided"],
  [
    "a bad request",
    refusal(400, "Unknown field: temperature is not one"),
    1,
    "first rejected the request to m1 (HTTP 400): Unknown field: temperature is not one",
  ],
  [
    "a missing model",
    refusal(404, "The model `m1` does not exist"),
    1,
    "first has no model m1 (HTTP 404): The model `m1` does not exist",
  ],
  [
    "a policy",
    refusal(400, "Your request was flagged by our safety system"),
    1,
    "first refused the request to m1 by its content policy (HTTP 400): Your request was flagged by our safety system",
  ],
  [
    "an answer without choices, at once",
    { kind: "raw", frames: ['data: {"choices":[]}\n\n', "data: [DONE]\n\n"] },
    1,
    "m1 ended its answer without saying anything",
  ],
  [
    "a content filter",
    { ...textAnswer("I will now"), incomplete: "content_filter" },
    1,
    "The content filter of first ended the answer of m1",
  ],
  [
    "a server that fails, after its retries",
    serverError,
    2,
    "first failed to run m1 (HTTP 500): The server had an error",
  ],
  [
    "a full server, after its retries",
    refusal(529, "Overloaded", { code: "overloaded_error", headers: { "retry-after": "0" } }),
    2,
    "first is overloaded and did not run m1 (HTTP 529): Overloaded",
  ],
  [
    "a stream that is cut, after its retries",
    textAnswer("half of an", { cut: { afterFrames: 2, how: "end" } }),
    2,
    "The answer of m1 was cut off before its end",
  ],
  [
    "a plan without the model, at once",
    refusal(403, "You do not have an active Grok subscription"),
    1,
    "The account at first may not use m1 (HTTP 403): You do not have an active Grok subscription",
  ],
  [
    "an error in the stream, after its retries",
    chatError,
    2,
    "first failed to run m1: We cannot go on",
  ],
];

test.each(triggers)("%s: the next model answers", async (_, step, asked, why) => {
  await using first = await startNamed("first", [step, step, step]);
  await using second = await startNamed("second", [textAnswer("from the second")]);
  await configure([first, second], 2);
  const run = await runTurn(sandbox);
  expect([run.code, run.last["final_text"], run.notices]).toEqual([
    0,
    "from the second",
    [moved(why)],
  ]);
  expect([first.server.requests.length, second.server.requests.length]).toEqual([asked, 1]);
  // Each endpoint sees its own key and its own model.
  expect([keysOf(first.server), keysOf(second.server)]).toEqual([
    Array.from({ length: asked }, () => keys.FIRST_KEY),
    [keys.SECOND_KEY],
  ]);
  expect(modelsOf(second.server)).toEqual(["m2"]);
  expect(run.kinds.filter((kind) => kind === "retry").length).toBe(asked - 1);
  // The session is the primary's, and holds nothing of what failed.
  const { stdout } = await sandbox.run(["sessions", "list", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    sessions: [{ provider: "first", model: "m1", message_count: 2 }],
  });
});

test("the rest of a turn stays with the fallback", async () => {
  await using first = await startNamed("first", [noCredit]);
  await using second = await startNamed("second", [
    callTool("todo", { todos: [] }),
    callTool("todo", { todos: [] }),
    textAnswer("done"),
  ]);
  await configure([first, second]);
  const run = await runTurn(sandbox);
  expect([run.code, run.notices.length]).toEqual([0, 1]);
  expect([first.server.requests.length, second.server.requests.length]).toEqual([1, 3]);
});

test("a failure in the middle of a turn takes its history along", async () => {
  await using first = await startNamed("first", [callTool("todo", { todos: [] }), serverError]);
  await using second = await startNamed("second", [textAnswer("done")], "codex_responses");
  await configure([first, second]);
  const run = await runTurn(sandbox);
  expect([run.code, run.last["final_text"]]).toEqual([0, "done"]);
  expect(second.server.requests.map(({ path }) => path)).toEqual(["/v1/responses"]);
  expect(JSON.stringify(second.server.requests[0]?.body)).toContain("function_call_output");
});

test("the next turn is the primary's again, unless it rests after a limit", async () => {
  await using first = await startNamed("first", [serverError, textAnswer("back again"), noCredit]);
  await using second = await startNamed("second", [
    textAnswer("one from the second"),
    textAnswer("two from the second"),
    textAnswer("three from the second"),
  ]);
  await configure([first, second]);
  const lines = Object.entries(keys).map(([name, key]) => `${name}=${key}\n`);
  await writeFile(join(sandbox.home, ".env"), lines.join(""), { mode: 0o600 });
  await using chat = await startChat(sandbox);
  for (const [said, answer] of [
    ["a", "one from the second"],
    ["b", "back again"],
    ["c", "two from the second"],
    ["d", "three from the second"],
  ] as const) {
    chat.type(`${said}\r`);
    await chat.untilShown(answer);
    // What is typed before the turn has ended is said to it.
    await chat.untilShown("\u001b[1m> \u001b[22m\r\u001b[2C");
  }
  expect([first.server.requests.length, second.server.requests.length]).toEqual([3, 3]);
  expect(chat.screen()).toContain("answers this turn, m1 (first) rests for");
});

test("when all fail, the primary's failure decides and the last one is named", async () => {
  await using first = await startNamed("first", [rateLimited(60)]);
  await using second = await startNamed("second", [noCredit]);
  await using third = await startNamed("third", [overloaded]);
  await configure([first, second, third]);
  const run = await runTurn(sandbox);
  expect([run.code, run.last]).toEqual([
    75,
    expect.objectContaining({
      type: "turn.failed",
      error: expect.objectContaining({
        code: "model/rate_limited",
        message:
          "first limits the rate of requests to m1 (HTTP 429): Rate limit reached; the last fallback failed too: third is overloaded and did not run m3 (HTTP 529): Overloaded",
      }),
    }),
  ]);
  const asked = [first, second, third].map(({ server }) => server.requests.length);
  expect([asked, run.notices.length]).toEqual([[1, 1, 1], 2]);
});

test("a second content filter ends the turn, whoever stands behind it", async () => {
  const filtered: StepSource = { ...textAnswer("I will now"), incomplete: "content_filter" };
  await using first = await startNamed("first", [filtered]);
  await using second = await startNamed("second", [filtered]);
  await using third = await startNamed("third", []);
  await configure([first, second, third]);
  const run = await runTurn(sandbox);
  expect([run.code, run.last]).toEqual([
    1,
    expect.objectContaining({ error: expect.objectContaining({ code: "model/content_policy" }) }),
  ]);
  const asked = [first, second, third].map(({ server }) => server.requests.length);
  expect(asked).toEqual([1, 1, 0]);
});

test("a policy of the account, or a prompt that is too long, moves nothing", async () => {
  for (const step of [
    refusal(404, "No endpoints found matching your data policy"),
    refusal(400, "This model's maximum context length is 8192 tokens: your prompt is too long"),
  ]) {
    await using first = await startNamed("first", [step, step, step, step, step]);
    await using second = await startNamed("second", [textAnswer("never")]);
    await configure([first, second]);
    const run = await runTurn(sandbox);
    expect([run.code === 0, second.server.requests.length]).toEqual([false, 0]);
  }
});

test("equal entries and those without a key are passed over, and the retries are the primary's", async () => {
  await using first = await startNamed("first", [rateLimited(0), textAnswer("after a retry")]);
  await using second = await startNamed("second", []);
  const { FIRST_KEY } = keys;
  await sandbox.configure(
    [
      "model: {provider: first, default: m1}",
      "agent: {api_max_retries: 2}",
      "custom_providers:",
      first.entry,
      second.entry.replace("127.0.0.1", "localhost").replace("http:", "https:"),
      "fallback_providers:",
      "  - {provider: first, model: m1}",
      `  - {provider: elsewhere, model: m1, base_url: "${first.server.url}"}`,
      "  - {provider: openai, model: gpt-5.5}",
      "",
    ].join("\n"),
  );
  const run = await runTurn(sandbox, [], { FIRST_KEY });
  expect([run.code, run.last["final_text"], first.server.requests.length]).toEqual([
    0,
    "after a retry",
    2,
  ]);
});

test("an entry with an address and a key of its own needs no other one", async () => {
  await using first = await startNamed("first", [noCredit]);
  await using second = await startNamed("second", [textAnswer("from there")]);
  await sandbox.configure(
    [
      "model: {provider: first, default: m1}",
      "custom_providers:",
      first.entry,
      "fallback_providers:",
      `  - {provider: spare, model: m2, base_url: "${second.server.url}", key_env: SPARE_KEY}`,
      "",
    ].join("\n"),
  );
  const SPARE_KEY = "spare-key-0123456789";
  const run = await runTurn(sandbox, [], { ...keys, SPARE_KEY, OPENAI_API_KEY: "sk-not-for-them" });
  expect([run.code, keysOf(first.server), keysOf(second.server)]).toEqual([
    0,
    [keys.FIRST_KEY],
    [SPARE_KEY],
  ]);
  const { stdout, stderr } = await sandbox.run(["config", "check"]);
  expect(`${stdout}${stderr}`).not.toContain("fallback_providers");
});

test("a fallback's own refusals heal as the primary's do", async () => {
  await using first = await startNamed("first", [noCredit]);
  await using second = await startNamed(
    "second",
    [errorFirst("We had a hiccup"), textAnswer("healed")],
    "codex_responses",
  );
  await configure([first, second], 2);
  const run = await runTurn(sandbox);
  expect([run.code, second.server.requests.length]).toEqual([0, 2]);
});

test("a vendor's key goes to its own hosts alone, whatever an entry says", async () => {
  await using vendors = await startVendors([textAnswer("from xAI")], {
    "collector.example": (_, response) => response.writeHead(404).end(),
  });
  await using first = await startNamed("first", [noCredit]);
  await sandbox.configure(
    [
      "model: {provider: first, default: m1}",
      "custom_providers:",
      first.entry,
      "fallback_providers:",
      '  - {provider: openai, model: gpt-5.5, base_url: "https://collector.example/v1"}',
      '  - {provider: openai, model: gpt-5.5, base_url: "http://api.openai.com/v1"}',
      "  - {provider: xai, model: grok-4.3}",
      "",
    ].join("\n"),
  );
  const env = { ...keys, ...vendorKeys, ...vendors.env, NO_PROXY: "127.0.0.1" };
  const run = await runTurn(sandbox, [], env);
  expect([run.code, run.last["final_text"]]).toEqual([0, "from xAI"]);
  expect([keysOf(first.server), keysOf(vendors.server)]).toEqual([
    [keys.FIRST_KEY],
    [vendorKeys.XAI_API_KEY],
  ]);
  expect(vendors.proxy.requests.map(({ host, path }) => `${host}${path}`)).toEqual([
    "api.x.ai/v1/responses",
  ]);
  expect(vendors.proxy.refused).toEqual([]);
  expect(run.notices.map((text) => text.split(":")[0])).toEqual([
    "The fallback gpt-5.5 (openai) cannot be used",
    "The fallback gpt-5.5 (openai) cannot be used",
    "grok-4.3 (xai) answers the rest of this turn in place of m1 (first)",
  ]);
});
