import { expect } from "bun:test";
import { join } from "node:path";
import {
  type CodexRuntime,
  createCodexRuntime,
  createPorts,
  denyAll,
  startCodex,
  type TurnEvent,
  type TurnRequest,
  type UserMessage,
} from "../../../mod.ts";
import { hangBeforeHeaders, type ServerStep, textAnswer } from "../../fakes/server_steps.ts";
import { type CodexLab, onEveryCodex, openLab } from "./sandbox.ts";

/** The runtime as an embedder opens it. */
function openRuntime(lab: CodexLab): CodexRuntime {
  const { clock, spawner, files, processes, host } = createPorts();
  const program = {
    bin: lab.codex.path,
    cwd: lab.work,
    env: lab.env,
    recordsDirectory: join(lab.hermes.root, "records"),
  };
  return createCodexRuntime(
    {
      start: () => startCodex({ spawner, files, processes, clock, host }, program),
      clock,
      tools: [],
      mask: (text) => text,
    },
    {
      version: "0.0.0",
      limits: { turnMs: 20_000, silenceMs: 20_000, thinkingMs: 20_000, offlineMs: 20_000 },
    },
  );
}

function message(text: string): UserMessage {
  return { type: "user-message", id: crypto.randomUUID(), parts: [{ type: "text", text }] };
}

function request(lab: CodexLab, text: string): TurnRequest {
  return {
    turnId: crypto.randomUUID(),
    sessionId: "session",
    model: "auto",
    instructions: "",
    history: [],
    message: message(text),
    cwd: lab.work,
    reasoningEffort: "medium",
    maxSteps: 10,
    approver: denyAll,
  };
}

const never = new AbortController().signal;

function outcomeOf(events: readonly TurnEvent[]): unknown {
  const last = events.at(-1);
  return last?.type === "turn-end" ? last.outcome : undefined;
}

onEveryCodex("a turn that runs is steered", async (codex) => {
  const { promise: steered, resolve: onSteered } = Promise.withResolvers<void>();
  const first = async (): Promise<ServerStep> => {
    await steered;
    return textAnswer("Once upon a time there was a long text.");
  };
  const steps = [first, textAnswer("Short.", { phase: "final_answer" })];
  await using lab = await openLab(codex, { steps });
  await using runtime = openRuntime(lab);
  const events: TurnEvent[] = [];
  for await (const event of runtime.runTurn(request(lab, "Write a long text"), never)) {
    events.push(event);
    if (event.type !== "turn-start") continue;
    void (async () => {
      await lab.untilAsked();
      expect(await runtime.steer(message("Shorter, please"), never)).toBe(true);
      onSteered();
    })();
  }
  expect(outcomeOf(events)).toEqual({ status: "completed", finalText: "Short." });
  expect(JSON.stringify(lab.server.requests[1]?.body)).toContain("Shorter, please");
});

onEveryCodex("without a turn there is nothing to steer", async (codex) => {
  await using lab = await openLab(codex, { steps: [textAnswer("Done.")] });
  await using runtime = openRuntime(lab);
  expect(await runtime.steer(message("Shorter"), never)).toBe(false);
  const events = await Array.fromAsync(runtime.runTurn(request(lab, "Say it"), never));
  expect(outcomeOf(events)).toEqual({ status: "completed", finalText: "Done." });
  expect(await runtime.steer(message("Shorter"), never)).toBe(false);
});

/** Codex may or may not have asked the model when the turn is left. */
const waiting = {
  rules: [{ lastInput: "Wait", step: hangBeforeHeaders }],
  steps: [textAnswer("Done.")],
};

onEveryCodex("an abort interrupts the turn, and the runtime goes on", async (codex) => {
  await using lab = await openLab(codex, waiting);
  await using runtime = openRuntime(lab);
  const user = new AbortController();
  const events: TurnEvent[] = [];
  for await (const event of runtime.runTurn(request(lab, "Wait"), user.signal)) {
    events.push(event);
    if (event.type === "turn-start") user.abort();
  }
  expect(outcomeOf(events)).toEqual({ status: "interrupted" });
  const next = await Array.fromAsync(runtime.runTurn(request(lab, "Go on"), never));
  expect(outcomeOf(next)).toEqual({ status: "completed", finalText: "Done." });
});

onEveryCodex("a consumer that leaves interrupts the turn", async (codex) => {
  await using lab = await openLab(codex, waiting);
  await using runtime = openRuntime(lab);
  for await (const event of runtime.runTurn(request(lab, "Wait"), never)) {
    if (event.type === "turn-start") break;
  }
  const next = await Array.fromAsync(runtime.runTurn(request(lab, "Go on"), never));
  expect(outcomeOf(next)).toEqual({ status: "completed", finalText: "Done." });
});
