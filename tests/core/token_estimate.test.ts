import { expect, test } from "bun:test";
import { estimateItems, estimateRequest, estimateTokens } from "../../src/core/token_estimate.ts";

test("estimateTokens() counts four characters as a token, and images flat", () => {
  expect(estimateTokens(401, [])).toBe(101);
  expect(estimateTokens(1_000_400, ["x".repeat(600_000), "y".repeat(400_000)])).toBe(3_100);
});

test("estimateItems() counts texts, calls, results, images and what a wire replays of reasoning", () => {
  const replay = {
    wireApi: "responses",
    issuer: "other:x",
    payload: { encrypted_content: "e".repeat(4_000), summary: [null, true] },
  } as const;
  const image = { type: "image", mediaType: "image/png", data: "x".repeat(100_000) } as const;
  expect([
    estimateItems([{ type: "assistant-message", id: "a", text: "x".repeat(400) }]),
    estimateItems([{ type: "reasoning", id: "r", text: "x".repeat(400) }]),
    estimateItems([{ type: "reasoning", id: "r", text: "", replay }]),
    estimateItems([{ type: "tool-call", id: "t", callId: "c", name: "abcd", arguments: "{}" }]),
    estimateItems([
      { type: "tool-result", id: "t", callId: "c", output: "x".repeat(360), isError: false },
    ]),
    estimateItems([
      { type: "user-message", id: "u", parts: [{ type: "text", text: "x".repeat(40) }, image] },
    ]),
  ]).toEqual([110, 110, 1_023, 12, 100, 1_520]);
});

test("estimateRequest() adds the prompt and the tools", () => {
  const tool = { name: "read", description: "x".repeat(100), parameters: { type: "object" } };
  expect(estimateRequest({ instructions: "x".repeat(400), items: [], tools: [tool] })).toBe(141);
});
