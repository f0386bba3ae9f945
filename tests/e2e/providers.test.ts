import { afterEach, beforeEach, expect, test } from "bun:test";
import { callTool, textAnswer } from "../fakes/server_steps.ts";
import { createSandbox, type Event, eventsOf, type Sandbox } from "./sandbox.ts";
import { keys, startVendors, type Vendors } from "./vendors.ts";

let sandbox: Sandbox;
let vendors: Vendors;
beforeEach(async () => {
  sandbox = await createSandbox();
  vendors = await startVendors([callTool("todo", {}), textAnswer("hello")]);
});
afterEach(async () => {
  await vendors[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
});

/** One vendor as it must be asked. `SESSION` stands for the session's id. */
interface Case {
  readonly name: string;
  readonly model: string;
  readonly host: string;
  readonly path: string;
  readonly key: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is in the body besides model, prompt, tools and history. */
  readonly body: Readonly<Record<string, unknown>>;
}

const encrypted = ["reasoning.encrypted_content"];
const streamed = { stream: true, stream_options: { include_usage: true } };

const cases: readonly Case[] = [
  {
    name: "OpenAI, Responses",
    model: "provider: openai",
    host: "api.openai.com",
    path: "/v1/responses",
    key: keys.OPENAI_API_KEY,
    body: {
      model: "gpt-5.5",
      reasoning: { effort: "medium", summary: "auto" },
      include: encrypted,
      max_output_tokens: 1000,
      service_tier: "priority",
      prompt_cache_key: "SESSION",
    },
  },
  {
    name: "OpenAI, a model that does not reason",
    model: "provider: openai, default: gpt-4.1",
    host: "api.openai.com",
    path: "/v1/responses",
    key: keys.OPENAI_API_KEY,
    body: {
      model: "gpt-4.1",
      include: [],
      max_output_tokens: 1000,
      service_tier: "priority",
      prompt_cache_key: "SESSION",
    },
  },
  {
    name: "OpenAI, chat completions",
    model: "provider: openai, api_mode: chat_completions",
    host: "api.openai.com",
    path: "/v1/chat/completions",
    key: keys.OPENAI_API_KEY,
    body: {
      model: "gpt-5.5",
      reasoning_effort: "medium",
      max_completion_tokens: 1000,
      service_tier: "priority",
      prompt_cache_key: "SESSION",
      ...streamed,
    },
  },
  {
    name: "xAI, a model that takes an effort",
    model: "provider: xai",
    host: "api.x.ai",
    path: "/v1/responses",
    key: keys.XAI_API_KEY,
    headers: { "x-grok-conv-id": "SESSION" },
    body: {
      model: "grok-4.3",
      reasoning: { effort: "medium" },
      include: encrypted,
      max_output_tokens: 1000,
      prompt_cache_key: "SESSION",
    },
  },
  {
    name: "xAI, a model that refuses an effort",
    model: "provider: xai, default: grok-4",
    host: "api.x.ai",
    path: "/v1/responses",
    key: keys.XAI_API_KEY,
    headers: { "x-grok-conv-id": "SESSION" },
    body: {
      model: "grok-4",
      include: encrypted,
      max_output_tokens: 1000,
      prompt_cache_key: "SESSION",
    },
  },
  {
    name: "OpenRouter, a model that needs Responses",
    model: "provider: openrouter",
    host: "openrouter.ai",
    path: "/api/v1/responses",
    key: keys.OPENROUTER_API_KEY,
    body: {
      model: "openai/gpt-5.5",
      reasoning: { effort: "medium", summary: "auto" },
      include: encrypted,
      max_output_tokens: 1000,
      service_tier: "priority",
    },
  },
  {
    name: "OpenRouter, any other model",
    model: "provider: openrouter, default: meta-llama/llama-4-scout",
    host: "openrouter.ai",
    path: "/api/v1/chat/completions",
    key: keys.OPENROUTER_API_KEY,
    body: {
      model: "meta-llama/llama-4-scout",
      reasoning_effort: "medium",
      max_tokens: 1000,
      service_tier: "priority",
      ...streamed,
    },
  },
];

test.each(cases)("$name: host, path, key, headers and body of every step", async (example) => {
  await sandbox.configure(`model: {${example.model}, service_tier: priority, max_tokens: 1000}\n`);
  const { code, stdout, stderr } = await sandbox.run(["-z", "hi", "-t", "todo", "--json"], {
    env: { ...keys, ...vendors.env },
  });
  expect([code, stderr]).toEqual([0, ""]);
  const session = sessionOf(eventsOf(stdout));
  const named = (text: string): string => text.replaceAll(session, "SESSION");

  const asked = vendors.proxy.requests.map(({ headers, ...request }) => {
    const { "content-length": length, ...rest } = headers;
    expect(Number(length)).toBeGreaterThan(0);
    return { ...request, headers: JSON.parse(named(JSON.stringify(rest))) };
  });
  const request = {
    method: "POST",
    host: example.host,
    path: example.path,
    headers: {
      host: example.host,
      authorization: `Bearer ${example.key}`,
      accept: "text/event-stream",
      "accept-encoding": "gzip, deflate, br, zstd",
      "content-type": "application/json",
      connection: "keep-alive",
      "user-agent": "hermes",
      ...example.headers,
    },
  };
  expect(asked).toEqual([request, request]);
  expect(vendors.proxy.refused).toEqual([]);

  const bodies = vendors.server.requests.map(({ body }) => named(JSON.stringify(body)));
  const said = bodies.map((text) => {
    const {
      instructions: _instructions,
      input,
      messages,
      tools: _tools,
      ...rest
    } = JSON.parse(text);
    expect((input ?? messages).length).toBeGreaterThan(0);
    return rest;
  });
  const fields = example.path.endsWith("/responses")
    ? { store: false, stream: true, tool_choice: "auto", parallel_tool_calls: true }
    : {};
  expect(said).toEqual([
    { ...fields, ...example.body },
    { ...fields, ...example.body },
  ]);
  for (const key of Object.values(keys)) {
    expect(bodies.join("\n")).not.toContain(key);
  }
});

test("a vendor in the model's name is asked, whatever other keys are there", async () => {
  const { code, stdout } = await sandbox.run(["-z", "hi", "-m", "xai/grok-4"], {
    env: { XAI_API_KEY: keys.XAI_API_KEY, OPENAI_API_KEY: keys.OPENAI_API_KEY, ...vendors.env },
  });
  expect([code, stdout]).toEqual([0, "hello\n"]);
  expect(vendors.proxy.requests.map(({ host }) => host)).toEqual(["api.x.ai", "api.x.ai"]);
  expect(vendors.server.requests[0]?.body).toMatchObject({ model: "grok-4" });
});

test("model list asks the vendor with its own key", async () => {
  const { code, stdout } = await sandbox.run(["model", "list", "--provider", "openrouter"], {
    env: { ...keys, ...vendors.env },
  });
  expect([code, stdout]).toEqual([0, "m1\t\n"]);
  expect(
    vendors.proxy.requests.map(({ host, path, headers }) => [host, path, headers.authorization]),
  ).toEqual([["openrouter.ai", "/api/v1/models", `Bearer ${keys.OPENROUTER_API_KEY}`]]);
});

function sessionOf(events: readonly Event[]): string {
  const started = events.find(({ type }) => type === "session.started");
  return (started as { session_id?: string } | undefined)?.session_id ?? "";
}
