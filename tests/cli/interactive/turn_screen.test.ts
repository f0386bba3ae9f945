import { describe, expect, test } from "bun:test";
import { AsyncQueue } from "../../../src/core/async_queue.ts";
import { HermesError } from "../../../src/core/errors.ts";
import type { TurnEvent } from "../../../src/core/event.ts";
import type { Json } from "../../../src/core/json.ts";
import { startChat, type Chat } from "../../fakes/chat.ts";

interface Playing extends AsyncDisposable {
  readonly chat: Chat;
  /** Plays events, and waits until they are shown. */
  readonly play: (...events: readonly TurnEvent[]) => Promise<void>;
  /** The lines below the message that began the turn. */
  readonly lines: () => readonly string[];
}

async function startTurn(columns = 80): Promise<Playing> {
  const events = new AsyncQueue<TurnEvent>();
  const chat = await startChat({ parts: { turn: () => events }, columns });
  chat.type("go\r");
  await chat.untilShown("waiting for the model");
  return {
    chat,
    async play(...more) {
      for (const event of more) {
        events.push(event);
        await chat.settle();
      }
    },
    lines: () => chat.seen().slice(4),
    async [Symbol.asyncDispose]() {
      events.end();
      await chat[Symbol.asyncDispose]();
    },
  };
}

function calling(id: string, name: string, input: Json): readonly TurnEvent[] {
  const item = {
    type: "tool-call",
    id: `call-${id}`,
    callId: id,
    name,
    arguments: JSON.stringify(input),
  } as const;
  return [
    { type: "item-start", item: { ...item, arguments: "" } },
    { type: "item-end", item },
  ];
}

function running(id: string): TurnEvent {
  const item = { type: "tool-result", id: `result-${id}`, callId: id, output: "", isError: false };
  return { type: "item-start", item: { ...item, type: "tool-result" } };
}

function finished(id: string, output: Json, isError = false): TurnEvent {
  return {
    type: "item-end",
    item: {
      type: "tool-result",
      id: `result-${id}`,
      callId: id,
      output: JSON.stringify(output),
      isError,
    },
  };
}

function text(id: string, ...deltas: readonly string[]): readonly TurnEvent[] {
  return [
    { type: "item-start", item: { type: "assistant-message", id, text: "" } },
    ...deltas.map((delta): TurnEvent => ({
      type: "item-delta",
      itemId: id,
      channel: "text",
      delta,
    })),
  ];
}

function textEnd(id: string, whole: string): TurnEvent {
  return { type: "item-end", item: { type: "assistant-message", id, text: whole } };
}

const done: TurnEvent = { type: "turn-end", outcome: { status: "completed", finalText: "done" } };

describe("TurnScreen", () => {
  test("shows what runs now and since when, then one line with its result", async () => {
    await using turn = await startTurn();
    const { chat, play, lines } = turn;
    await play(...calling("c1", "terminal", { command: "npm test" }), running("c1"));
    await chat.ports.clock.advance(100);
    expect(lines()).toEqual(["⠙ terminal npm test"]);
    await play({
      type: "item-delta",
      itemId: "result-c1",
      channel: "output",
      delta: "one\n3 passed\n",
    });
    await chat.ports.clock.advance(4_150);
    expect(lines()).toEqual(["⠹ terminal npm test · 4 s · 3 passed · Ctrl-C interrupts"]);
    await play(finished("c1", { output: "one\n3 passed\n", exit_code: 0 }));
    expect(lines()).toEqual(["✓ terminal npm test (4.3 s, 2 lines)", "⠹ waiting for the model"]);
  });

  test("tells failures of tools, and of the commands in them", async () => {
    await using turn = await startTurn();
    await turn.play(
      ...calling("c1", "terminal", { command: "false" }),
      running("c1"),
      finished("c1", { output: "", exit_code: 1 }),
      ...calling("c2", "read_file", { path: "none.txt" }),
      running("c2"),
      finished("c2", { error: "It does not exist: none.txt" }, true),
      ...calling("c3", "search_files", { pattern: "TODO" }),
      running("c3"),
      finished("c3", { total_count: 1, matches: [{ path: "a" }] }),
      ...text("a", "Hm."),
      textEnd("a", "Hm."),
      done,
    );
    expect(turn.lines()).toEqual([
      "✗ terminal false (exit 1, 0.0 s)",
      "✗ read_file none.txt: It does not exist: none.txt",
      "✓ search_files TODO (0.0 s, 1 match)",
      "",
      "Hm.",
      "⠋ waiting for the model",
    ]);
  });

  test("counts what runs beside one another", async () => {
    await using turn = await startTurn();
    await turn.play(
      ...calling("c1", "read_file", { path: "a" }),
      ...calling("c2", "read_file", { path: "b" }),
      running("c1"),
      running("c2"),
    );
    await turn.chat.ports.clock.advance(100);
    expect(turn.lines()).toEqual(["⠙ read_file a and 1 more"]);
  });

  test("keeps long lines in the width of the terminal", async () => {
    await using turn = await startTurn(50);
    await turn.play(
      ...calling("c1", "terminal", { command: `echo ${"x".repeat(200)}` }),
      running("c1"),
      finished("c1", { output: "x\n", exit_code: 0 }),
    );
    expect(turn.lines().map((line) => line.length <= 50)).toEqual([true, true]);
  });

  test("folds the reasoning to how long it took", async () => {
    await using turn = await startTurn();
    const { chat, play, lines } = turn;
    await play({ type: "item-start", item: { type: "reasoning", id: "r", text: "" } });
    await chat.ports.clock.advance(100);
    expect(lines()).toEqual(["⠙ thinking"]);
    await chat.ports.clock.advance(3_900);
    await play(
      { type: "item-delta", itemId: "r", channel: "reasoning", delta: "First this, " },
      { type: "item-delta", itemId: "r", channel: "reasoning", delta: "then that." },
      { type: "item-end", item: { type: "reasoning", id: "r", text: "First this, then that." } },
      ...text("a", "Ok"),
      textEnd("a", "Ok"),
      done,
    );
    expect(lines()).toEqual(["thought for 4.0 s", "", "Ok", "⠋ waiting for the model"]);
  });

  test("writes an answer once, whether it came in pieces, as a whole or only with the end", async () => {
    for (const events of [
      [...text("a", "An ", "answer"), textEnd("a", "An answer")],
      [...text("a"), textEnd("a", "An answer")],
      [...text("a", "An "), textEnd("a", "An answer")],
      [],
    ]) {
      await using turn = await startTurn();
      const end = { status: "completed", finalText: "An answer" } as const;
      await turn.play(...events, { type: "turn-end", outcome: end });
      expect(turn.lines()).toEqual(["An answer", "⠋ waiting for the model"]);
    }
  });

  test("says that what was shown is void, and why there is another attempt", async () => {
    await using turn = await startTurn();
    const error = new HermesError("network/unreachable", "Connection reset");
    await turn.play(
      ...text("a", "Half an ans"),
      { type: "item-reset", itemIds: ["a"] },
      { type: "retry", attempt: 2, maxAttempts: 4, delayMs: 1_500, error },
    );
    expect(turn.lines()).toEqual([
      "Half an ans",
      "-- connection lost, trying again --",
      "attempt 2 of 4 in 1.5 s: Connection reset (network/unreachable)",
      "⠋ waiting to try again",
    ]);
    await turn.play(...text("a", "Whole"), textEnd("a", "Whole"), done);
    expect(turn.lines().slice(3)).toEqual(["", "Whole", "⠋ waiting for the model"]);
  });

  test("says nothing of a pause before the next attempt that nobody knows", async () => {
    await using turn = await startTurn();
    const error = new HermesError("network/unreachable", "Connection reset");
    await turn.play({ type: "retry", attempt: 2, maxAttempts: 4, delayMs: 0, error });
    expect(turn.lines()).toEqual([
      "attempt 2 of 4: Connection reset (network/unreachable)",
      "⠋ waiting to try again",
    ]);
  });

  test("shows nothing of a reset that took nothing away", async () => {
    await using turn = await startTurn();
    await turn.play(...text("a"), { type: "item-reset", itemIds: ["a"] });
    expect(turn.lines()).toEqual(["⠋ waiting for the model"]);
  });

  test("shows notices and failures, in one line each and without secrets", async () => {
    await using turn = await startTurn();
    const key = `sk-${"a1B2".repeat(12)}`;
    const error = new HermesError("model/overloaded", `Overloaded: ${key}`, { hint: "wait" });
    await turn.play(
      { type: "notice", level: "warning", text: `Step limit\nreached \x1b[2J${key}` },
      { type: "turn-end", outcome: { status: "failed", error, completedItemIds: [] } },
    );
    expect(turn.lines().map((line) => line.replace(/sk-a\S*/, "KEY"))).toEqual([
      "Step limit reached KEY",
      "error: Overloaded: KEY (model/overloaded)",
      "hint: wait",
      "⠋ waiting for the model",
    ]);
    expect(turn.chat.ports.terminal.screen()).not.toContain(key);
  });

  test("lets nothing that a model writes act on the terminal", async () => {
    await using turn = await startTurn();
    await turn.play(...text("a", "a\x1b[2", "Jb\x07\n"), textEnd("a", "a\x1b[2Jb\x07\n"), done);
    expect(turn.lines()[0]).toBe("ab");
  });
});
