import { describe, expect, test } from "bun:test";
import { TurnClock } from "../../src/codex/turn_clock.ts";
import { createFakeClock } from "../fakes/clock.ts";

const limits = { turnMs: 600_000, silenceMs: 90_000, thinkingMs: 300_000, offlineMs: 60_000 };

/** A turn's limits on a clock of the test's, and what they came to. */
function startTurn() {
  const clock = createFakeClock();
  const turn = new TurnClock(clock, limits);
  const over = new AbortController();
  const seen = { code: "", at: -1, message: "" };
  const done = turn
    .expired(() => "last words", over.signal)
    .then((failure) => {
      if (!failure) return;
      seen.code = failure.code;
      seen.message = failure.message;
      seen.at = clock.monotonic();
    });
  return { clock, turn, over, seen, done };
}

describe("TurnClock", () => {
  test("gives up a model that thinks in silence", async () => {
    const { clock, seen } = startTurn();
    await clock.advance(299_999);
    expect(seen.at).toBe(-1);
    await clock.advance(1);
    expect(seen).toEqual({
      code: "codex/silent",
      at: 300_000,
      message: "codex has been silent for 300 s while its model thinks\ncodex: last words",
    });
  });

  test("gives up sooner after a tool, and any event starts anew", async () => {
    const { clock, turn, seen } = startTurn();
    await clock.advance(1_000);
    turn.active("after-tool");
    await clock.advance(80_000);
    turn.active("after-tool");
    await clock.advance(89_999);
    expect(seen.at).toBe(-1);
    await clock.advance(1);
    expect([seen.code, seen.at]).toEqual(["codex/silent", 171_000]);
  });

  test("lets work be silent until the turn's own end", async () => {
    const { clock, turn, seen } = startTurn();
    turn.active("working");
    await clock.advance(599_999);
    expect(seen.at).toBe(-1);
    await clock.advance(1);
    expect([seen.code, seen.at]).toEqual(["turn/deadline", 600_000]);
  });

  test("stands still while somebody is asked", async () => {
    const { clock, turn, seen } = startTurn();
    turn.active("after-tool");
    await clock.advance(50_000);
    const [first, second] = [turn.pause(), turn.pause()];
    await clock.advance(1_000_000);
    first();
    await clock.advance(1_000_000);
    second();
    await clock.advance(89_999);
    expect(seen.at).toBe(-1);
    turn.active("working");
    await clock.advance(460_001);
    expect([seen.code, seen.at]).toEqual(["turn/deadline", 2_600_000]);
  });

  test("calls codex neither silent nor offline while nothing is read from it", async () => {
    const { clock, turn, seen } = startTurn();
    turn.active("after-tool");
    turn.offline(true);
    await clock.advance(50_000);
    const release = turn.hold();
    await clock.advance(400_000);
    release();
    await clock.advance(89_999);
    expect(seen.at).toBe(-1);
    await clock.advance(1);
    expect([seen.code, seen.at]).toEqual(["codex/silent", 540_000]);
  });

  test("ends a turn from which nothing is read any more", async () => {
    const { clock, turn, seen } = startTurn();
    turn.hold();
    await clock.advance(600_000);
    expect([seen.code, seen.at]).toEqual(["turn/deadline", 600_000]);
  });

  test("gives up when nobody is reached, unless codex gets through", async () => {
    const { clock, turn, seen } = startTurn();
    turn.offline(true);
    await clock.advance(59_000);
    turn.offline(false);
    turn.active("thinking");
    await clock.advance(59_000);
    turn.offline(true);
    await clock.advance(30_000);
    turn.offline(true);
    await clock.advance(29_999);
    expect(seen.at).toBe(-1);
    await clock.advance(1);
    expect([seen.code, seen.at]).toEqual(["network/unreachable", 178_000]);
  });

  test("leaves no one asleep when the turn is over", async () => {
    const { clock, over, done, seen } = startTurn();
    await clock.untilSleeping();
    over.abort();
    await done;
    expect([clock.sleeping(), seen.code]).toEqual([0, ""]);
  });
});
