import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createLoopRuntime, type LoopDeps } from "../../../src/agent/loop.ts";
import { reviewInstruction } from "../../../src/agent/review/instruction.ts";
import { maxReviewSteps, type ReviewedTurn, runReview } from "../../../src/agent/review/review.ts";
import { denyAll } from "../../../src/core/approval.ts";
import { HermesError } from "../../../src/core/errors.ts";
import { noUsage } from "../../../src/core/event.ts";
import type { Item, UserMessage } from "../../../src/core/item.ts";
import type { ModelRequest } from "../../../src/core/model.ts";
import type { Tool } from "../../../src/core/tool.ts";
import { encodeRequest as encodeChat } from "../../../src/transports/chat_completions/encode.ts";
import { encodeRequest as encodeResponses } from "../../../src/transports/responses/encode.ts";
import { createInstantClock } from "../../fakes/clock.ts";
import { endpoint } from "../../fakes/endpoint.ts";
import { createSequentialIds } from "../../fakes/ids.ts";
import {
  assistant,
  createScriptedTransport,
  reasoning,
  type ScriptedStep,
  type ScriptedTransport,
  step,
  toolCall,
} from "../../fakes/model.ts";
import { createFakeTool, ok } from "../../fakes/tool.ts";

const subjects = { memory: true, skills: true };
const hello: UserMessage = {
  type: "user-message",
  id: "u1",
  parts: [{ type: "text", text: "Hello" }],
};
const turn: ReviewedTurn = {
  turnId: "turn",
  sessionId: "session",
  model: "m1",
  instructions: "Be good",
  history: [hello, assistant("a1", "Hi")],
  cwd: "/project",
  reasoningEffort: "medium",
};

const saved = JSON.stringify({ success: true });
const memory = createFakeTool("memory", () => ok(saved));
const add = { action: "add", target: "user", content: "Anna" };

function loopOver(
  steps: readonly ScriptedStep[],
  tools: readonly Tool[] = [memory],
): LoopDeps & { readonly transport: ScriptedTransport } {
  return {
    transport: createScriptedTransport(steps),
    tools,
    clock: createInstantClock(),
    newId: createSequentialIds(),
    spill: { write: () => Promise.reject(new Error("Nothing is long here")) },
  };
}

function review(loop: LoopDeps, signal = new AbortController().signal) {
  return runReview({ loop, tools: [] }, { turn, subjects }, signal);
}

describe("runReview()", () => {
  test("asks for the review as the last message, and tells what was written and used", async () => {
    const loop = loopOver([
      step([toolCall("1", "memory", add)], "tool_calls"),
      step([assistant("a", "Saved")]),
    ]);
    expect(await review(loop)).toEqual({
      changes: [{ subsystem: "memory", text: "Anna", isStaged: false }],
      spent: {
        usage: { ...noUsage, inputTokens: 20, totalTokens: 20 },
        calls: { count: 2, unpriced: 2 },
      },
    });
    expect(loop.transport.requests[0]?.items).toEqual([
      ...turn.history.filter((item) => item.type !== "compaction" && item.type !== "command"),
      {
        type: "user-message",
        id: "item-1",
        parts: [{ type: "text", text: reviewInstruction(subjects) }],
        synthetic: true,
      },
    ] as ModelRequest["items"]);
  });

  test("asks nobody", async () => {
    const asking = createFakeTool("skill_manage", () => ok(saved), {
      permission: () => ({
        kind: "ask",
        request: {
          subject: { kind: "tool", name: "skill_manage", arguments: {} },
          reason: "because",
          key: "k",
        },
      }),
    });
    const loop = loopOver(
      [
        step([toolCall("1", "skill_manage", { action: "create", name: "x" })], "tool_calls"),
        step([assistant("a", "Well")]),
      ],
      [asking],
    );
    const { changes, failure } = await review(loop);
    expect([changes, failure?.code]).toEqual([[], "approval/denied"]);
  });

  test("ends after its steps, keeping what it wrote", async () => {
    const again = Array.from({ length: maxReviewSteps + 1 }, (_, at) =>
      step([toolCall(`${at}`, "memory", { ...add, content: `${at}` })], "tool_calls"),
    );
    const loop = loopOver(again);
    const { changes, failure } = await review(loop);
    expect([loop.transport.requests.length, changes.length, failure]).toEqual([
      maxReviewSteps,
      maxReviewSteps,
      undefined,
    ]);
  });

  test("a failure ends it, and what was written before is told", async () => {
    const loop = loopOver([
      step([toolCall("1", "memory", add)], "tool_calls"),
      () => {
        throw new HermesError("model/rate_limited", "Slowly");
      },
    ]);
    const { changes, failure } = await review(loop);
    expect([changes.map(({ text }) => text), failure?.code]).toEqual([
      ["Anna"],
      "model/rate_limited",
    ]);
  });

  test("an abort ends it", async () => {
    const stop = new AbortController();
    const loop = loopOver([
      // oxlint-disable-next-line require-yield
      async function* (_, signal) {
        stop.abort(new HermesError("turn/interrupted", "Interrupted"));
        await Promise.resolve();
        signal.throwIfAborted();
      },
    ]);
    const { failure } = await review(loop, stop.signal);
    expect(failure?.code).toBe("turn/interrupted");
  });
});

/** What a session is made of, as it comes. */
const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("é", "\ud800", "\u2028", ""));
const exchange = fc
  .tuple(text, text, text, fc.boolean())
  .map(([asked, thought, output, isSynthetic]): readonly Item[] => {
    const id = crypto.randomUUID();
    const replay = {
      wireApi: "responses",
      issuer: endpoint().issuer,
      model: "m1",
      payload: { type: "reasoning", id: `rs_${id}`, summary: [], encrypted_content: thought },
    } as const;
    return [
      {
        type: "user-message",
        id: `u${id}`,
        parts: [{ type: "text", text: asked }],
        ...(isSynthetic ? { synthetic: true as const } : {}),
      },
      { ...reasoning(`g${id}`, thought), replay },
      toolCall(`call_${id}`.slice(0, 40), "terminal", { command: asked }),
      {
        type: "tool-result",
        id: `r${id}`,
        callId: `call_${id}`.slice(0, 40),
        output,
        isError: isSynthetic,
      },
      assistant(`a${id}`, output),
    ];
  });
const histories = fc.array(exchange, { minLength: 1, maxLength: 4 }).chain((exchanges) =>
  fc.boolean().map((isCompressed): readonly Item[] => {
    const [first = [], ...rest] = exchanges;
    if (!isCompressed) return exchanges.flat();
    const context = first.filter(
      (item) => item.type === "user-message" || item.type === "assistant-message",
    );
    return [{ type: "compaction", id: "k", context, summary: "much", dropped: 9 }, ...rest.flat()];
  }),
);

/** The bytes of a request on each wire. */
const wires: Readonly<Record<string, (request: ModelRequest) => string>> = {
  responses: (request) =>
    JSON.stringify(encodeResponses(request, endpoint(), { replayDisabled: false }).body),
  "chat completions": (request) =>
    JSON.stringify(
      encodeChat(request, endpoint({ wireApi: "chat_completions" }, { reasoningContent: "echo" }))
        .body,
    ),
};

test.each(Object.entries(wires))(
  "runReview() begins with every byte of the session's next request over %s",
  async (_, bytesOf) => {
    await fc.assert(
      fc.asyncProperty(histories, fc.boolean(), async (history, isLimited) => {
        const tools = ["terminal", "memory", "clarify"].map((name) =>
          createFakeTool(name, () => ok("{}")),
        );
        const common = {
          ...turn,
          history,
          ...(isLimited ? { maxOutputTokens: 1_000, serviceTier: "flex" } : {}),
        };
        const next = loopOver([step([assistant("a", "Yes")])], tools);
        const said: UserMessage = { ...hello, parts: [{ type: "text", text: "NEXT-MESSAGE" }] };
        const request = { ...common, message: said, approver: denyAll, maxSteps: 9 };
        const events = createLoopRuntime(next).runTurn(request, new AbortController().signal);
        for await (const event of events) void event;
        const fork = loopOver([step([assistant("a", "Nothing")])], tools);
        await runReview(
          { loop: fork, tools: [] },
          { turn: common, subjects },
          new AbortController().signal,
        );
        const [a, b] = [next, fork].map(({ transport }) => transport.requests[0]);
        if (!a || !b) throw new Error("Somebody was not asked");
        const instruction = JSON.stringify(reviewInstruction(subjects)).slice(1, -1);
        // Byte for byte the same but for the words of the last message.
        expect(bytesOf(b).replace(instruction, "NEXT-MESSAGE")).toBe(bytesOf(a));
      }),
      { seed: 20261121, numRuns: 60 },
    );
  },
);
