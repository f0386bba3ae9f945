import { describe, expect, test } from "bun:test";
import { runSessionTurn, type TurnStore } from "../../src/agent/session_turn.ts";
import { denyAll } from "../../src/core/approval.ts";
import { HermesError } from "../../src/core/errors.ts";
import { noUsage, type TurnEvent } from "../../src/core/event.ts";
import type { Item, UserMessage } from "../../src/core/item.ts";
import type { Json } from "../../src/core/json.ts";
import type { AgentRuntime, TurnRequest } from "../../src/core/runtime.ts";
import type { EndedTurn } from "../../src/core/session_store.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { assistant, toolCall } from "../fakes/model.ts";

const message: UserMessage = {
  type: "user-message",
  id: "u",
  parts: [{ type: "text", text: "Hi" }],
};
const turn: TurnRequest = {
  turnId: "turn",
  sessionId: "session",
  model: "model",
  instructions: "",
  history: [],
  message,
  cwd: "/",
  reasoningEffort: "medium",
  maxSteps: 1,
  approver: denyAll,
};

/** A store that writes down what is asked of it, and fails on demand. */
function createLogStore(failOn?: string): TurnStore & {
  log: string[];
  ended: EndedTurn[];
} {
  const log: string[] = [];
  const ended: EndedTurn[] = [];
  const note = async (entry: string): Promise<void> => {
    if (entry === failOn) throw new HermesError("store/full", "The disk is full");
    log.push(entry);
  };
  return {
    log,
    ended,
    startTurn: () => note("start"),
    append: (_turnId, item) =>
      note(`append ${item.id}${item.type === "assistant-message" ? ` ${item.text}` : ""}`),
    keepRuntimeState: (_turnId, state) => note(`keep ${state}`),
    split: ({ turnId, newTurnId, newSessionId, compaction, usage: { totalTokens } }) =>
      note(
        `split ${turnId} ${newTurnId} ${newSessionId} ${compaction.summary} after ${totalTokens}`,
      ),
    async endTurn(end) {
      await note("end");
      ended.push(end);
    },
  };
}

function runtimeOf(events: readonly TurnEvent[], onClose?: () => void): AgentRuntime {
  return {
    async *runTurn() {
      try {
        yield* events;
      } finally {
        onClose?.();
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

const usage = { ...noUsage, inputTokens: 3, totalTokens: 3 };
const answer = assistant("a", "my secret");
const wholeTurn: readonly TurnEvent[] = [
  { type: "turn-start", turnId: "turn", runtimeState: "thread-1" },
  { type: "item-start", item: answer },
  { type: "item-end", item: answer },
  { type: "usage", usage },
  { type: "usage", usage },
  { type: "turn-end", outcome: { status: "completed", finalText: "my secret" } },
];

async function collect(
  store: ReturnType<typeof createLogStore>,
  runtime: AgentRuntime,
  options: {
    readonly until?: (event: TurnEvent) => boolean;
    readonly message?: UserMessage;
  } = {},
): Promise<readonly TurnEvent[]> {
  const events: TurnEvent[] = [];
  const deps = {
    store,
    runtime,
    clock: createFakeClock(1_000),
    newTurnId: () => "turn_next",
    redactor: {
      content: (text: string) => text.replace("secret", "***"),
      held: (text: string) => text.replace("token", "***"),
      boundary: (text: string) => text.replace("secret", "[masked]"),
    },
  };
  const asked = { ...turn, message: options.message ?? message };
  for await (const event of runSessionTurn(deps, asked, new AbortController().signal)) {
    events.push(event);
    if (options.until?.(event) === true) break;
  }
  return events;
}

describe("runSessionTurn()", () => {
  test("goes on in the new session after a split, with the usage of each where it was", async () => {
    const store = createLogStore();
    const compaction = {
      type: "compaction",
      id: "k",
      context: [answer],
      summary: "a secret summary",
      dropped: 2,
    } as const;
    const [start, begun, ended, ...rest] = wholeTurn;
    const split: TurnEvent = { type: "session-split", sessionId: "child", compaction };
    const events = [start, begun, ended, { type: "usage", usage } as const, split, ...rest];
    await collect(store, runtimeOf(events.filter((event) => event !== undefined)));
    expect(store.log).toEqual([
      "start",
      "append u",
      "keep thread-1",
      "append a my ***",
      "split turn turn_next child a *** summary after 3",
      "end",
    ]);
    expect(store.ended.map((end) => [end.turnId, end.usage.totalTokens])).toEqual([
      ["turn_next", 6],
    ]);
  });

  test("stores the message first, each item before it is reported, and the end with the usage", async () => {
    const store = createLogStore();
    const events = await collect(store, runtimeOf(wholeTurn));
    expect(events).toEqual([
      { type: "turn-start", turnId: "turn" },
      { type: "item-start", item: message },
      { type: "item-end", item: message },
      ...wholeTurn.slice(1),
    ]);
    expect(store.log).toEqual(["start", "append u", "keep thread-1", "append a my ***", "end"]);
    expect(store.ended).toEqual([
      {
        turnId: "turn",
        outcome: { status: "completed", finalText: "my secret" },
        usage: { ...noUsage, inputTokens: 6, totalTokens: 6 },
        calls: { count: 2, unpriced: 2 },
        endedAt: 1_000,
      },
    ]);
  });

  test("masks what is replayed to a model, but for what must come back byte for byte", async () => {
    const appended: unknown[] = [];
    const store = {
      ...createLogStore(),
      append: async (_turnId: string, item: unknown) => void appended.push(item),
    };
    const replayed = (payload: Json): Item => ({
      type: "reasoning",
      id: "r",
      text: "a secret",
      replay: { wireApi: "responses", issuer: "x", payload },
    });
    const payload = { id: "rs_secret", encrypted_content: "secret", summary: ["my secret", 1] };
    const secretive: UserMessage = { ...message, parts: [{ type: "text", text: "my token" }] };
    const events: readonly TurnEvent[] = [
      { type: "item-end", item: replayed(payload) },
      { type: "turn-end", outcome: { status: "completed", finalText: "" } },
    ];
    await collect(store, runtimeOf(events), { message: secretive });
    expect(appended).toEqual([
      { ...message, parts: [{ type: "text", text: "my ***" }] },
      {
        ...replayed({ ...payload, summary: ["my ***", 1] }),
        text: "a ***",
      },
    ]);
  });

  test("masks what hermes holds in the diff of a changed file", async () => {
    const appended: unknown[] = [];
    const store = {
      ...createLogStore(),
      append: async (_turnId: string, item: unknown) => void appended.push(item),
    };
    const changed = (diff: string): Item => ({
      type: "file-change",
      id: "f",
      changes: [
        { path: "/a/.env", kind: "add", diff },
        { path: "/a/b", kind: "delete" },
      ],
      status: "completed",
    });
    const events: readonly TurnEvent[] = [
      { type: "item-end", item: changed("KEY=my token\n") },
      { type: "turn-end", outcome: { status: "completed", finalText: "" } },
    ];
    await collect(store, runtimeOf(events));
    expect(appended).toEqual([message, changed("KEY=my ***\n")]);
  });

  test("leaves the signature of a thought beside its call as it came", async () => {
    const appended: unknown[] = [];
    const store = {
      ...createLogStore(),
      append: async (_turnId: string, item: unknown) => void appended.push(item),
    };
    const call = (payload: Json): Item => ({
      ...toolCall("c", "t", '{"x":"a secret"}'),
      replay: { wireApi: "chat_completions", issuer: "x", payload },
    });
    const google = { thought_signature: "secret", thoughtSignature: "secret" };
    const events: readonly TurnEvent[] = [
      {
        type: "item-end",
        item: call({ extra_content: { google, grid: "secret" } }),
      },
      { type: "turn-end", outcome: { status: "completed", finalText: "" } },
    ];
    await collect(store, runtimeOf(events));
    expect(appended.slice(1)).toEqual([
      { ...call({ extra_content: { google, grid: "***" } }), arguments: '{"x":"a ***"}' },
    ]);
  });

  test("keeps of a failure its code and a masked message, and reports it as it is", async () => {
    const store = createLogStore();
    const error = new HermesError("auth/rejected", "No such key: secret", { retryable: true });
    const outcome = { status: "failed", error, completedItemIds: ["u"] } as const;
    const events = await collect(store, runtimeOf([{ type: "turn-end", outcome }]));
    expect(events.at(-1)).toEqual({ type: "turn-end", outcome });
    expect(store.ended).toEqual([
      {
        turnId: "turn",
        outcome: {
          ...outcome,
          error: new HermesError("auth/rejected", "No such key: [masked]"),
        },
        usage: noUsage,
        calls: { count: 0, unpriced: 0 },
        endedAt: 1_000,
      },
    ]);
  });

  test("does not report an item that could not be stored, and names those that were", async () => {
    const store = createLogStore("append c");
    let isClosed = false;
    const events = await collect(
      store,
      runtimeOf(
        [
          { type: "turn-start", turnId: "turn" },
          { type: "item-end", item: answer },
          { type: "item-end", item: { ...toolCall("c", "t"), id: "c" } },
          { type: "turn-end", outcome: { status: "completed", finalText: "" } },
        ],
        () => {
          isClosed = true;
        },
      ),
    );
    expect(events.at(-1)).toEqual({
      type: "turn-end",
      outcome: {
        status: "failed",
        error: new HermesError("store/full", "The disk is full"),
        completedItemIds: ["u", "a"],
      },
    });
    expect(events.filter((event) => event.type === "turn-end")).toHaveLength(1);
    expect(isClosed).toBe(true);
  });

  test("does not call a turn completed whose end could not be stored", async () => {
    const events = await collect(createLogStore("end"), runtimeOf(wholeTurn));
    const last = events.at(-1);
    expect(last?.type === "turn-end" && last.outcome.status).toBe("failed");
  });

  test("fails when the store cannot even begin the turn", async () => {
    const events = await collect(createLogStore("start"), runtimeOf(wholeTurn));
    expect(events.map((event) => event.type)).toEqual(["turn-start", "turn-end"]);
  });

  test("marks the turn interrupted when the consumer leaves in the middle", async () => {
    const store = createLogStore();
    let isClosed = false;
    await collect(
      store,
      runtimeOf(wholeTurn, () => {
        isClosed = true;
      }),
      { until: (event) => event.type === "item-end" && event.item.id === "a" },
    );
    expect(isClosed).toBe(true);
    expect(store.ended[0]?.outcome).toEqual({ status: "interrupted" });
  });

  test("ends a turn whose backend stopped without a last event", async () => {
    const events = await collect(
      createLogStore(),
      runtimeOf([{ type: "turn-start", turnId: "turn" }]),
    );
    const last = events.at(-1);
    expect(last?.type === "turn-end" && last.outcome.status).toBe("failed");
  });
});
