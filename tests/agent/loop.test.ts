import { describe, expect, test } from "bun:test";
import { createLoopRuntime, type LoopDeps } from "../../src/agent/loop.ts";
import { usualGuardSettings } from "../../src/agent/loop_guard.ts";
import * as prompts from "../../src/agent/prompts.ts";
import { type Approver, denyAll } from "../../src/core/approval.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { TurnEvent, TurnOutcome } from "../../src/core/event.ts";
import type { Item, UserMessage } from "../../src/core/item.ts";
import type { ModelTransport } from "../../src/core/model.ts";
import type { TurnRequest } from "../../src/core/runtime.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createInstantClock } from "../fakes/clock.ts";
import { createSequentialIds } from "../fakes/ids.ts";
import {
  assistant,
  createScriptedTransport,
  reasoning,
  type ScriptedStep,
  step,
  toolCall,
} from "../fakes/model.ts";
import { createFakeTool, ok } from "../fakes/tool.ts";

const message: UserMessage = {
  type: "user-message",
  id: "user",
  parts: [{ type: "text", text: "Do it" }],
};

function turnRequest(rest: Partial<TurnRequest> = {}): TurnRequest {
  return {
    turnId: "turn",
    sessionId: "session",
    model: "model",
    instructions: "Be good",
    history: [],
    message,
    cwd: "/project",
    reasoningEffort: "medium",
    maxSteps: 90,
    approver: denyAll,
    ...rest,
  };
}

interface Run {
  readonly events: readonly TurnEvent[];
  readonly outcome: TurnOutcome;
  readonly requests: ReturnType<typeof createScriptedTransport>["requests"];
  /** Items as they ended, in order. */
  readonly items: readonly Item[];
}

async function run(
  steps: readonly ScriptedStep[],
  options: {
    readonly tools?: readonly Tool[];
    readonly turn?: Partial<TurnRequest>;
    readonly signal?: AbortSignal;
    readonly onEvent?: (event: TurnEvent) => void;
    readonly deps?: Partial<LoopDeps>;
    readonly moveOn?: NonNullable<ModelTransport["moveOn"]>;
  } = {},
): Promise<Run> {
  const scripted = createScriptedTransport(steps);
  const transport = options.moveOn ? { ...scripted, moveOn: options.moveOn } : scripted;
  const runtime = createLoopRuntime({
    transport,
    tools: options.tools ?? [],
    clock: createInstantClock(),
    newId: createSequentialIds("id"),
    spill: { write: ({ callId }) => Promise.resolve(`/spill/${callId}`) },
    ...options.deps,
  });
  const events: TurnEvent[] = [];
  const signal = options.signal ?? new AbortController().signal;
  for await (const event of runtime.runTurn(turnRequest(options.turn), signal)) {
    events.push(event);
    options.onEvent?.(event);
  }
  const last = events.at(-1);
  if (last?.type !== "turn-end") throw new Error("The last event is no turn-end");
  const items = events.flatMap((event) => (event.type === "item-end" ? [event.item] : []));
  return { events, outcome: last.outcome, requests: scripted.requests, items };
}

function nudge(id: string, text: string): UserMessage {
  return { type: "user-message", id, parts: [{ type: "text", text }], synthetic: true };
}

function failure(outcome: TurnOutcome): {
  readonly code: string;
  readonly items: readonly string[];
} {
  if (outcome.status !== "failed") throw new Error(`The turn is ${outcome.status}`);
  return { code: outcome.error.code, items: outcome.completedItemIds };
}

const echo = createFakeTool("echo", (input) => ok(JSON.stringify(input)));

describe("runTurn()", () => {
  test("answers a text step with turn-start, the items, the usage and turn-end", async () => {
    const { events } = await run([step([assistant("a", "Done")])]);
    const item = assistant("a", "Done");
    expect(events).toEqual([
      { type: "turn-start", turnId: "turn" },
      { type: "item-start", item },
      { type: "item-end", item },
      {
        type: "usage",
        usage: {
          inputTokens: 10,
          cachedInputTokens: 0,
          outputTokens: 0,
          reasoningTokens: 0,
          totalTokens: 10,
        },
      },
      { type: "turn-end", outcome: { status: "completed", finalText: "Done" } },
    ]);
  });

  test("runs a tool call and sends its result with the next step", async () => {
    const call = toolCall("c1", "echo", { x: 1 });
    const { outcome, requests } = await run(
      [step([call], "tool_calls"), step([assistant("a", "Seen")])],
      { tools: [echo] },
    );
    expect(outcome).toEqual({ status: "completed", finalText: "Seen" });
    expect(requests[1]?.items).toEqual([
      message,
      call,
      { type: "tool-result", id: "id-1", callId: "c1", output: '{"x":1}', isError: false },
    ]);
  });

  test("leaves what was said on the way out of the answer of the same step", async () => {
    const remark = { ...assistant("a", "Let me see."), interim: true } as const;
    const { outcome, items } = await run([step([remark, assistant("b", "Done")])]);
    expect(outcome).toEqual({ status: "completed", finalText: "Done" });
    expect(items).toEqual([remark, assistant("b", "Done")]);
  });

  test("runs calls of a step that says stop", async () => {
    const { outcome } = await run(
      [step([toolCall("c1", "echo")]), step([assistant("a", "Seen")])],
      {
        tools: [echo],
      },
    );
    expect(outcome).toEqual({ status: "completed", finalText: "Seen" });
  });

  test("joins an answer that the output limit cut, without loss", async () => {
    const { outcome, items, requests } = await run(
      [
        step([assistant("a", "The quick ")], "length"),
        step([assistant("b", "brown fox")], "length"),
        step([assistant("c", " jumps.\n")]),
      ],
      { turn: { maxOutputTokens: 1_000 } },
    );
    expect(outcome).toEqual({ status: "completed", finalText: "The quick brown fox jumps." });
    expect(items[1]).toEqual(nudge("id-1", prompts.continueAfterCut));
    expect(requests.map((request) => request.maxOutputTokens)).toEqual([1_000, 2_000, 3_000]);
  });

  test("fails an answer that stays cut after three continuations", async () => {
    const cut = (id: string) => step([assistant(id, "more")], "length");
    const { outcome, requests } = await run([cut("a"), cut("b"), cut("c"), cut("d")]);
    expect(failure(outcome).code).toBe("model/truncated");
    expect(requests.map(({ turnId }) => turnId)).toEqual(["turn", "turn", "turn", "turn"]);
  });

  test("never executes a call that the output limit cut", async () => {
    let runs = 0;
    const tool = createFakeTool("echo", () => ok(String(++runs)));
    const { outcome, items } = await run(
      [step([toolCall("c1", "echo", '{"x": "ab')], "length"), step([assistant("a", "Smaller")])],
      { tools: [tool] },
    );
    expect(outcome.status).toBe("completed");
    expect(runs).toBe(0);
    expect(items[1]).toEqual({
      type: "tool-result",
      id: "id-1",
      callId: "c1",
      output: JSON.stringify({ error: prompts.continueAfterCutCall }),
      isError: true,
    });
  });

  test("joins the pieces of a cut answer also where a call was voided before it", async () => {
    const call = toolCall("c1", "echo");
    const { outcome } = await run([
      [
        { type: "item-start", item: call },
        { type: "item-reset", itemIds: [call.id] },
        ...step([assistant("a", "One ")], "length"),
      ],
      step([assistant("b", "two")]),
    ]);
    expect(outcome).toEqual({ status: "completed", finalText: "One two" });
  });

  test("continues an incomplete answer and fails one that stays incomplete", async () => {
    const incomplete = (id: string) => step([reasoning(id, "hm")], "incomplete");
    const whole = await run([incomplete("r1"), step([assistant("a", "Done")])]);
    expect(whole.outcome).toEqual({ status: "completed", finalText: "Done" });
    const never = await run(["1", "2", "3", "4"].map(incomplete));
    expect(failure(never.outcome).code).toBe("model/truncated");
  });

  test("asks an empty answer again and fails it after three times", async () => {
    const once = await run([step([]), step([assistant("a", " \n")]), step([assistant("b", "Hi")])]);
    expect(once.outcome).toEqual({ status: "completed", finalText: "Hi" });
    const never = await run([step([]), step([]), step([]), step([])]);
    expect(failure(never.outcome)).toEqual({ code: "model/empty_answer", items: [] });
  });

  test("asks another model when this one has nothing to say, as long as there is one", async () => {
    const asked: string[] = [];
    let others = 1;
    const moveOn = (turnId: string, why: HermesError): Promise<boolean> => {
      asked.push(`${turnId} ${why.code}`);
      return Promise.resolve(others-- > 0);
    };
    const empty = step([]);
    const four = [empty, empty, empty, empty];
    const whole = await run([...four, step([assistant("a", "Hi")])], { moveOn });
    expect(whole.outcome).toEqual({ status: "completed", finalText: "Hi" });
    others = 1;
    const never = await run([...four, ...four], { moveOn });
    expect(failure(never.outcome).code).toBe("model/empty_answer");
    expect(never.requests).toHaveLength(8);
    expect(asked).toEqual(Array(3).fill("turn model/empty_answer"));
  });

  test("nudges after tools where the transport found answers to be empty", async () => {
    const empty: ScriptedStep = async function* () {
      yield* [];
      throw new HermesError("model/empty_answer", "Nothing was said", { retryable: true });
    };
    const call = step([toolCall("c1", "echo")], "tool_calls");
    const tools = [echo];
    const whole = await run([call, empty, step([assistant("a", "Hi")])], { tools });
    expect(whole.outcome).toEqual({ status: "completed", finalText: "Hi" });
    expect(whole.requests[2]?.items.at(-1)).toEqual(nudge("id-2", prompts.answerAfterTools));
    const never = await run([call, empty, empty], { tools });
    expect(failure(never.outcome)).toMatchObject({ code: "model/empty_answer" });
    const first = await run([empty]);
    expect(failure(first.outcome).code).toBe("model/empty_answer");
  });

  test("voids an incomplete answer that says what the one before said, whatever its ids", async () => {
    const same = (id: string) =>
      step([reasoning(`r${id}`, "hm"), assistant(id, "Soon")], "incomplete");
    const { items, events, requests, outcome } = await run([
      same("1"),
      same("2"),
      step([assistant("3", "Sooner")], "incomplete"),
      step([assistant("4", "Done")]),
    ]);
    expect(outcome).toEqual({ status: "completed", finalText: "Done" });
    expect(items.map(({ id }) => id)).toEqual(["r1", "1", "id-1", "3", "id-2", "4"]);
    expect(events.filter(({ type }) => type === "item-reset")).toEqual([
      { type: "item-reset", itemIds: ["r2", "2"] },
    ]);
    expect(requests[2]?.items).toEqual(requests[1]?.items ?? []);
  });

  test("ends a turn whose tool fails again and again, with an answer without tools", async () => {
    const guardSettings = {
      ...usualGuardSettings,
      stops: true,
      stopAfter: { ...usualGuardSettings.stopAfter, sameToolFailure: 2 },
    };
    const fails = createFakeTool("fails", () => ({ text: '{"error":"no"}', isError: true }));
    const calls = [toolCall("c1", "fails", { n: 1 }), toolCall("c2", "fails", { n: 2 })];
    const options = { tools: [fails], deps: { guardSettings } };
    const { outcome, requests, events } = await run(
      [step(calls, "tool_calls"), step([assistant("a", "It does not work")])],
      options,
    );
    expect(outcome).toEqual({ status: "completed", finalText: "It does not work" });
    expect(requests.map(({ tools }) => tools.length)).toEqual([1, 0]);
    expect(events.filter(({ type }) => type === "notice")).toHaveLength(1);
    const silent = await run([step(calls, "tool_calls"), step([])], options);
    expect(failure(silent.outcome).code).toBe("turn/tool_loop");
  });

  test("fails on the provider's content filter", async () => {
    const { outcome } = await run([step([assistant("a", "No")], "content_filter")]);
    expect(failure(outcome)).toEqual({ code: "model/content_policy", items: ["a"] });
  });

  test("ends with a summary without tools when the steps are used up", async () => {
    const { outcome, requests, events } = await run(
      [step([toolCall("c1", "echo")], "tool_calls"), step([assistant("a", "So far")])],
      { tools: [echo], turn: { maxSteps: 1 } },
    );
    expect(outcome).toEqual({ status: "completed", finalText: "So far" });
    expect(requests.map((request) => request.tools.length)).toEqual([1, 0]);
    expect(events.filter((event) => event.type === "notice")).toHaveLength(1);
  });

  test("says nothing of a summary when the turn was interrupted before", async () => {
    const controller = new AbortController();
    const stop = createFakeTool("stop", () => {
      controller.abort();
      return ok("");
    });
    const { outcome, events, items } = await run([step([toolCall("c1", "stop")], "tool_calls")], {
      tools: [stop],
      turn: { maxSteps: 1 },
      signal: controller.signal,
    });
    expect(outcome).toEqual({ status: "interrupted" });
    expect(events.filter((event) => event.type === "notice")).toEqual([]);
    expect(items.filter((item) => item.type === "user-message")).toEqual([]);
  });

  test("fails when the last step brings no summary", async () => {
    const { outcome, items } = await run(
      [step([toolCall("c1", "echo")], "tool_calls"), step([toolCall("c2", "echo")], "tool_calls")],
      { tools: [echo], turn: { maxSteps: 1 } },
    );
    expect(failure(outcome).code).toBe("turn/max_iterations");
    expect(items.filter((item) => item.type === "tool-result").map((item) => item.callId)).toEqual([
      "c1",
      "c2",
    ]);
  });

  test("answers an unknown tool with the names of the known ones, and fails the third in a row", async () => {
    const unknown = (id: string) => step([toolCall(id, "fly", { id })], "tool_calls");
    const { outcome, items } = await run(["c1", "c2", "c3"].map(unknown), { tools: [echo] });
    expect(failure(outcome).code).toBe("model/bad_tool_call");
    expect(items[1]).toEqual({
      type: "tool-result",
      id: "id-1",
      callId: "c1",
      output: JSON.stringify({ error: "Unknown tool: fly. Available tools: echo" }),
      isError: true,
    });
  });

  test("fails the fourth step in a row with unreadable arguments", async () => {
    const broken = (id: string) => step([toolCall(id, "echo", `{"id": "${id}`)], "tool_calls");
    const { outcome, requests } = await run(["c1", "c2", "c3", "c4"].map(broken), {
      tools: [echo],
    });
    expect([failure(outcome).code, requests.length]).toEqual(["model/bad_tool_call", 4]);
  });

  test("fails a turn whose last attempt was denied because nobody could be asked", async () => {
    const denied = deniedTool();
    const calls = step([toolCall("c1", "remove")], "tool_calls");
    const stuck = await run([calls, step([assistant("a", "I may not")])], { tools: [denied] });
    expect(failure(stuck.outcome)).toEqual({
      code: "approval/denied",
      items: ["item-c1", "id-1", "a"],
    });
    const around = await run(
      [calls, step([toolCall("c2", "echo")], "tool_calls"), step([assistant("a", "Did it")])],
      { tools: [denied, echo] },
    );
    expect(around.outcome).toEqual({ status: "completed", finalText: "Did it" });
  });

  test("completes a turn whose command a person denied", async () => {
    const person: Approver = {
      decide: () => Promise.resolve({ decision: "deny", by: "user" }),
    };
    const { outcome } = await run(
      [step([toolCall("c1", "remove")], "tool_calls"), step([assistant("a", "As you wish")])],
      { tools: [deniedTool()], turn: { approver: person } },
    );
    expect(outcome).toEqual({ status: "completed", finalText: "As you wish" });
  });

  test("turns an interrupt while the model answers into an interrupted turn", async () => {
    const controller = new AbortController();
    const { outcome, items } = await run([waitForAbort], {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === "item-start") controller.abort();
      },
    });
    expect(outcome).toEqual({ status: "interrupted" });
    expect(items).toEqual([]);
  });

  test("gives every call a result when it is interrupted, even if a tool ignores its signal", async () => {
    const controller = new AbortController();
    const stubborn = createFakeTool("stubborn", () => Promise.withResolvers<never>().promise);
    const calls = [toolCall("c1", "stubborn"), toolCall("c2", "stubborn", { twice: true })];
    const { outcome, items } = await run([step(calls, "tool_calls")], {
      tools: [stubborn],
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === "item-start" && event.item.type === "tool-result") controller.abort();
      },
    });
    expect(outcome).toEqual({ status: "interrupted" });
    expect(items.slice(2)).toEqual([
      {
        type: "tool-result",
        id: "id-1",
        callId: "c1",
        output: '{"error":"The turn was interrupted while this ran; its effects may be partial"}',
        isError: true,
      },
      {
        type: "tool-result",
        id: "id-2",
        callId: "c2",
        output: '{"error":"Skipped: the turn was interrupted"}',
        isError: true,
      },
    ]);
  });

  test("keeps what finished before an interrupt, beside what did not", async () => {
    const controller = new AbortController();
    const shared = { access: () => ({ mode: "shared" as const }) };
    const quick = createFakeTool("quick", () => ok("done"), shared);
    const slow = createFakeTool("slow", () => Promise.withResolvers<never>().promise, shared);
    const stop = createFakeTool(
      "stop",
      () => {
        controller.abort();
        return ok("stopped");
      },
      shared,
    );
    const calls = ["quick", "slow", "stop"].map((name) => toolCall(name, name));
    const { outcome, items } = await run([step(calls, "tool_calls")], {
      tools: [quick, slow, stop],
      signal: controller.signal,
    });
    expect(outcome).toEqual({ status: "interrupted" });
    const results = items.flatMap((item) => (item.type === "tool-result" ? [item] : []));
    expect(results.map(({ callId, output }) => [callId, output])).toEqual([
      ["quick", "done"],
      ["slow", '{"error":"The turn was interrupted while this ran; its effects may be partial"}'],
      ["stop", "stopped"],
    ]);
  });

  test("fails with the reason of an abort that is no interrupt", async () => {
    const controller = new AbortController();
    const { outcome } = await run([waitForAbort], {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === "item-start") {
          controller.abort(new HermesError("turn/deadline", "The deadline of 5 s passed"));
        }
      },
    });
    expect(failure(outcome).code).toBe("turn/deadline");
  });

  test("reports a failure of the transport as it is and a bug as a bug", async () => {
    const failing = (error: Error): ScriptedStep =>
      // oxlint-disable-next-line require-yield
      async function* () {
        throw error;
      };
    const typed = await run([failing(new HermesError("model/quota", "No credit left"))]);
    expect(failure(typed.outcome).code).toBe("model/quota");
    const bug = await run([failing(new TypeError("x is undefined"))]);
    expect(failure(bug.outcome).code).toBe("internal/bug");
  });

  test("repairs a history that a dead process left behind", async () => {
    const history: Item[] = [message, toolCall("old", "echo")];
    const { requests } = await run([step([assistant("a", "Hi")])], { turn: { history } });
    expect(requests[0]?.items.map((item) => item.type)).toEqual([
      "user-message",
      "tool-call",
      "tool-result",
      "user-message",
    ]);
  });
});

function deniedTool(): Tool {
  return createFakeTool("remove", () => ok("removed"), {
    permission: () => ({
      kind: "ask",
      request: {
        subject: { kind: "command", command: "rm -rf build", cwd: "/project" },
        reason: "recursive delete",
        key: "recursive delete",
      },
    }),
  });
}

const waitForAbort: ScriptedStep = async function* (_request, signal) {
  yield { type: "item-start", item: assistant("a", "") };
  yield { type: "item-delta", itemId: "a", channel: "text", delta: "Thi" };
  await new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", resolve, { once: true });
  });
  throw signal.reason;
};
