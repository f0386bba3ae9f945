import { expect, test } from "bun:test";
import { withTurnNotes } from "../../src/agent/turn_notes.ts";
import { denyAll } from "../../src/core/approval.ts";
import { HermesError } from "../../src/core/errors.ts";
import { noUsage, type TurnEvent } from "../../src/core/event.ts";
import type { AgentRuntime, TurnRequest } from "../../src/core/runtime.ts";
import { toolCall } from "../fakes/model.ts";

const turn: TurnRequest = {
  turnId: "turn",
  sessionId: "session",
  model: "m",
  instructions: "",
  history: [],
  message: { type: "user-message", id: "u", parts: [] },
  cwd: "/project",
  reasoningEffort: "medium",
  maxSteps: 3,
  approver: denyAll,
};

const events: readonly TurnEvent[] = [
  { type: "usage", usage: noUsage },
  { type: "item-end", item: toolCall("c", "write_file", { path: "a" }) },
  {
    type: "item-start",
    item: { type: "tool-result", id: "r", callId: "c", output: "", isError: false },
  },
  // Of a tool that asks a model itself: no step of the turn.
  { type: "usage", usage: noUsage },
  {
    type: "item-end",
    item: { type: "tool-result", id: "r", callId: "c", output: '{"error":"no"}', isError: true },
  },
  {
    type: "turn-end",
    outcome: {
      status: "failed",
      error: new HermesError("model/truncated", "cut"),
      completedItemIds: [],
    },
  },
];

const runtime: AgentRuntime = {
  async *runTurn() {
    yield* events;
  },
  async [Symbol.asyncDispose]() {},
};

async function notices(settings: { verifiesChanges: boolean; explainsEnds: boolean }) {
  const seen: TurnEvent[] = [];
  const never = new AbortController().signal;
  for await (const event of withTurnNotes(runtime, settings).runTurn(turn, never)) seen.push(event);
  expect(seen.filter(({ type }) => type !== "notice")).toEqual([...events]);
  expect(seen.at(-1)?.type).toBe("turn-end");
  return seen.flatMap((event) => (event.type === "notice" ? [event.text] : []));
}

const changes = "1 file was not changed as intended:\n`a`: no";
const end =
  "The turn ended early, after 1 step and 1 tool call, 1 of them failed; what it did until then was done, and the session knows of it";

test.each([
  [true, true, [changes, end]],
  [true, false, [changes]],
  [false, true, [end]],
  [false, false, []],
])("withTurnNotes() with changes %j and ends %j tells %j", async (verifies, explains, expected) => {
  expect(await notices({ verifiesChanges: verifies, explainsEnds: explains })).toEqual(expected);
});
