import { expect, test } from "bun:test";
import { failureOutput, resultOutput } from "../../src/mcp/result_text.ts";

test.each([
  [
    "texts",
    {
      content: [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
      isError: false,
    },
    "a\nb",
  ],
  ["an error", { content: [{ type: "text", text: "no" }], isError: true }, '{"error":"no"}'],
  [
    "an error without words",
    { content: [], isError: true },
    '{"error":"it failed without a reason"}',
  ],
  ["nothing", { content: [], isError: false }, ""],
  [
    "structured content alone",
    { content: [], structuredContent: { a: 1 }, isError: false },
    '{"a":1}',
  ],
  [
    "structured content beside its text",
    { content: [{ type: "text", text: "one" }], structuredContent: { a: 1 }, isError: false },
    "one",
  ],
  [
    "what is no text",
    {
      content: [
        { type: "image", data: "AAAA", mimeType: "image/png" },
        { type: "audio", data: "AAA=", mimeType: "audio/wav" },
        { type: "resource_link", uri: "file:///a", name: "a", description: "the first" },
        { type: "resource", resource: { uri: "file:///b", blob: "AAAA", mimeType: "x/y" } },
        { type: "news" },
        "bare",
      ],
      isError: false,
    },
    "[image (image/png), 3 bytes, not shown]\n[audio (audio/wav), 2 bytes, not shown]\n" +
      "[resource a file:///a] the first\n[resource file:///b (x/y), 3 bytes, not shown]\n[content of an unknown kind: news]",
  ],
])("resultOutput() of %s", (_, result, said) => {
  expect(resultOutput(result)).toEqual({ text: said, isError: result.isError });
});

test("failureOutput() is a failure like those of other tools", () => {
  expect(failureOutput("gone")).toEqual({ text: '{"error":"gone"}', isError: true });
});
