import { expect, test } from "bun:test";
import type { FinishReason } from "../../../src/core/event.ts";
import { finishReason, type Outcome } from "../../../src/transports/responses/outcome.ts";

const plain: Outcome = {
  status: "completed",
  reason: "",
  callCount: 0,
  hasText: true,
  hasRefusal: false,
  hasReasoning: false,
  hasLeak: false,
  hasUnfinishedItem: false,
  phases: [],
};

test.each<[string, Partial<Outcome>, FinishReason]>([
  ["text", {}, "stop"],
  ["reasoning and text", { hasReasoning: true }, "stop"],
  ["a call", { callCount: 1 }, "tool_calls"],
  ["a call beside commentary", { callCount: 1, phases: ["commentary"] }, "tool_calls"],
  ["a call beside an unfinished one", { callCount: 1, hasUnfinishedItem: true }, "tool_calls"],
  ["the output limit", { status: "incomplete", reason: "max_output_tokens" }, "length"],
  ["the output limit, by another name", { status: "incomplete", reason: "length" }, "length"],
  ["the limit, with calls", { status: "incomplete", reason: "length", callCount: 1 }, "length"],
  ["the content filter", { status: "incomplete", reason: "content_filter" }, "content_filter"],
  ["a refusal", { hasText: false, hasRefusal: true }, "content_filter"],
  ["a refusal beside text", { hasRefusal: true }, "stop"],
  ["a refusal beside a call", { hasRefusal: true, callCount: 1 }, "tool_calls"],
  ["a leak", { hasText: false, hasLeak: true }, "incomplete"],
  ["an unfinished item", { hasUnfinishedItem: true }, "incomplete"],
  ["a response under way", { status: "in_progress" }, "incomplete"],
  ["an unknown reason", { status: "incomplete", reason: "?" }, "incomplete"],
  ["an unknown reason, with a final answer", { status: "incomplete", phases: ["final"] }, "stop"],
  ["commentary", { phases: ["commentary"] }, "incomplete"],
  ["analysis", { phases: ["analysis"] }, "incomplete"],
  ["commentary before the answer", { phases: ["commentary", "final_answer"] }, "stop"],
  ["another phase", { phases: ["poem"] }, "stop"],
  ["nothing but reasoning", { hasText: false, hasReasoning: true }, "incomplete"],
  ["the reason of a completed response", { reason: "max_output_tokens" }, "stop"],
])("finishReason() reads %s", (_name, change, expected) => {
  expect(finishReason({ ...plain, ...change })).toBe(expected);
});
