import { expect, test } from "bun:test";
import { planRewind, type RewindTarget } from "../../src/cli/rewind_plan.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { Item } from "../../src/core/item.ts";
import type { StoredItem } from "../../src/core/session_store.ts";
import { thrown } from "../fakes/thrown.ts";

function user(id: string, synthetic = false): Item {
  return {
    type: "user-message",
    id,
    parts: [{ type: "text", text: `says ${id}` }],
    ...(synthetic ? { synthetic: true } : {}),
  };
}

/** Three turns: the second is steered, nudged and compressed in its middle. */
const items: readonly StoredItem[] = (
  [
    ["t1", user("u1")],
    ["t1", { type: "assistant-message", id: "a1", text: "one" }],
    ["t2", user("u2")],
    ["t2", user("steered")],
    ["t2b", { type: "compaction", id: "k", context: [], summary: "", dropped: 4 }],
    ["t2b", user("again")],
    ["t2b", user("nudge", true)],
    ["t2b", { type: "assistant-message", id: "a2", text: "two" }],
    ["t3", user("u3")],
  ] as const
).map(([turnId, item], at) => ({ turnId, item, at }));

function planOf(target: RewindTarget): unknown {
  try {
    const { itemId, turns, items: count } = planRewind(items, target);
    return [itemId, turns, count];
  } catch (error) {
    return error instanceof HermesError ? error.message : error;
  }
}

test.each([
  [{ kind: "turns", count: 1 }, ["u3", 1, 1]],
  [{ kind: "turns", count: 2 }, ["u2", 2, 7]],
  [{ kind: "turns", count: 3 }, ["u1", 3, 9]],
  [{ kind: "turns", count: 4 }, "The session has only 3 turns"],
  [{ kind: "to", id: "t3" }, ["u3", 1, 1]],
  [{ kind: "to", id: "a2" }, ["u2", 2, 7]],
  [{ kind: "to", id: "t2b" }, ["u2", 2, 7]],
  [{ kind: "to", id: "steer" }, ["u2", 2, 7]],
  [{ kind: "to", id: "a1" }, ["u1", 3, 9]],
  [{ kind: "to", id: "x" }, "No turn of the session holds it: x"],
] as const)("planRewind() of %j takes whole turns", (target, expected) => {
  expect(planOf(target)).toEqual(expected);
});

test("planRewind() of an empty session takes nothing", () => {
  expect(() => planRewind([], { kind: "turns", count: 1 })).toThrow(
    "There is no turn to take back",
  );
});

test.each([
  [{ kind: "turns", count: 4 }, "take back 3 at most"],
  [{ kind: "to", id: "x" }, "hermes sessions show SESSION --json tells the ids"],
] as const)("planRewind() of %j says what can be done instead", async (target, hint) => {
  const error = await thrown(() => planRewind(items, target));
  expect(error).toMatchObject({ code: "usage/invalid", hint });
});
