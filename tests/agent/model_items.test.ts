import { expect, test } from "bun:test";
import { asModelItems } from "../../src/agent/model_items.ts";
import type { Item } from "../../src/core/item.ts";

test("asModelItems() shows an endpoint what another backend did as calls with their results", () => {
  const said: Item = { type: "assistant-message", id: "a", text: "Look" };
  const items: readonly Item[] = [
    said,
    {
      type: "command",
      id: "c1",
      command: "make",
      cwd: "/w",
      exitCode: 2,
      output: "no rule",
      status: "failed",
    },
    {
      type: "file-change",
      id: "f1",
      changes: [{ path: "/w/a", kind: "add", diff: "+a" }],
      status: "declined",
    },
  ];
  expect(asModelItems(items)).toEqual([
    said,
    {
      type: "tool-call",
      id: "c1",
      callId: "c1",
      name: "exec_command",
      arguments: '{"cmd":"make","workdir":"/w"}',
    },
    {
      type: "tool-result",
      id: "c1-result",
      callId: "c1",
      output: "[exit 2]\nno rule",
      isError: true,
    },
    {
      type: "tool-call",
      id: "f1",
      callId: "f1",
      name: "apply_patch",
      arguments: '{"changes":[{"kind":"add","path":"/w/a"}]}',
    },
    {
      type: "tool-result",
      id: "f1-result",
      callId: "f1",
      output: "apply_patch declined, 1 change(s)",
      isError: true,
    },
  ]);
});
