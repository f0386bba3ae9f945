/** How long it takes until what a person says to a running turn, or Ctrl-C, reaches the endpoint of our own loop. */
import { createLoopRuntime } from "../../src/agent/loop.ts";
import { connectEndpoint } from "../../src/app/session.ts";
import { denyAll } from "../../src/core/approval.ts";
import type { TurnEvent } from "../../src/core/event.ts";
import type { UserMessage } from "../../src/core/item.ts";
import { Steering } from "../../src/core/steering.ts";
import { createPorts } from "../../src/platform/ports.ts";
import { startResponsesServer, type StepSource } from "../../tests/fakes/responses_server.ts";
import { type ServerStep, textAnswer } from "../../tests/fakes/server_steps.ts";
import { median } from "./measure.ts";
import { ms, type Row } from "./table.ts";

export async function benchSteer(runs: number): Promise<readonly Row[]> {
  return [
    row("a message to the next request", await repeated(runs, steerOnce)),
    row("an interrupt to the connection", await repeated(runs, interruptOnce)),
  ];
}

function row(what: string, measured: readonly number[]): Row {
  return {
    what: `own loop, ${what}`,
    measured: ms(median(measured)),
    ratio: `worst ${ms(Math.max(...measured))}`,
    budget: "10 ms",
  };
}

async function repeated(runs: number, once: () => Promise<number>): Promise<readonly number[]> {
  const measured: number[] = [];
  // The first one loads what it needs.
  for (let run = -1; run < runs; run++) {
    const took = await once();
    if (run >= 0) measured.push(took);
  }
  return measured;
}

/** From the end of a step, while which something was said, to the request with it. */
async function steerOnce(): Promise<number> {
  const steering = new Steering();
  let [endedAt, arrivedAt] = [Number.NaN, Number.NaN];
  const first = (): ServerStep => {
    steering.push(message("shorter"));
    return textAnswer("Long");
  };
  const second = (): ServerStep => {
    arrivedAt = performance.now();
    return textAnswer("Short");
  };
  await play([first, second], {
    steering,
    onEvent: (event) => {
      if (event.type === "usage" && Number.isNaN(endedAt)) endedAt = performance.now();
    },
  });
  return arrivedAt - endedAt;
}

/** From the abort to the end of the connection, as the endpoint sees it. */
async function interruptOnce(): Promise<number> {
  const stop = new AbortController();
  let abortedAt = Number.NaN;
  const slow = textAnswer("word ".repeat(2_000), { everyMs: 5, pieceSize: 5 });
  const leftAt = await play([slow], {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type !== "item-delta" || stop.signal.aborted) return;
      abortedAt = performance.now();
      stop.abort();
    },
  });
  return leftAt - abortedAt;
}

interface Played {
  readonly steering?: Steering;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TurnEvent) => void;
}

/** Runs a turn; when it and the connections of it have ended. */
async function play(
  steps: readonly StepSource[],
  { steering, signal = new AbortController().signal, onEvent }: Played,
): Promise<number> {
  await using server = await startResponsesServer({ steps });
  const ports = createPorts();
  const transport = await connectEndpoint(ports, { baseUrl: server.url, model: "m1" });
  const runtime = createLoopRuntime({
    transport,
    tools: [],
    clock: ports.clock,
    newId: () => crypto.randomUUID(),
    spill: { write: () => Promise.reject(new Error("Nothing is that long here")) },
  });
  const turn = {
    turnId: "turn",
    sessionId: "bench",
    model: "m1",
    instructions: "Be brief",
    history: [],
    message: message("begin"),
    cwd: "/",
    reasoningEffort: "medium",
    maxSteps: 10,
    approver: denyAll,
    ...(steering && { steering }),
  } as const;
  for await (const event of runtime.runTurn(turn, signal)) {
    onEvent?.(event);
    if (event.type === "turn-end" && event.outcome.status === "failed") throw event.outcome.error;
  }
  while (signal.aborted && server.abandoned() === 0) await Bun.sleep(0);
  return performance.now();
}

function message(text: string): UserMessage {
  return { type: "user-message", id: text, parts: [{ type: "text", text }] };
}
