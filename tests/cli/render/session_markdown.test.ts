import { expect, test } from "bun:test";
import { renderMarkdown } from "../../../src/cli/render/session_markdown.ts";
import { noUsage } from "../../../src/core/event.ts";
import type { WholeSession } from "../../../src/core/session_store.ts";

const session: WholeSession = {
  id: "s1",
  ids: ["s1"],
  source: "cli",
  provider: "p",
  model: "m",
  baseUrl: null,
  runtime: "loop",
  cwd: "/w/a\u001b[31m\n## You\ns3cret",
  instructions: "",
  title: "A talk",
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
  toolCallCount: 0,
  usage: noUsage,
};

test("the facts of a session are a line each, whatever is in the name of its directory", () => {
  const document = renderMarkdown({ session, items: [], sides: [] }, (text) =>
    text.replace("s3cret", "***"),
  );
  expect(document).not.toContain("\u001b");
  const [title, , ...facts] = document.trimEnd().split("\n");
  expect([title, facts.length, facts[2]]).toEqual([
    "# A talk",
    4,
    expect.stringMatching(/^- Directory: \/w\/a.*## You \*\*\*$/),
  ]);
});
