import { expect, test } from "bun:test";
import type { JsonObject } from "../../src/core/json.ts";
import { answerSchema } from "../../src/transports/answer_schema.ts";

const closed: JsonObject = {
  type: "object",
  properties: { a: { type: "string" } },
  required: ["a"],
  additionalProperties: false,
};

function withProperty(schema: JsonObject): JsonObject {
  return { ...closed, properties: { a: schema } };
}

test("answerSchema() asks to enforce a schema that the API can enforce", () => {
  expect(answerSchema(closed)).toEqual({ name: "answer", schema: closed, strict: true });
  for (const inner of [closed, { type: "array", items: closed }, { anyOf: [closed] }]) {
    expect(answerSchema(withProperty(inner))["strict"]).toBe(true);
  }
  const empty: JsonObject = { type: "object", properties: {}, additionalProperties: false };
  expect(answerSchema(empty)["strict"]).toBe(true);
});

test.each<[string, JsonObject]>([
  ["an open object", { ...closed, additionalProperties: true }],
  ["nothing said of other properties", { type: "object", properties: {}, required: [] }],
  ["an optional property", { ...closed, required: [] }],
  ["no list of required properties", { ...closed, required: null }],
  ["an open object inside", withProperty({ type: "object", properties: {} })],
  ["an open object in a list", withProperty({ type: "array", items: { properties: {} } })],
  ["alternatives that exclude one another", withProperty({ oneOf: [{ type: "string" }] })],
  ["no object", { type: "array", items: closed }],
])("answerSchema() does not ask to enforce a schema with %s", (_name, schema) => {
  expect(answerSchema(schema)).toEqual({ name: "answer", schema, strict: false });
});
