import { describe, expect, test } from "bun:test";
import type { Compressor } from "../../src/agent/compression/compressor.ts";
import { compressOnDemand } from "../../src/agent/compression/on_demand.ts";
import { createTurnRunner, type SessionFacts } from "../../src/app/turn_runner.ts";
import { denyAll } from "../../src/core/approval.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { TurnEvent, TurnOutcome } from "../../src/core/event.ts";
import type { Item } from "../../src/core/item.ts";
import { createRedactor } from "../../src/core/redact.ts";
import type { AgentRuntime, TurnRequest } from "../../src/core/runtime.ts";
import { MemorySessionStore } from "../../src/storage/memory_store.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { assistant } from "../fakes/model.ts";

const facts: SessionFacts = {
  sessionId: "session",
  model: "model",
  instructions: "",
  cwd: "/",
  reasoningEffort: "medium",
  maxSteps: 1,
  approver: denyAll,
};

const refusal = new HermesError("turn/answer_invalid", "The answer is no number");

/** Takes answers that are numbers. */
const numberSchema: NonNullable<SessionFacts["outputSchema"]> = {
  schema: { type: "number" },
  check: (answer) => (/^\d+$/.test(answer) ? undefined : refusal),
};

/** Runs one turn that ends like this; what was asked, told and stored. */
async function play(
  outcome: TurnOutcome,
  more: Partial<SessionFacts>,
): Promise<{
  readonly asked: readonly TurnRequest[];
  readonly told: TurnEvent | undefined;
  readonly stored: readonly TurnOutcome[];
  readonly items: readonly string[];
}> {
  const asked: TurnRequest[] = [];
  const stored: TurnOutcome[] = [];
  const runtime: AgentRuntime = {
    async *runTurn(turn) {
      asked.push(turn);
      yield { type: "item-end", item: assistant("a", "three") };
      yield { type: "turn-end", outcome };
    },
    async [Symbol.asyncDispose]() {},
  };
  const store = {
    startTurn: () => Promise.resolve(),
    append: () => Promise.resolve(),
    keepRuntimeState: () => Promise.resolve(),
    split: () => Promise.resolve(),
    endTurn: (turn: { readonly outcome: TurnOutcome }) => {
      stored.push(turn.outcome);
      return Promise.resolve();
    },
  };
  const deps = {
    store,
    runtime,
    clock: createFakeClock(),
    redactor: createRedactor(),
    newTurnId: () => "turn_next",
  };
  const runner = createTurnRunner(deps, { ...facts, ...more }, []);
  const events: TurnEvent[] = [];
  const message = { type: "user-message", id: "u", parts: [] } as const;
  for await (const event of runner.runTurn(message, new AbortController().signal)) {
    events.push(event);
  }
  return { asked, told: events.at(-1), stored, items: runner.items().map((item) => item.id) };
}

describe("a turn whose answer must follow a schema", () => {
  test("is stored as the failure that it is told as, and its answer is kept", async () => {
    const completed = { status: "completed", finalText: "three" } as const;
    const { asked, told, stored, items } = await play(completed, { outputSchema: numberSchema });
    const failed: TurnOutcome = {
      status: "failed",
      error: refusal,
      completedItemIds: ["u", "a"],
    };
    expect(told).toEqual({ type: "turn-end", outcome: failed });
    expect(stored).toEqual([failed]);
    expect(items).toEqual(["u", "a"]);
    expect(asked.map((turn) => turn.outputSchema)).toEqual([{ type: "number" }]);
  });

  test.each<TurnOutcome>([
    { status: "completed", finalText: "3" },
    { status: "interrupted" },
    {
      status: "failed",
      error: new HermesError("model/quota", "No credit"),
      completedItemIds: ["u", "a"],
    },
  ])("ends as it ended where there is nothing to refuse: $status", async (outcome) => {
    const { told, stored } = await play(outcome, { outputSchema: numberSchema });
    expect(told).toEqual({ type: "turn-end", outcome });
    expect(stored).toEqual([outcome]);
  });
});

test("a turn without a schema ends as it ended", async () => {
  const completed = { status: "completed", finalText: "three" } as const;
  const { asked, stored } = await play(completed, {});
  expect(stored).toEqual([completed]);
  expect(asked.map((turn) => "outputSchema" in turn)).toEqual([false]);
});

describe("a session that is compressed", () => {
  const compaction = {
    type: "compaction",
    id: "k",
    context: [],
    summary: "notes",
    dropped: 3,
  } as const;
  const split = {
    type: "session-split",
    sessionId: "child",
    compaction,
    instructions: "newer",
  } as const;

  test("goes on with its next turn where the last one ended", async () => {
    const asked: TurnRequest[] = [];
    const runtime: AgentRuntime = {
      async *runTurn(turn) {
        asked.push(turn);
        if (asked.length === 1) yield split;
        yield { type: "item-end", item: assistant(`a${asked.length}`, "done") };
        yield { type: "turn-end", outcome: { status: "completed", finalText: "done" } };
      },
      async [Symbol.asyncDispose]() {},
    };
    await using store = new MemorySessionStore();
    await store.create({
      ...facts,
      id: "session",
      source: "cli",
      provider: "p",
      runtime: "loop",
      startedAt: 1,
    });
    const deps = {
      store,
      runtime,
      clock: createFakeClock(5),
      redactor: createRedactor(),
      newTurnId: () => "turn_next",
    };
    const runner = createTurnRunner(deps, facts, []);
    const say = async (id: string): Promise<void> => {
      const message = { type: "user-message", id, parts: [] } as const;
      for await (const _ of runner.runTurn(message, new AbortController().signal));
    };
    await say("u1");
    expect(runner.sessionId).toBe("child");
    await say("u2");
    expect(
      asked.map(({ sessionId, instructions, history }) => [sessionId, instructions, history]),
    ).toEqual([
      ["session", "", []],
      ["child", "newer", [compaction, assistant("a1", "done")]],
    ]);
    const ids = async (session: string) => (await store.items(session)).map(({ item }) => item.id);
    expect([await ids("session"), await ids("child")]).toEqual([["u1"], ["k", "a1", "u2", "a2"]]);
    expect((await store.tip("session")).id).toBe("child");
  });

  test("is compressed between turns, and leaves no trace where nothing was said", async () => {
    await using store = new MemorySessionStore();
    await store.create({
      ...facts,
      id: "session",
      source: "cli",
      provider: "p",
      runtime: "loop",
      startedAt: 1,
    });
    const seen: unknown[] = [];
    const compressor: Compressor = {
      // eslint-disable-next-line require-yield
      async *beforeStep() {
        return undefined;
      },
      measure: () => undefined,
      // eslint-disable-next-line require-yield
      async *afterOverflow() {
        throw new TypeError("Not asked for");
      },
      async *onDemand({ request }, focus) {
        seen.push([request.sessionId, request.items.length, focus]);
        yield split;
        return split;
      },
    };
    const deps = {
      store,
      runtime: { async *runTurn() {}, async [Symbol.asyncDispose]() {} },
      clock: createFakeClock(5),
      redactor: createRedactor(),
      newTurnId: () => "turn_next",
      compressNow: compressOnDemand(compressor, []),
    };
    const never = new AbortController().signal;
    const compress = async (items: readonly Item[]) => {
      const runner = createTurnRunner(deps, facts, items);
      const types: string[] = [];
      for await (const event of runner.compress?.("focus", never) ?? []) types.push(event.type);
      return { types, session: runner.sessionId, items: runner.items() };
    };
    expect(await compress([])).toEqual({
      types: ["notice", "turn-end"],
      session: "session",
      items: [],
    });
    expect(await compress([assistant("a", "said")])).toEqual({
      types: ["turn-start", "session-split", "turn-end"],
      session: "child",
      items: [compaction],
    });
    expect(seen).toEqual([["session", 1, "focus"]]);
    expect((await store.items("child")).map(({ item }) => item.id)).toEqual(["k"]);
  });
});
