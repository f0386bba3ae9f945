import { expect, test } from "bun:test";
import { changesIn } from "../../../src/agent/review/changes.ts";
import type { Item } from "../../../src/core/item.ts";
import { assistant, toolCall } from "../../fakes/model.ts";

function answered(callId: string, output: unknown, isError = false): Item {
  const text = typeof output === "string" ? output : JSON.stringify(output);
  return { type: "tool-result", id: `r-${callId}`, callId, output: text, isError };
}

const done = { success: true };
const staged = { success: true, staged: true };

test("changesIn() tells what was written and what waits, in order", () => {
  const add = { action: "add", target: "user", content: "Anna" };
  expect(
    changesIn([
      toolCall("1", "memory", add),
      toolCall("2", "memory", { action: "remove", target: "memory", old_text: "npm" }),
      answered("1", done),
      answered("2", done),
      assistant("a", "And now a skill"),
      toolCall("3", "skill_manage", { action: "patch", name: "deploy", file_path: "scripts/a" }),
      answered("3", done),
      toolCall("4", "memory", { ...add, content: "Berta" }),
      answered("4", staged),
      toolCall("5", "skill_manage", { action: "create", name: "greet", content: "---" }),
      answered("5", staged),
    ]),
  ).toEqual([
    { subsystem: "memory", text: "Anna", isStaged: false },
    { subsystem: "memory", text: "removed: npm", isStaged: false },
    { subsystem: "skills", text: "patch scripts/a deploy", isStaged: false },
    { subsystem: "memory", text: "Berta", isStaged: true },
    { subsystem: "skills", text: "create greet", isStaged: true },
  ]);
});

test("changesIn() knows nothing of what failed, was only read, or makes no sense", () => {
  expect(
    changesIn([
      toolCall("1", "memory", { action: "add", target: "user", content: "twice" }),
      answered("1", { success: false, error: "There is such an entry already" }, true),
      toolCall("2", "skills_list"),
      answered("2", done),
      toolCall("3", "memory", "{oops"),
      answered("3", "no JSON"),
      toolCall("4", "memory", { action: "add", content: "not answered" }),
      answered("5", done),
    ]),
  ).toEqual([]);
});
