import { expect, test } from "bun:test";
import { explainEnd } from "../../src/agent/turn_explanation.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { TurnOutcome } from "../../src/core/event.ts";

const work = { steps: 4, toolCalls: 3, failedCalls: 1 };
const done = (finalText: string): TurnOutcome => ({ status: "completed", finalText });
const failed = (code: "model/truncated" | "approval/denied"): TurnOutcome => ({
  status: "failed",
  error: new HermesError(code, "x"),
  completedItemIds: [],
});

test.each(["Let me see:", "First, I will (", "Well...", "The files are –"])(
  "explainEnd() takes %j for a fragment",
  (text) => {
    expect(explainEnd(done(text), work)).toBe(
      "The answer looks like the beginning of one; the model ended it so, after 4 steps and 3 tool calls, 1 of them failed",
    );
  },
);

test.each(["Done", "42", "", "C++", "a-b", "Nothing to do.", "The answer in full is as follows:"])(
  "explainEnd() says nothing of %j",
  (text) => {
    expect(explainEnd(done(text), work)).toBeUndefined();
  },
);

test("explainEnd() says what a failed turn did, if it did something and nobody denied it", () => {
  expect(explainEnd(failed("model/truncated"), { steps: 1, toolCalls: 1, failedCalls: 0 })).toBe(
    "The turn ended early, after 1 step and 1 tool call; what it did until then was done, and the session knows of it",
  );
  expect(explainEnd(failed("model/truncated"), { ...work, toolCalls: 0 })).toBeUndefined();
  expect(explainEnd(failed("approval/denied"), work)).toBeUndefined();
  expect(explainEnd({ status: "interrupted" }, work)).toBeUndefined();
});
