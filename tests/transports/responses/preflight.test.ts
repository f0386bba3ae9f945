import { expect, test } from "bun:test";
import { HermesError } from "../../../src/core/errors.ts";
import type { Json, JsonObject } from "../../../src/core/json.ts";
import { encodeRequest } from "../../../src/transports/responses/encode.ts";
import { preflight } from "../../../src/transports/responses/preflight.ts";
import { endpoint, modelRequest } from "../../fakes/endpoint.ts";

const smallest = { model: "m1", instructions: "Be brief.", input: [] };
const tool = {
  type: "function",
  name: "f",
  description: "d",
  strict: false,
  parameters: { type: "object", properties: {} },
};

function checked(change: JsonObject): JsonObject {
  return preflight({ ...smallest, ...change });
}

function inputOf(...input: readonly Json[]): Json | undefined {
  return checked({ input })["input"];
}

function failureOf(body: Json): unknown {
  try {
    return preflight(body);
  } catch (error) {
    return error;
  }
}

function malformed(problem: string): HermesError {
  return new HermesError("model/bad_request", `Malformed request to the model${problem}`);
}

test("preflight() leaves what encodeRequest() makes as it is", () => {
  const request = modelRequest({
    items: [
      {
        type: "user-message",
        id: "u",
        parts: [{ type: "image", mediaType: "image/png", data: "A" }],
      },
      {
        type: "reasoning",
        id: "r",
        text: "",
        replay: {
          wireApi: "responses",
          issuer: endpoint().issuer,
          payload: { encrypted_content: "x", summary: ["s"] },
        },
      },
      { type: "assistant-message", id: "a", text: "Hello" },
      { type: "tool-call", id: "c", callId: "c1", name: "f", arguments: "{}" },
      { type: "tool-result", id: "o", callId: "c1", output: "", isError: false },
    ],
    tools: [{ name: "f", description: "d", parameters: { type: "object" } }],
    outputSchema: { type: "object" },
    maxOutputTokens: 10,
    serviceTier: "flex",
  });
  const { body } = encodeRequest(request, endpoint(), { replayDisabled: false });
  expect(preflight(body)).toEqual(body);
});

test.each<[string, Json, string]>([
  ["no object", [], ": expected an object"],
  ["missing fields", { model: "m1" }, ": missing: input, instructions"],
  ["unknown fields", { ...smallest, zeta: 1, alpha: 1 }, ": unknown: alpha, zeta"],
  ["headers", { ...smallest, extra_headers: {} }, ": unknown: extra_headers"],
  ["streaming", { ...smallest, stream: true }, ": unknown: stream"],
  ["storing", { ...smallest, store: true }, " at store: expected false"],
  ["a blank model", { ...smallest, model: " " }, " at model: expected text that is not blank"],
  ["tools that are no list", { ...smallest, tools: {} }, " at tools: expected a list"],
  ["a tool that is no object", { ...smallest, tools: [1] }, " at tools[0]: expected an object"],
  [
    "a tool of another type",
    { ...smallest, tools: [tool, { ...tool, type: "web_search" }] },
    " at tools[1].type: expected function",
  ],
  [
    "a tool without a name",
    { ...smallest, tools: [{ ...tool, name: "" }] },
    " at tools[0].name: expected text that is not blank",
  ],
  [
    "a tool without parameters",
    { ...smallest, tools: [{ ...tool, parameters: null }] },
    " at tools[0].parameters: expected an object",
  ],
  ["an input that is no list", { ...smallest, input: "hi" }, " at input: expected a list"],
  ["an item that is no object", { ...smallest, input: ["hi"] }, " at input[0]: expected an object"],
])("preflight() refuses %s", (_name, body, problem) => {
  expect(failureOf(body)).toEqual(malformed(problem));
});

test.each<[string, JsonObject, string]>([
  ["a system message", { role: "system", content: "x" }, ": unsupported item shape"],
  ["a custom call", { type: "custom_tool_call", call_id: "c" }, ": unsupported item shape"],
  [
    "a message of a user",
    { type: "message", role: "user", content: [] },
    ": unsupported item shape",
  ],
  [
    "a message without parts",
    { type: "message", role: "assistant", content: "x" },
    ".content: expected a list",
  ],
  [
    "a message with empty parts",
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "" }] },
    ".content: expected at least one part",
  ],
  [
    "an image of the assistant",
    { role: "assistant", content: [{ type: "input_image", image_url: "u" }] },
    ".content[0]: unsupported part: input_image",
  ],
  ["a part of text only", { role: "user", content: ["x"] }, ".content[0]: unsupported part: "],
  [
    "a call without an id",
    { type: "function_call", name: "f" },
    ".call_id: expected text that is not blank",
  ],
  [
    "a call without a name",
    { type: "function_call", call_id: "c", name: " " },
    ".name: expected text that is not blank",
  ],
  [
    "a result without an id",
    { type: "function_call_output", output: "" },
    ".call_id: expected text that is not blank",
  ],
])("preflight() refuses %s and names the item", (_name, item, problem) => {
  expect(failureOf({ ...smallest, input: [{ role: "user", content: "x" }, item] })).toEqual(
    malformed(` at input[1]${problem}`),
  );
});

test("preflight() trims names, gives blank instructions a text, and drops fields of a wrong type", () => {
  expect(
    checked({
      model: " m1 ",
      instructions: " ",
      tools: null,
      reasoning: "high",
      include: "x",
      text: 1,
      service_tier: " flex ",
      prompt_cache_key: 7,
      max_output_tokens: 10.9,
      temperature: 0.5,
    }),
  ).toEqual({
    model: "m1",
    instructions: "You are a helpful assistant.",
    input: [],
    store: false,
    service_tier: "flex",
    max_output_tokens: 10,
    temperature: 0.5,
  });
  expect(checked({ max_output_tokens: 0, temperature: "x", service_tier: "" })).toEqual({
    ...smallest,
    store: false,
  });
});

test("preflight() removes ids of calls and reasoning, and repeated reasoning", () => {
  const thought = { type: "reasoning", id: "rs_1", encrypted_content: "x" };
  expect(
    inputOf(
      thought,
      { ...thought, encrypted_content: "y" },
      { type: "reasoning", encrypted_content: "" },
      { type: "function_call", id: "fc_1", call_id: " c1 ", name: " f ", arguments: { a: "é" } },
      { type: "function_call", call_id: "c2", name: "f", arguments: " " },
    ),
  ).toEqual([
    { type: "reasoning", encrypted_content: "x", summary: [] },
    { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":"é"}' },
    { type: "function_call", call_id: "c2", name: "f", arguments: "{}" },
  ]);
});

test("preflight() writes the output of a call as text or as valid parts", () => {
  const output = (value: Json): Json => ({
    type: "function_call_output",
    call_id: "c",
    output: value,
  });
  const parts: Json = [
    { type: "input_text", text: "a" },
    { type: "input_image", image_url: { url: "u", detail: " low " } },
    { type: "input_image", image_url: "" },
    "x",
  ];
  expect(inputOf(output(null), output(7), output(parts), output(["x"]))).toEqual([
    output(""),
    output("7"),
    output([
      { type: "input_text", text: "a" },
      { type: "input_image", image_url: "u", detail: "low" },
    ]),
    output(""),
  ]);
});

test("preflight() gives text the type that fits its role", () => {
  const labelled = ["text", "input_text", "output_text"].map((type) => ({ type, text: type }));
  expect(
    inputOf({ role: "user", content: labelled }, { role: "assistant", content: labelled }),
  ).toEqual([
    { role: "user", content: labelled.map(({ text }) => ({ type: "input_text", text })) },
    { role: "assistant", content: labelled.map(({ text }) => ({ type: "output_text", text })) },
  ]);
});

test("preflight() keeps id, phase and status of a message", () => {
  const message = {
    type: "message",
    role: "assistant",
    status: "in_progress",
    content: [{ type: "output_text", text: "a" }],
    id: "msg_1",
    phase: "commentary",
  };
  expect(inputOf(message, { ...message, id: " ", phase: null, status: null })).toEqual([
    message,
    { type: "message", role: "assistant", status: "completed", content: message.content },
  ]);
});
