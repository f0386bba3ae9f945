import { describe, expect, test } from "bun:test";
import { runTurn } from "../../src/app/cron_turn.ts";
import { defaults } from "../../src/config/defaults.ts";
import type { TurnEvent } from "../../src/core/event.ts";
import type { Job } from "../../src/core/cron.ts";
import type { Env } from "../../src/core/ports.ts";
import { createFakeApp, createFakePorts, type FakeAppParts } from "../fakes/app.ts";
import { createFakeClock, settled } from "../fakes/clock.ts";
import { createJob, createRun } from "../fakes/job.ts";

const never = new AbortController().signal;

type Turn = NonNullable<FakeAppParts["turn"]>;

function rig(turn: Turn, parts: Omit<FakeAppParts, "turn"> = {}, env: Env = {}) {
  const clock = createFakeClock();
  const ports = createFakePorts({ clock, env, cwd: "/home/anna" });
  const app = createFakeApp(ports, { turn, ...parts });
  const none = (): never => {
    throw new Error("Not used here");
  };
  const whole = {
    ...app,
    loadedConfig: none,
    warnings: none,
    secretNames: none,
    allowAlways: none,
    renewed: none,
    creditRests: new Map(),
  };
  const start = (task: Partial<Job["task"]> = {}, signal = never) =>
    runTurn(whole, { job: createJob({ task }), run: createRun(), prompt: "Well?" }, signal);
  return { app, clock, start };
}

const usage = {
  inputTokens: 1,
  cachedInputTokens: 0,
  outputTokens: 2,
  reasoningTokens: 0,
  totalTokens: 3,
};
const started: TurnEvent = { type: "turn-start", turnId: "t" };
const said: TurnEvent = {
  type: "item-end",
  item: { type: "assistant-message", id: "a", text: "Fine" },
};
const completed: TurnEvent = {
  type: "turn-end",
  outcome: { status: "completed", finalText: "Fine" },
};

/** Waits until it is stopped, as a model does that never answers. */
async function* hang(first: readonly TurnEvent[], signal: AbortSignal): AsyncGenerator<TurnEvent> {
  yield* first;
  await new Promise<void>((stop) => {
    signal.addEventListener("abort", () => stop(), { once: true });
  });
  yield { type: "turn-end", outcome: { status: "interrupted" } };
}

describe("runTurn()", () => {
  test("opens a conversation as the job wants it, with nobody to ask", async () => {
    const { app, start } = rig(async function* () {
      yield* [started, { type: "usage", usage }, said, { type: "usage", usage }, completed];
    });
    const report = await start({
      model: "m",
      provider: "p",
      runtime: "loop",
      toolsets: ["file"],
      skills: ["s"],
      workdir: "/work",
      allow: ["make *"],
    });
    expect(report).toEqual({
      sessionId: "s1",
      usage: { ...usage, inputTokens: 2, outputTokens: 4, totalTokens: 6 },
      lastText: "Fine",
      outcome: { status: "completed", finalText: "Fine" },
    });
    expect(app.opened).toEqual([
      {
        source: "cron",
        cwd: "/work",
        model: "m",
        provider: "p",
        runtime: "loop",
        toolsets: ["file"],
        skills: ["s"],
        ephemeral: false,
        approval: "deny",
        allow: ["make *"],
        commandEnv: { HERMES_CRON_RUN_ID: "run_1" },
        signal: never,
      },
    ]);
    expect(app.messages.map(({ parts }) => parts)).toEqual([[{ type: "text", text: "Well?" }]]);
    expect(app.closed()).toBe(1);
  });

  test("works at home where the job names no place, and allows what the user allows jobs", async () => {
    const approvals = { ...defaults.approvals, cron_mode: "approve" as const };
    const { app, start } = rig(
      async function* () {
        yield* [started, completed];
      },
      { config: { approvals } },
    );
    await start();
    expect(app.opened.map(({ cwd, approval }) => [cwd, approval])).toEqual([
      ["/home/anna", "yolo"],
    ]);
  });

  test("tells the session that a compressed one goes on in", async () => {
    const compaction = { type: "compaction", id: "c", text: "", replaced: [] } as never;
    const { start } = rig(async function* () {
      yield* [started, { type: "session-split", sessionId: "s2", compaction }, completed];
    });
    expect((await start()).sessionId).toBe("s2");
  });

  test("ends a turn in which nothing happens for too long, and says what was seen last", async () => {
    const call = { type: "tool-call", id: "c", callId: "c", name: "terminal", arguments: "" };
    const { clock, start } = rig((_message, signal) =>
      hang([started, { type: "item-start", item: call as never }], signal),
    );
    const report = start();
    await clock.untilSleeping();
    await clock.advance(599_000);
    expect(clock.sleeping()).toBe(1);
    await clock.advance(1_000);
    const { outcome } = await report;
    expect(outcome.status === "failed" && [outcome.error.code, outcome.error.message]).toEqual([
      "turn/deadline",
      "Nothing happened for 600 s; the last was the start of the tool terminal",
    ]);
    expect(clock.sleeping()).toBe(0);
  });

  test("waits for ever where the user wants that", async () => {
    const stop = new AbortController();
    const { app, clock, start } = rig(
      (_message, signal) => hang([started], signal),
      {},
      { HERMES_CRON_TIMEOUT: "0" },
    );
    const report = start({}, stop.signal);
    while (app.messages.length === 0) await settled();
    expect(clock.slept).toEqual([]);
    stop.abort();
    expect((await report).outcome).toEqual({ status: "interrupted" });
  });
});
