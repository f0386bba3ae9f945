import { expect, test } from "bun:test";
import type { Compressor } from "../../src/agent/compression/compressor.ts";
import { createLoopRuntime } from "../../src/agent/loop.ts";
import { denyAll } from "../../src/core/approval.ts";
import type { SessionSplitEvent } from "../../src/core/event.ts";
import type { UserMessage } from "../../src/core/item.ts";
import { createInstantClock } from "../fakes/clock.ts";
import { createFakeFiles } from "../fakes/files.ts";
import { createSequentialIds } from "../fakes/ids.ts";
import { assistant, createScriptedTransport, step, toolCall } from "../fakes/model.ts";
import { createFakeTool, ok } from "../fakes/tool.ts";

const message: UserMessage = {
  type: "user-message",
  id: "u",
  parts: [{ type: "text", text: "begin" }],
};

function unused(): never {
  throw new Error("Nobody asks for it");
}

/** Compresses once, before the step with this number. */
function compressing(before: number): Compressor {
  let steps = 0;
  const split: SessionSplitEvent = {
    type: "session-split",
    sessionId: "session-2",
    compaction: { type: "compaction", id: "k", context: [message], summary: "s", dropped: 2 },
  };
  return {
    async *beforeStep() {
      steps++;
      if (steps !== before) return undefined;
      yield split;
      return split;
    },
    measure: () => undefined,
    afterOverflow: unused,
    onDemand: unused,
  };
}

/** Outputs of a tool that finds the same in a directory with instructions, three times. */
async function outputsWith(compressor: Compressor): Promise<readonly string[]> {
  const look = createFakeTool("look", () => ok("the very same text"), {
    access: () => ({ mode: "read", paths: ["/project/a/file"] }),
  });
  const runtime = createLoopRuntime({
    transport: createScriptedTransport([
      step([toolCall("c1", "look")], "tool_calls"),
      step([toolCall("c2", "look")], "tool_calls"),
      step([toolCall("c3", "look")], "tool_calls"),
      step([assistant("a", "Done")]),
    ]),
    tools: [look],
    clock: createInstantClock(),
    newId: createSequentialIds("id"),
    spill: { write: ({ callId }) => Promise.resolve(`/spill/${callId}`) },
    files: createFakeFiles({ "/project/a/AGENTS.md": "speak low", "/project/a/file": "" }),
    compressor,
  });
  const turn = {
    turnId: "turn",
    sessionId: "session",
    model: "model",
    instructions: "Be good",
    history: [],
    message,
    cwd: "/project",
    reasoningEffort: "medium",
    maxSteps: 9,
    approver: denyAll,
  } as const;
  const events = await Array.fromAsync(runtime.runTurn(turn, new AbortController().signal));
  return events.flatMap((event) =>
    event.type === "item-end" && event.item.type === "tool-result" ? [event.item.output] : [],
  );
}

test("what the model does not see any more after a split may be asked for and is told again", async () => {
  const told = (outputs: readonly string[]) =>
    outputs.map((text) => [text.includes("speak low"), text.includes("idempotent_no_progress")]);
  expect(told(await outputsWith(compressing(0)))).toEqual([
    [true, false],
    [false, true],
    [false, true],
  ]);
  expect(told(await outputsWith(compressing(3)))).toEqual([
    [true, false],
    [false, true],
    [true, false],
  ]);
});
