import { expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import type { ModelRequest } from "../../../src/core/model.ts";
import type { Dialect } from "../../../src/core/provider.ts";
import type { ToolSpec } from "../../../src/core/tool.ts";
import { encodeRequest } from "../../../src/transports/chat_completions/encode.ts";
import { endpoint, modelRequest } from "../../fakes/endpoint.ts";

function bodyOf(request: Partial<ModelRequest>, dialect: Partial<Dialect> = {}): JsonObject {
  return encodeRequest(modelRequest(request), endpoint({}, dialect)).body;
}

const readFile: ToolSpec = {
  name: "read_file",
  description: "Reads",
  parameters: { type: "object", properties: { path: { type: "string", pattern: "^/" } } },
};
const streaming = { stream: true, stream_options: { include_usage: true } };
const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hi" },
];

test("encodeRequest() makes the smallest request", () => {
  const plain = endpoint({}, { reasoningModels: "none", cacheKeyInBody: false });
  expect(encodeRequest(modelRequest(), plain)).toEqual({
    headers: {
      "Content-Type": "application/json",
      Accept: "text/event-stream",
      "User-Agent": "hermes",
    },
    body: { model: "m1", messages, ...streaming },
  });
});

test("encodeRequest() makes the largest request", () => {
  const schema = { type: "object", properties: {} };
  const body = bodyOf(
    {
      tools: [readFile],
      serviceTier: "flex",
      maxOutputTokens: 500,
      outputSchema: schema,
      reasoningEffort: "minimal",
    },
    { chatMaxTokensField: "max_completion_tokens" },
  );
  expect(body).toEqual({
    model: "m1",
    messages,
    tools: [{ type: "function", function: { ...readFile } }],
    reasoning_effort: "low",
    response_format: {
      type: "json_schema",
      json_schema: { name: "answer", schema, strict: false },
    },
    max_completion_tokens: 500,
    service_tier: "flex",
    prompt_cache_key: "session-1",
    ...streaming,
  });
});

test("encodeRequest() leaves out what the vendor refuses", () => {
  const body = bodyOf(
    { serviceTier: "flex", maxOutputTokens: 500, tools: [] },
    { cacheKeyInBody: false, maxOutputTokens: false, serviceTier: false, reasoningModels: ["o3"] },
  );
  expect(body).toEqual({ model: "m1", messages, ...streaming });
});

test("encodeRequest() names the role of the instructions as the model wants it", () => {
  const dialect = { developerRoleModels: ["gpt-5", "o3"] };
  const roleFor = (model: string): unknown => {
    const [first] = bodyOf({ model }, dialect)["messages"] as JsonObject[];
    return first?.["role"];
  };
  expect(["gpt-5.1", "openai/GPT-5", "o3-mini", "gpt-4o", "x-gpt-5"].map(roleFor)).toEqual([
    "developer",
    "developer",
    "developer",
    "system",
    "system",
  ]);
});

test("encodeRequest() sends no message for instructions that are blank", () => {
  expect(bodyOf({ instructions: " \n" })["messages"]).toEqual([{ role: "user", content: "Hi" }]);
});

test("encodeRequest() simplifies tool schemas where the vendor needs it", () => {
  const [tool] = bodyOf({ tools: [readFile] }, { plainToolSchemas: true })["tools"] as JsonObject[];
  expect(tool).toEqual({
    type: "function",
    function: {
      ...readFile,
      parameters: { type: "object", properties: { path: { type: "string" } } },
    },
  });
});

test("encodeRequest() gives the same bytes for the same request", () => {
  const request = { tools: [readFile], maxOutputTokens: 5 };
  expect(JSON.stringify(bodyOf(request))).toBe(JSON.stringify(bodyOf(structuredClone(request))));
});
