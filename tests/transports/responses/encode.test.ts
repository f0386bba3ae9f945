import { expect, test } from "bun:test";
import type { JsonObject } from "../../../src/core/json.ts";
import type { ModelRequest } from "../../../src/core/model.ts";
import type { Dialect } from "../../../src/core/provider.ts";
import type { ToolSpec } from "../../../src/core/tool.ts";
import { encodeRequest } from "../../../src/transports/responses/encode.ts";
import { endpoint, modelRequest } from "../../fakes/endpoint.ts";

function bodyOf(
  request: Partial<ModelRequest>,
  dialect: Partial<Dialect> = {},
  replayDisabled = false,
): JsonObject {
  return encodeRequest(modelRequest(request), endpoint({}, dialect), { replayDisabled }).body;
}

const readFile: ToolSpec = {
  name: "read_file",
  description: "Reads",
  parameters: { type: "object", properties: { path: { type: "string", pattern: "^/" } } },
};

test("encodeRequest() makes the smallest request", () => {
  expect(encodeRequest(modelRequest(), endpoint(), { replayDisabled: false })).toEqual({
    headers: {
      "Content-Type": "application/json",
      Accept: "text/event-stream",
      "User-Agent": "hermes",
    },
    body: {
      model: "m1",
      instructions: "Be brief.",
      input: [{ role: "user", content: "Hi" }],
      store: false,
      reasoning: { effort: "medium", summary: "auto" },
      include: ["reasoning.encrypted_content"],
      prompt_cache_key: "session-1",
    },
  });
});

test("encodeRequest() makes the largest request", () => {
  const schema = {
    type: "object",
    properties: { a: { type: "string" } },
    required: ["a"],
    additionalProperties: false,
  };
  const body = bodyOf({
    tools: [readFile],
    serviceTier: "priority",
    maxOutputTokens: 500,
    outputSchema: schema,
    reasoningEffort: "xhigh",
  });
  expect(body).toEqual({
    model: "m1",
    instructions: "Be brief.",
    input: [{ role: "user", content: "Hi" }],
    tools: [{ type: "function", ...readFile, strict: false }],
    tool_choice: "auto",
    parallel_tool_calls: true,
    store: false,
    reasoning: { effort: "xhigh", summary: "auto" },
    include: ["reasoning.encrypted_content"],
    text: { format: { type: "json_schema", name: "answer", schema, strict: true } },
    max_output_tokens: 500,
    service_tier: "priority",
    prompt_cache_key: "session-1",
  });
});

test("encodeRequest() leaves out what the vendor refuses", () => {
  const body = bodyOf(
    { serviceTier: "priority", maxOutputTokens: 500 },
    {
      cacheKeyInBody: false,
      maxOutputTokens: false,
      serviceTier: false,
      encryptedReasoning: false,
    },
  );
  expect(Object.keys(body)).toEqual(["model", "instructions", "input", "store", "reasoning"]);
});

test("encodeRequest() has no tool fields without a tool that has a name", () => {
  for (const tools of [[], [{ ...readFile, name: " " }]]) {
    const body = bodyOf({ tools });
    expect(
      ["tools", "tool_choice", "parallel_tool_calls"].filter((field) => field in body),
    ).toEqual([]);
  }
});

test("encodeRequest() simplifies tool schemas where the vendor needs it, on a copy", () => {
  const [tool] = bodyOf({ tools: [readFile] }, { plainToolSchemas: true })["tools"] as JsonObject[];
  expect(tool?.["parameters"]).toEqual({
    type: "object",
    properties: { path: { type: "string" } },
  });
  expect(readFile.parameters).toEqual({
    type: "object",
    properties: { path: { type: "string", pattern: "^/" } },
  });
});

const some = ["grok-4.3"];
const xai: Partial<Dialect> = { reasoningModels: some, reasoningSummary: false };
const github: Partial<Dialect> = { reasoningModels: "none", encryptedReasoning: false };
const include = ["reasoning.encrypted_content"];
const summary = "auto";

test.each<[string, Partial<ModelRequest>, Partial<Dialect>, JsonObject]>([
  ["on", {}, {}, { reasoning: { effort: "medium", summary }, include }],
  [
    "minimal",
    { reasoningEffort: "minimal" },
    {},
    { reasoning: { effort: "low", summary }, include },
  ],
  ["off", { reasoningEffort: "none" }, {}, { include: [] }],
  [
    "a listed model",
    { model: "x-ai/Grok-4.3-fast" },
    xai,
    { reasoning: { effort: "medium" }, include },
  ],
  ["a model that is not listed", { model: "grok-4" }, xai, { include }],
  ["a listed model, off", { model: "grok-4.3", reasoningEffort: "none" }, xai, {}],
  ["a vendor without reasoning", {}, github, {}],
  ["a vendor without reasoning, off", { reasoningEffort: "none" }, github, {}],
  [
    "a model that does not reason",
    { model: "gpt-4o" },
    { reasoningModels: ["gpt-5"] },
    { include: [] },
  ],
])("encodeRequest() asks for reasoning: %s", (_name, request, dialect, expected) => {
  const { reasoning, include: asked } = bodyOf(request, dialect);
  expect({
    ...(reasoning !== undefined && { reasoning }),
    ...(asked !== undefined && { include: asked }),
  }).toEqual(expected);
});

test("encodeRequest() neither sends nor asks for encrypted reasoning once the server could not read it", () => {
  const items: ModelRequest["items"] = [
    {
      type: "reasoning",
      id: "r1",
      text: "",
      replay: {
        wireApi: "responses",
        issuer: endpoint().issuer,
        model: "m1",
        payload: { encrypted_content: "x", summary: [] },
      },
    },
    { type: "assistant-message", id: "a1", text: "Hello" },
  ];
  expect(bodyOf({ items })["input"]).toEqual([
    { type: "reasoning", encrypted_content: "x", summary: [] },
    { role: "assistant", content: "Hello" },
  ]);
  const body = bodyOf({ items }, {}, true);
  expect([body["input"], body["include"]]).toEqual([[{ role: "assistant", content: "Hello" }], []]);
  expect(bodyOf({ items }, { encryptedReasoning: false })["input"]).toEqual([
    { role: "assistant", content: "Hello" },
  ]);
});

test("encodeRequest() gives the same bytes for the same request", () => {
  const request = { tools: [readFile], maxOutputTokens: 5 };
  expect(JSON.stringify(bodyOf(request))).toBe(JSON.stringify(bodyOf(structuredClone(request))));
});
