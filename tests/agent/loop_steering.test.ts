import { describe, expect, test } from "bun:test";
import { createLoopRuntime } from "../../src/agent/loop.ts";
import { denyAll } from "../../src/core/approval.ts";
import type { TurnEvent } from "../../src/core/event.ts";
import { textOf, type Item, type UserMessage } from "../../src/core/item.ts";
import { Steering } from "../../src/core/steering.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createInstantClock } from "../fakes/clock.ts";
import { createSequentialIds } from "../fakes/ids.ts";
import {
  assistant,
  createScriptedTransport,
  type ScriptedStep,
  step,
  toolCall,
} from "../fakes/model.ts";
import { createFakeTool, ok } from "../fakes/tool.ts";

function message(id: string): UserMessage {
  return { type: "user-message", id, parts: [{ type: "text", text: id }] };
}

interface Options {
  readonly tools?: readonly Tool[];
  readonly maxSteps?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TurnEvent) => void;
}

async function run(steering: Steering, steps: readonly ScriptedStep[], options: Options = {}) {
  const transport = createScriptedTransport(steps);
  const runtime = createLoopRuntime({
    transport,
    tools: options.tools ?? [],
    clock: createInstantClock(),
    newId: createSequentialIds("id"),
    spill: { write: ({ callId }) => Promise.resolve(`/spill/${callId}`) },
  });
  const events: TurnEvent[] = [];
  const turn = {
    turnId: "turn",
    sessionId: "session",
    model: "model",
    instructions: "Be good",
    history: [],
    message: message("begin"),
    cwd: "/project",
    reasoningEffort: "medium",
    maxSteps: options.maxSteps ?? 90,
    approver: denyAll,
    steering,
  } as const;
  for await (const event of runtime.runTurn(turn, options.signal ?? new AbortController().signal)) {
    events.push(event);
    options.onEvent?.(event);
  }
  const last = events.at(-1);
  return {
    outcome: last?.type === "turn-end" ? last.outcome : undefined,
    made: events.flatMap((event) => (event.type === "item-end" ? [told(event.item)] : [])),
    requests: transport.requests.map(({ items }) => items.map(told)),
    prompts: transport.requests.map(({ instructions, items }) =>
      JSON.stringify([instructions, ...items]),
    ),
  };
}

function told(item: Item): string {
  switch (item.type) {
    case "user-message":
      return `user ${textOf(item)}`;
    case "assistant-message":
      return `assistant ${item.text}`;
    case "tool-result":
      return `result ${item.output}`;
    default:
      return item.type;
  }
}

describe("a turn that is steered", () => {
  test("has the message behind the results of the tools, and everything before as it was", async () => {
    const steering = new Steering();
    const say = createFakeTool("say", () => {
      steering.push(message("shorter"));
      steering.push(message("and in German"));
      return ok("said");
    });
    const steps = [step([toolCall("c1", "say")], "tool_calls"), step([assistant("a", "Kurz")])];
    const { made, requests, prompts, outcome } = await run(steering, steps, { tools: [say] });
    expect(requests).toEqual([
      ["user begin"],
      ["user begin", "tool-call", "result said", "user shorter", "user and in German"],
    ]);
    expect(prompts[1]?.startsWith(prompts[0]?.slice(0, -1) ?? "-")).toBe(true);
    expect(made).toEqual([
      "tool-call",
      "result said",
      "user shorter",
      "user and in German",
      "assistant Kurz",
    ]);
    expect(outcome).toEqual({ status: "completed", finalText: "Kurz" });
    expect(steering.waiting).toEqual([]);
  });

  test("goes on behind its answer with what came meanwhile", async () => {
    const steering = new Steering();
    const { requests, outcome } = await run(
      steering,
      [step([assistant("a", "Long")]), step([assistant("b", "Short")])],
      {
        onEvent: (event) => {
          const isAnswer = event.type === "item-end" && event.item.id === "a";
          if (isAnswer) steering.push(message("shorter"));
        },
      },
    );
    expect(requests[1]).toEqual(["user begin", "assistant Long", "user shorter"]);
    expect(outcome).toEqual({ status: "completed", finalText: "Short" });
  });

  test("joins the pieces of a cut answer to that answer alone", async () => {
    const steering = new Steering();
    const { outcome } = await run(
      steering,
      [
        step([assistant("a", "One ")], "length"),
        step([assistant("b", "two")]),
        step([assistant("c", "three")]),
      ],
      {
        onEvent: (event) => {
          if (event.type === "item-end" && event.item.id === "b") steering.push(message("more"));
        },
      },
    );
    expect(outcome).toEqual({ status: "completed", finalText: "three" });
  });

  test("gets no answer to what was said before in place of one to the message", async () => {
    const steering = new Steering();
    const memory = createFakeTool("memory", () => {
      steering.push(message("and what is 2 + 2?"));
      return ok("kept");
    });
    const { requests, outcome } = await run(
      steering,
      [
        step([assistant("a", "I keep that"), toolCall("c1", "memory")], "tool_calls"),
        step([]),
        step([assistant("b", "4")]),
      ],
      { tools: [memory] },
    );
    expect(requests).toHaveLength(3);
    expect(outcome).toEqual({ status: "completed", finalText: "4" });
  });

  test("does what it promises to do about the message, whatever was done before", async () => {
    const steering = new Steering();
    const look = createFakeTool("look", () => ok("seen"));
    const { requests, outcome } = await run(
      steering,
      [
        step([toolCall("c1", "look")], "tool_calls"),
        step([assistant("a", "Seen")]),
        step([assistant("b", "I'll fix the tests.")]),
        step([assistant("c", "Fixed")]),
      ],
      {
        tools: [look],
        onEvent: (event) => {
          const isAnswer = event.type === "item-end" && event.item.id === "a";
          if (isAnswer) steering.push(message("now fix the tests"));
        },
      },
    );
    expect(requests).toHaveLength(4);
    expect(outcome).toEqual({ status: "completed", finalText: "Fixed" });
  });

  test("leaves the message where it is when no step is left for it", async () => {
    const steering = new Steering();
    const { outcome } = await run(steering, [step([assistant("a", "Long")])], {
      maxSteps: 1,
      onEvent: (event) => {
        if (event.type === "item-end") steering.push(message("shorter"));
      },
    });
    expect(outcome).toEqual({ status: "completed", finalText: "Long" });
    expect(steering.waiting.map(({ id }) => id)).toEqual(["shorter"]);
  });

  test("leaves the message where it is when it is interrupted", async () => {
    const steering = new Steering();
    const user = new AbortController();
    const say = createFakeTool("say", () => {
      steering.push(message("shorter"));
      user.abort();
      return ok("said");
    });
    const steps = [step([toolCall("c1", "say")], "tool_calls")];
    const { outcome } = await run(steering, steps, { tools: [say], signal: user.signal });
    expect(outcome).toEqual({ status: "interrupted" });
    expect(steering.waiting.map(({ id }) => id)).toEqual(["shorter"]);
  });
});
