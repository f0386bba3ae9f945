import { expect, test } from "bun:test";
import { annotationsOf, callResult, listedTool, refusedCall } from "../../src/mcp/content.ts";
import { createFakeTool, ok } from "../fakes/tool.ts";

const plain = (text: string): string => text;

test("listedTool() shows a tool with its own schema and every hint", () => {
  const parameters = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
  const spec = { name: "save", description: "Saves", parameters };
  expect(listedTool(createFakeTool("save", () => ok(""), { spec, effect: "write" }))).toEqual({
    name: "save",
    description: "Saves",
    inputSchema: { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
    annotations: {
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: false,
      openWorldHint: false,
    },
  });
});

test("annotationsOf() calls nothing harmless but what only reads", () => {
  const effects = ["read", "write", "execute", "network"] as const;
  const shown = effects.map((effect) => {
    const { readOnlyHint, destructiveHint, openWorldHint } = annotationsOf(effect);
    return [effect, readOnlyHint, destructiveHint, openWorldHint];
  });
  expect(shown).toEqual([
    ["read", true, false, false],
    ["write", false, true, false],
    ["execute", false, true, true],
    ["network", false, false, true],
  ]);
});

test("callResult() gives a JSON object twice, and other text once", () => {
  expect(callResult(ok('{"a":1}'), plain)).toEqual({
    content: [{ type: "text", text: '{"a":1}' }],
    structuredContent: { a: 1 },
    isError: false,
  });
  for (const text of ["plain", "[1]", "null", ""]) {
    expect(callResult({ text, isError: true }, plain)).toEqual({
      content: [{ type: "text", text }],
      isError: true,
    });
  }
});

test("callResult() masks both forms", () => {
  const redact = (text: string): string => text.replaceAll("secret", "***");
  expect(callResult(ok('{"key":"secret"}'), redact)).toEqual({
    content: [{ type: "text", text: '{"key":"***"}' }],
    structuredContent: { key: "***" },
    isError: false,
  });
});

test("refusedCall() reads as a failure of our tools", () => {
  expect(refusedCall('no "x"', plain)).toEqual({
    content: [{ type: "text", text: '{"error":"no \\"x\\""}' }],
    structuredContent: { error: 'no "x"' },
    isError: true,
  });
});
