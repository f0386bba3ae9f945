import { describe, expect, test } from "bun:test";
import type { Compressor } from "../../src/agent/compression/compressor.ts";
import {
  childInstructions,
  createDelegate,
  type DelegationDeps,
} from "../../src/agent/delegation.ts";
import type { ApprovalRequest, Approver } from "../../src/core/approval.ts";
import { noUsage, type SessionSplitEvent, type Usage } from "../../src/core/event.ts";
import { textOf, type UserMessage } from "../../src/core/item.ts";
import { defined } from "../../src/core/defined.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { ModelRequest } from "../../src/core/model.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createInstantClock } from "../fakes/clock.ts";
import { createSequentialIds } from "../fakes/ids.ts";
import { assistant, step, toolCall } from "../fakes/model.ts";
import { createFakeTool, ok } from "../fakes/tool.ts";
import { createToolContext } from "../fakes/tool_context.ts";

type Play = (request: ModelRequest, number: number) => ReturnType<typeof step>;

function setUp(
  play: Play,
  tools: readonly Tool[] = [],
  compressorFor?: DelegationDeps["compressorFor"],
) {
  const requests: ModelRequest[] = [];
  const counts = new Map<string, number>();
  const delegate = createDelegate(
    {
      loop: {
        transport: {
          async *stream(request) {
            requests.push(request);
            const number = (counts.get(request.sessionId) ?? 0) + 1;
            counts.set(request.sessionId, number);
            yield* play(request, number);
          },
        },
        tools: [],
        clock: createInstantClock(),
        newId: createSequentialIds("id"),
        spill: { write: ({ callId }) => Promise.resolve(`/spill/${callId}`) },
      },
      toolsFor: (toolsets) =>
        toolsets?.includes("magic") ? { tools: [], unknown: ["magic"] } : { tools, unknown: [] },
      instructions: (cwd) => Promise.resolve(`In ${cwd}`),
      newTurnId: createSequentialIds("turn"),
      ...defined("compressorFor", compressorFor),
    },
    { model: "m1", reasoningEffort: "low", maxSteps: 2, maxConcurrent: 2 },
  );
  return { delegate, requests };
}

function saying(text: string): UserMessage {
  return { type: "user-message", id: text, parts: [{ type: "text", text }] };
}

/** The first thing that a request says. */
function said({ items }: ModelRequest): string {
  const [first] = items;
  return first?.type === "user-message" ? textOf(first) : "";
}

const done = (text: string) => step([assistant("a", text)]);
const usage = (steps: number) => ({
  ...noUsage,
  inputTokens: 10 * steps,
  totalTokens: 10 * steps,
});

describe("createDelegate()", () => {
  test("gives each task a session and a context of its own, and tells what it used", async () => {
    const { delegate, requests } = setUp(() => done("Found"));
    const used: Usage[] = [];
    const context = createToolContext({ onUsage: (one) => void used.push(one) });
    const reports = await delegate(
      [{ goal: "Look for it", context: "It is red" }, { goal: "Look again" }],
      context,
    );
    expect(
      requests.map(({ sessionId, model, instructions, items }) => ({
        sessionId,
        model,
        instructions,
        items,
      })),
    ).toEqual([
      {
        sessionId: "session-1-task-1",
        model: "m1",
        instructions: "In /project",
        items: [
          {
            type: "user-message",
            id: "id-1",
            parts: [{ type: "text", text: "Look for it\n\nWhat you must know:\nIt is red" }],
          },
        ],
      },
      {
        sessionId: "session-1-task-2",
        model: "m1",
        instructions: "In /project",
        items: [
          { type: "user-message", id: "id-2", parts: [{ type: "text", text: "Look again" }] },
        ],
      },
    ]);
    expect(reports).toEqual(
      Array.from({ length: 2 }, () => ({
        status: "completed" as const,
        summary: "Found",
        steps: 1,
        durationMs: 0,
        exitReason: "completed",
        usage: usage(1),
        trace: [],
        denied: [],
      })),
    );
    expect(used).toEqual([usage(1), usage(1)]);
    expect(context.shown).toContain("[1/2 Look for it] begins\n");
    expect(context.shown).toContain("[2/2 Look again] completed\n");
  });

  test("tells what the transport warns of", async () => {
    const warning = { type: "notice", level: "warning", text: "m2 answers" } as const;
    const { delegate } = setUp(() => [warning, ...done("Found")]);
    const context = createToolContext();
    await delegate([{ goal: "Look" }], context);
    expect(context.shown).toContain("[Look] m2 answers\n");
  });

  test("compresses a context that is refused for its size, each with a compressor of its own", async () => {
    const children: unknown[] = [];
    const compressorFor: DelegationDeps["compressorFor"] = (child): Compressor => {
      children.push(child);
      const unused = (): never => {
        throw new Error("Nobody asks for it");
      };
      return {
        async *beforeStep() {
          return yield* [] as never[];
        },
        measure: () => undefined,
        async *afterOverflow({ request }) {
          const context = [saying(`short ${request.sessionId}`)];
          const compaction = { type: "compaction", id: "k", context, summary: "s", dropped: 1 };
          const sessionId = `${request.sessionId} b`;
          const split = { type: "session-split", sessionId, compaction } as SessionSplitEvent;
          yield split;
          return split;
        },
        onDemand: unused,
      };
    };
    const { delegate, requests } = setUp(
      (request) => {
        if (request.sessionId.endsWith("b")) return done(`Done with ${said(request)}`);
        throw new HermesError("model/context_overflow", "Too long");
      },
      [],
      compressorFor,
    );
    const context = createToolContext();
    const reports = await delegate([{ goal: "One" }, { goal: "Two" }], context);
    expect(reports.map(({ status, summary }) => [status, summary])).toEqual([
      ["completed", "Done with short session-1-task-1"],
      ["completed", "Done with short session-1-task-2"],
    ]);
    expect(children).toEqual([
      { sessionId: "session-1-task-1", instructions: "In /project" },
      { sessionId: "session-1-task-2", instructions: "In /project" },
    ]);
    expect(requests.length).toBe(4);
    expect(context.shown).toContain("[1/2 One] its context was compressed\n");
  });

  test("traces calls, and summarises at the limit of steps", async () => {
    const dig = createFakeTool("dig", () => ok("earth"));
    const { delegate } = setUp(
      (_, number) =>
        number <= 2
          ? step([toolCall(`c${number}`, "dig", { deep: "x".repeat(300) })], "tool_calls")
          : done("Two holes"),
      [dig],
    );
    const [report] = await delegate([{ goal: "Dig" }], createToolContext());
    expect(report).toMatchObject({
      status: "completed",
      summary: "Two holes",
      steps: 3,
      exitReason: "max_iterations",
      usage: usage(3),
    });
    expect(report?.trace).toHaveLength(2);
    expect(report?.trace[0]).toMatchObject({ tool: "dig", status: "ok", resultChars: 5 });
    expect(report?.trace[0]?.arguments).toHaveLength(161);
  });

  test("asks the parent's approver without a person, and tells what was denied", async () => {
    const asked: ApprovalRequest[] = [];
    const approver: Approver = {
      decide(request) {
        asked.push(request);
        return Promise.resolve({ decision: "deny", by: "policy" });
      },
    };
    const request = {
      subject: { kind: "command", command: "rm -rf x", cwd: "/" },
      reason: "recursive delete",
      key: "rm",
    } as const;
    const remove = createFakeTool("remove", () => ok("gone"), {
      permission: () => ({ kind: "ask", request }),
    });
    const { delegate } = setUp(
      (_, number) =>
        number === 1 ? step([toolCall("c", "remove")], "tool_calls") : done("Could not"),
      [remove],
    );
    const [report] = await delegate([{ goal: "Remove" }], createToolContext({ approver }));
    expect(asked).toEqual([{ ...request, isUnattended: true }]);
    expect(report).toMatchObject({
      status: "failed",
      exitReason: "approval/denied",
      summary: "Could not",
      denied: ["rm -rf x"],
    });
  });

  test("one that fails is no fault of the others", async () => {
    const { delegate } = setUp((request) => {
      if (request.sessionId.endsWith("1")) throw new HermesError("model/quota", "No credit");
      return done("Fine");
    });
    const tasks = [
      { goal: "a" },
      { goal: "b", toolsets: ["magic"] },
      { goal: "c" },
      { goal: "d", toolsets: ["memory", "delegation"] },
    ];
    const reports = await delegate(tasks, createToolContext());
    expect(reports.map(({ status, exitReason, error }) => [status, exitReason, error])).toEqual([
      ["failed", "model/quota", "No credit"],
      ["failed", "not_started", "No such toolset: magic"],
      ["completed", "completed", undefined],
      ["failed", "not_started", "No sub-agent has the tools of memory, delegation"],
    ]);
  });

  test("an interrupt ends those that run, and those that wait do not begin", async () => {
    const user = new AbortController();
    const { delegate, requests } = setUp(() => {
      user.abort();
      return done("Too late");
    });
    const tasks = [{ goal: "a" }, { goal: "b" }, { goal: "c" }];
    const reports = await delegate(tasks, createToolContext({ signal: user.signal }));
    expect(reports[2]).toMatchObject({ status: "interrupted", steps: 0 });
    expect(requests.length).toBeLessThan(3);
  });
});

test("childInstructions() has the project between the rules and the facts", () => {
  const facts = { cwd: "/p", system: "linux x64", date: "2026-01-31" };
  const text = childInstructions({ ...facts, project: "Instructions of this project" });
  expect(text).toEndWith(
    "\n\nInstructions of this project\n\nWorking directory: /p\nSystem: linux x64\nDate: 2026-01-31",
  );
  expect(childInstructions(facts)).not.toContain("Instructions of this project");
});
