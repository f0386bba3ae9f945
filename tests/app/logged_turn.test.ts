import { expect, test } from "bun:test";
import { logTurn } from "../../src/app/logged_turn.ts";
import { HermesError } from "../../src/core/errors.ts";
import { noUsage, type TurnEvent } from "../../src/core/event.ts";
import type { LogFields } from "../../src/core/log.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { assistant } from "../fakes/model.ts";

const turn = {
  sessionId: () => "s",
  source: "oneshot",
  provider: "lab",
  model: "m",
  runtime: "loop",
} as const;

async function logged(...events: readonly TurnEvent[]) {
  const lines: [string, string, LogFields?][] = [];
  const log = { write: (...line: [string, string, LogFields?]) => void lines.push(line) };
  const all = async function* (): AsyncGenerator<TurnEvent, void> {
    yield* events;
  };
  const seen: TurnEvent[] = [];
  for await (const event of logTurn({ log, clock: createFakeClock() }, turn, all())) {
    seen.push(event);
  }
  expect(seen).toEqual([...events]);
  return lines;
}

const facts = { session: "s", turn: "t" };
const made = { source: "oneshot", provider: "lab", model: "m", runtime: "loop" };
const start: TurnEvent = { type: "turn-start", turnId: "t" };

test("a turn leaves one line with what it was and took", async () => {
  const item = assistant("a", "hello");
  const lines = await logged(
    start,
    { type: "item-start", item },
    { type: "item-end", item },
    { type: "usage", usage: { ...noUsage, totalTokens: 3 } },
    { type: "usage", usage: { ...noUsage, totalTokens: 4 } },
    { type: "turn-end", outcome: { status: "completed", finalText: "hello" } },
  );
  expect(lines).toEqual([
    ["debug", "turn.started", { ...facts, ...made }],
    ["debug", "item.completed", { ...facts, item: "assistant-message", tool: undefined }],
    ["info", "turn.completed", { ...facts, ...made, ms: 0, tokens: 7 }],
  ]);
});

test("what went wrong on the way has its lines, too; never what was said", async () => {
  const error = new HermesError("model/overloaded", "lab is overloaded", { httpStatus: 529 });
  const named = { code: "model/overloaded", status: 529, message: "lab is overloaded" };
  const lines = await logged(
    start,
    { type: "retry", attempt: 2, maxAttempts: 3, delayMs: 10, error },
    { type: "notice", level: "warning", text: "odd" },
    { type: "turn-end", outcome: { status: "failed", error, completedItemIds: [] } },
  );
  expect(lines.slice(1)).toEqual([
    ["warning", "retry", { ...facts, attempt: 2, of: 3, delayMs: 10, ...named }],
    ["warning", "notice", { ...facts, text: "odd" }],
    ["error", "turn.failed", { ...facts, ...made, ms: 0, tokens: 0, ...named }],
  ]);
});
