import { describe, expect, test } from "bun:test";
import { pairCalls } from "../../../src/cli/render/paired_calls.ts";
import { renderHtml } from "../../../src/cli/render/session_html.ts";
import { renderMarkdown } from "../../../src/cli/render/session_markdown.ts";
import { styleFor } from "../../../src/cli/render/style.ts";
import { renderTranscript } from "../../../src/cli/render/transcript.ts";
import { noUsage } from "../../../src/core/event.ts";
import type { ToolCall, ToolResult } from "../../../src/core/item.ts";
import type { WholeSession } from "../../../src/core/session_store.ts";

function call(id: string, command: string): ToolCall {
  const input = JSON.stringify({ command });
  return { type: "tool-call", id, callId: "call_0", name: "terminal", arguments: input };
}

function result(id: string, output: string): ToolResult {
  return { type: "tool-result", id, callId: "call_0", output, isError: false };
}

/** Two calls with one id, as behind a compression, and one during which the process was killed. */
const [first, second, lost] = [call("c1", "make"), call("c2", "make test"), call("c3", "make it")];
const [made, tested] = [result("r1", "built"), result("r2", "passed")];
const items = [first, made, second, tested, lost];

test("pairCalls() gives a result the last call before it that has its id", () => {
  const calls = pairCalls(items);
  expect([made, tested, result("r9", "")].map((each) => calls.callOf(each))).toEqual([
    first,
    second,
    undefined,
  ]);
  expect([first, second, lost].map((each) => calls.hasResult(each))).toEqual([true, true, false]);
});

describe("a session of several calls with one id, the last without a result", () => {
  const session: WholeSession = {
    id: "s1",
    ids: ["s1"],
    source: "cli",
    provider: "p",
    model: "m",
    baseUrl: null,
    runtime: "loop",
    cwd: "/w",
    instructions: "",
    title: null,
    parentId: null,
    runtimeState: null,
    endedAt: null,
    endReason: null,
    preview: "",
    costUsd: null,
    calls: { count: 0, unpriced: 0 },
    startedAt: 0,
    updatedAt: 0,
    messageCount: 0,
    toolCallCount: 3,
    usage: noUsage,
  };
  const stored = {
    session,
    items: items.map((item) => ({ item, turnId: "t", at: 0 })),
    sides: [],
  };
  const mask = (text: string): string => text;

  test("is told with each of them", () => {
    const told = renderTranscript(stored, { style: styleFor({}, { isTty: false }), mask, now: 0 });
    expect(told.trimEnd().split("\n\n").slice(1)).toEqual([
      "✓ terminal make",
      "✓ terminal make test",
      "✗ terminal make it: no result",
    ]);
  });

  test("is a document with each of them", () => {
    const document = renderMarkdown(stored, mask);
    expect(document.match(/^### .*|^\{.*/gm)).toEqual([
      "### Tool: terminal",
      '{"command":"make"}',
      "### Tool: terminal",
      '{"command":"make test"}',
      "### Tool: terminal (no result)",
      '{"command":"make it"}',
    ]);
  });

  test("is a page with each of them", async () => {
    const page = await renderHtml(stored, mask);
    expect(page.match(/(?<=<\/span> )terminal [^<]*/g)).toEqual([
      "terminal make",
      "terminal make test",
      "terminal make it: no result",
    ]);
  });
});
