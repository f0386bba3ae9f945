import { expect, test } from "bun:test";
import { historyItems } from "../../src/codex/thread_options.ts";
import { assistant, toolCall } from "../fakes/model.ts";

test("historyItems() takes the messages of a compressed context along", () => {
  const context = [
    { type: "user-message", id: "s", parts: [{ type: "text", text: "notes" }], synthetic: true },
    toolCall("c", "read_file"),
    assistant("a", "read it"),
  ] as const;
  const compaction = {
    type: "compaction",
    id: "k",
    context,
    summary: "notes",
    dropped: 3,
  } as const;
  const message = (role: string, type: string, text: string) => ({
    type: "message",
    role,
    content: [{ type, text }],
  });
  expect(historyItems([compaction, assistant("b", "and then")])).toEqual([
    message("user", "input_text", "notes"),
    message("assistant", "output_text", "read it"),
    message("assistant", "output_text", "and then"),
  ]);
});
