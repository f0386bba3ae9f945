import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startResponsesServer, type StepSource } from "../../fakes/responses_server.ts";
import { callTool, refusal, serverError, textAnswer } from "../../fakes/server_steps.ts";
import * as sse from "../../fakes/sse.ts";
import { configFor, createSandbox, type Sandbox, startChat, wireApis } from "../sandbox.ts";
import { bodyOf, runTurn } from "./lab.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

/** The smallest picture there is: one transparent dot. */
const dot = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

interface Setup {
  readonly wireApi?: (typeof wireApis)[number];
  readonly config?: string;
  readonly args?: readonly string[];
}

/** A turn over these answers, without a single retry: what heals costs no attempt. */
async function turn(steps: readonly StepSource[], setup: Setup = {}) {
  const { wireApi = "chat_completions", config = "", args = [] } = setup;
  await using server = await startResponsesServer({ steps });
  await sandbox.configure(configFor(server.url, wireApi) + config);
  const ended = await runTurn(sandbox, args, {});
  return { ...ended, requests: server.requests };
}

describe("images", () => {
  const noImages = refusal(400, "This model does not support image inputs");

  test.each(wireApis)("%s: a model that takes none gets a line in their place", async (wireApi) => {
    await writeFile(join(sandbox.work, "dot.png"), dot);
    const steps = [noImages, callTool("todo", { todos: [] }), textAnswer("a dot, they say")];
    const run = await turn(steps, { wireApi, args: ["--image", "dot.png"] });
    expect([run.code, run.last["final_text"]]).toEqual([0, "a dot, they say"]);
    // The refused one, the one that heals, and one behind the tool that is healthy from the start.
    const sent = run.requests.map(({ body }) => JSON.stringify(body));
    expect(sent.map((body) => body.includes(dot.toString("base64")))).toEqual([true, false, false]);
    expect(sent[2]).toContain("[The image dot.png was left out: this model takes no images]");
    expect(run.notices).toEqual([
      "m1 at custom takes no images: going on without them, in this session from now on",
    ]);
    expect(run.kinds).not.toContain("retry");
  });

  test("a session is text-only from then on, and keeps its images", async () => {
    await writeFile(join(sandbox.work, "dot.png"), dot);
    await using server = await startResponsesServer({
      steps: [
        noImages,
        textAnswer("first answer"),
        textAnswer("second answer"),
        textAnswer("a dot"),
      ],
    });
    await sandbox.configure(configFor(server.url, "chat_completions"));
    await using chat = await startChat(sandbox);
    chat.type("what is this? @dot.png\r");
    await chat.untilShown("first answer");
    chat.type("and now?\r");
    await chat.untilShown("second answer");
    const sent = server.requests.map(({ body }) => JSON.stringify(body));
    const data = dot.toString("base64");
    expect(sent.map((body) => body.includes(data))).toEqual([true, false, false]);
    chat.type("/quit\r");
    expect(await chat.exited).toBe(0);
    // Another model may see: the history still holds the image.
    expect((await sandbox.run(["-z", "and you?", "-c", "-m", "m2"])).stdout).toBe("a dot\n");
    expect(JSON.stringify(server.requests[3]?.body)).toContain(data);
  });

  test.each([
    ["about its size", refusal(400, "image_url is not supported: the image exceeds 20 MB")],
    ["about how often", refusal(429, "Rate limit for images: does not support image bursts")],
  ])("what is %s is no rejection of images", async (_, step) => {
    await writeFile(join(sandbox.work, "dot.png"), dot);
    const run = await turn([step, textAnswer("ok"), textAnswer("ok")], {
      args: ["--image", "dot.png"],
    });
    expect(run.notices.join("\n")).not.toContain("takes no images");
  });

  test("one that is too large is left out, the other one stays", async () => {
    const large = randomBytes(60_000);
    await writeFile(join(sandbox.work, "dot.png"), dot);
    await writeFile(join(sandbox.work, "large.png"), Buffer.concat([dot.subarray(0, 33), large]));
    const tooLarge = refusal(
      400,
      "messages.1.content.2.image.source.base64: image exceeds 5 MB maximum: 80044 bytes > 50000 bytes",
    );
    const run = await turn([tooLarge, textAnswer("fine")], {
      args: ["--image", "dot.png", "--image", "large.png"],
    });
    expect([run.code, run.requests.length]).toEqual([0, 2]);
    const healed = JSON.stringify(run.requests[1]?.body);
    expect(healed).toContain(dot.toString("base64"));
    expect(healed).toContain("[The image large.png was left out: too large for custom]");
    expect(run.notices).toEqual([
      "The image large.png is too large for custom: going on without; attach a smaller one",
    ]);
  });

  test("a second refusal of the same kind fails the turn", async () => {
    await writeFile(join(sandbox.work, "dot.png"), dot);
    const run = await turn([noImages, noImages, textAnswer("never")], {
      args: ["--image", "dot.png"],
    });
    expect([run.code, run.requests.length]).toEqual([1, 2]);
    expect(run.last).toMatchObject({ type: "turn.failed", error: { code: "model/bad_request" } });
  });
});

describe("schemas", () => {
  const grammar = refusal(
    400,
    "Unable to generate parser for this template: json-schema-to-grammar: pattern must start with '^'",
  );

  test.each(wireApis)("%s: what makes no grammar goes plain for the session", async (wireApi) => {
    const schema = {
      type: "object",
      properties: { day: { type: "string", pattern: "[0-9]+", format: "date" } },
      required: ["day"],
      additionalProperties: false,
    };
    await writeFile(join(sandbox.work, "schema.json"), JSON.stringify(schema));
    const steps = [grammar, callTool("todo", { todos: [] }), textAnswer('{"day": "2026-01-07"}')];
    const run = await turn(steps, { wireApi, args: ["--output-schema", "schema.json"] });
    expect([run.code, run.requests.length]).toEqual([0, 3]);
    const sent = run.requests.map(({ body }) =>
      JSON.stringify(body).includes('"pattern":"[0-9]+"'),
    );
    expect(sent).toEqual([true, false, false]);
  });
});

describe("output that is too large beside the prompt", () => {
  test.each([
    [
      "OpenRouter",
      "This endpoint's maximum context length is 32768 tokens. However, you requested about 34000 tokens (18000 of text input, 1000 of tool input, 15000 in the output). Please reduce the length of either one",
      32_768 - 19_000 - 64,
    ],
    [
      "Anthropic",
      "input length and `max_tokens` exceed context limit: 188240 + 15000 > 200000, decrease input length or `max_tokens` and try again",
      200_000 - 188_240 - 64,
    ],
    [
      "vLLM, in characters",
      "This model's maximum context length is 32768 tokens. However, you requested 15000 output tokens and your prompt contains 60000 characters. Please reduce the length of the input prompt or the number of requested output tokens",
      32_768 - 20_000 - 64,
    ],
  ])("%s: this one call asks for what is left", async (_, message, expected) => {
    for (const wireApi of wireApis) {
      await using server = await startResponsesServer({
        steps: [refusal(400, message), callTool("todo", { todos: [] }), textAnswer("fits")],
      });
      const settings = configFor(server.url, wireApi).replace(
        "default: m1",
        "default: m1, max_tokens: 15000",
      );
      await sandbox.configure(settings);
      const run = await runTurn(sandbox, [], {});
      expect([run.code, run.last["final_text"]]).toEqual([0, "fits"]);
      const field = wireApi === "codex_responses" ? "max_output_tokens" : "max_tokens";
      // The next call asks for what is configured.
      expect(server.requests.map((one) => bodyOf(one)[field] ?? null)).toEqual([
        15_000,
        expected,
        15_000,
      ]);
    }
  });
});

describe("reasoning that is sent back", () => {
  test("one whose signature is refused is not sent again", async () => {
    const signature = refusal(400, "messages.1.content.0: Invalid `signature` in `thinking` block");
    const thought = callTool("todo", { todos: [] }, { reasoning: "let me think" });
    const run = await turn([thought, signature, textAnswer("done")]);
    expect([run.code, run.last["final_text"]]).toEqual([0, "done"]);
    const sent = run.requests.map(({ body }) => JSON.stringify(body).includes("let me think"));
    expect(sent).toEqual([false, true, false]);
    expect(run.notices).toEqual([
      "custom does not take its earlier reasoning back: going on without it",
    ]);
  });

  test("what is encrypted and cannot be read is dropped, and asked for no more", async () => {
    const unreadable = refusal(400, "Encrypted content could not be verified", {
      code: "invalid_encrypted_content",
    });
    const thought = { encryptedContent: "gAAAA" };
    const steps = [
      callTool("todo", { todos: [] }, thought),
      unreadable,
      callTool("todo", { todos: [] }),
      textAnswer("done"),
    ];
    const run = await turn(steps, { wireApi: "codex_responses" });
    expect([run.code, run.requests.length]).toEqual([0, 4]);
    const bodies = run.requests.map(bodyOf);
    expect(bodies.map((body) => JSON.stringify(body).includes("gAAAA"))).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect(bodies.map(({ include }) => include)).toEqual([
      ["reasoning.encrypted_content"],
      ["reasoning.encrypted_content"],
      [],
      [],
    ]);
  });
});

test("encrypted reasoning that is refused where none was sent is an ordinary failure", async () => {
  const unreadable = refusal(400, "Encrypted content could not be verified", {
    code: "invalid_encrypted_content",
    headers: { "retry-after": "0" },
  });
  const thought = callTool("todo", { todos: [] }, { encryptedContent: "gAAAA" });
  await using server = await startResponsesServer({
    steps: [unreadable, thought, textAnswer("done")],
  });
  await sandbox.configure(configFor(server.url).replace("retries: 0", "retries: 2"));
  const run = await runTurn(sandbox, [], {});
  expect([run.code, server.requests.length]).toEqual([0, 3]);
  expect(run.kinds.filter((kind) => kind === "retry").length).toBe(1);
  // What the model thinks is asked for as before, and goes back to it.
  const bodies = server.requests.map(bodyOf);
  const asked = ["reasoning.encrypted_content"];
  expect(bodies.map(({ include }) => include)).toEqual([asked, asked, asked]);
  expect(JSON.stringify(bodies[2])).toContain("gAAAA");
});

describe.each(wireApis)("over %s", (wireApi) => {
  test("an answer that a filter ends is a failure, and not asked for again", async () => {
    const filtered = textAnswer("I will now", { incomplete: "content_filter" });
    const run = await turn([filtered, textAnswer("never")], { wireApi });
    expect([run.code, run.requests.length]).toEqual([1, 1]);
    expect(run.last).toMatchObject({ error: { code: "model/content_policy" } });
  });

  test("a refusal in place of an answer is a failure, and not asked for again", async () => {
    const run = await turn([refusedAnswer(wireApi), textAnswer("never")], { wireApi });
    expect([run.code, run.requests.length]).toEqual([1, 1]);
    expect(run.last).toMatchObject({ error: { code: "model/content_policy" } });
  });
});

/** A whole answer that holds nothing but the model's refusal. */
function refusedAnswer(wireApi: (typeof wireApis)[number]): StepSource {
  const words = "I cannot help with that.";
  if (wireApi === "chat_completions") {
    const events = [sse.chatChunk({ role: "assistant", refusal: words }), ...sse.chatEnd("stop")];
    return { kind: "raw", frames: [...events.map(sse.frame), sse.doneFrame] };
  }
  const item = { type: "message", id: "msg_0", role: "assistant" };
  const events = [
    sse.created(),
    sse.itemAdded(0, { ...item, status: "in_progress", content: [] }),
    sse.itemDone(0, {
      ...item,
      status: "completed",
      content: [{ type: "refusal", refusal: words }],
    }),
    sse.completed(),
  ];
  return { kind: "raw", frames: events.map(sse.frame) };
}

test("retries are told in order, and nothing of a failed attempt is kept", async () => {
  const cut = textAnswer("half of an", { cut: { afterFrames: 5, how: "end" } });
  await using server = await startResponsesServer({
    steps: [cut, serverError, textAnswer("whole")],
  });
  const settings = configFor(server.url).replace("api_max_retries: 0", "api_max_retries: 3");
  await sandbox.configure(settings);
  const run = await runTurn(sandbox, [], {});
  expect([run.code, server.requests.length]).toEqual([0, 3]);
  const retries = run.events.filter(({ type }) => type === "retry");
  expect(retries.map(({ attempt }) => attempt)).toEqual([2, 3]);
  const at = (type: string): number => run.kinds.indexOf(type);
  expect(at("retry")).toBeLessThan(run.kinds.lastIndexOf("item.started"));
  const { stdout } = await sandbox.run(["sessions", "list", "--json"]);
  const [{ id }] = (JSON.parse(stdout) as { sessions: [{ id: string }] }).sessions;
  const shown = await sandbox.run(["sessions", "show", id, "--json"]);
  expect(shown.stdout).not.toContain("half of an");
  expect(JSON.parse(shown.stdout)).toMatchObject({
    items: [{ type: "user_message" }, { type: "assistant_message", text: "whole" }],
  });
});
