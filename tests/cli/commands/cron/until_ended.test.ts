import { expect, test } from "bun:test";
import { untilEnded } from "../../../../src/cli/commands/cron/until_ended.ts";
import { createFakeClock } from "../../../fakes/clock.ts";
import { fakeSignals } from "../../../fakes/signals.ts";
import { createFakeTerminal } from "../../../fakes/terminal.ts";

function stage() {
  const clock = createFakeClock();
  const signals = fakeSignals();
  const done: string[] = [];
  const ports = { clock, signals, terminal: createFakeTerminal() };
  const context = { ports, abandon: () => void done.push("abandoned") };
  const desk = { leave: async () => void done.push("left") };
  return { clock, signals, done, context, desk };
}

/** Work that ends some time after it was told to. */
function slowToEnd(): {
  readonly work: (signal: AbortSignal) => Promise<string>;
  readonly end: () => void;
} {
  const { promise, resolve } = Promise.withResolvers<void>();
  const work = async (signal: AbortSignal): Promise<string> => {
    await promise;
    return signal.aborted ? "ended" : "done";
  };
  return { work, end: resolve };
}

test("untilEnded() takes a signal that comes twice at once, as timeout(1) sends it, for one", async () => {
  const { clock, signals, done, context, desk } = stage();
  const { work, end } = slowToEnd();
  const ended = untilEnded(context, desk, work);
  signals.send("SIGTERM");
  await clock.advance(250);
  signals.send("SIGTERM");
  await clock.advance(0);
  end();
  expect(await ended).toEqual({ result: "ended", endedBy: "SIGTERM" });
  expect(done).toEqual([]);
  expect(signals.listeners()).toBe(0);
});

test("untilEnded() leaves at a second signal, whichever that is", async () => {
  const { clock, signals, done, context, desk } = stage();
  const ended = untilEnded(context, desk, slowToEnd().work);
  signals.send("SIGINT");
  await clock.advance(251);
  signals.send("SIGTERM");
  expect(await ended).toEqual({ endedBy: "SIGINT" });
  expect(done).toEqual(["left", "abandoned"]);
  expect(signals.listeners()).toBe(0);
});
