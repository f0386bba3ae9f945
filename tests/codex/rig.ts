import { startCodex } from "../../src/codex/process.ts";
import {
  type CodexRuntime,
  type CodexRuntimeDeps,
  type CodexRuntimeOptions,
  createCodexRuntime,
} from "../../src/codex/runtime.ts";
import type { CodexLimits } from "../../src/codex/turn_clock.ts";
import type { ApprovalRequest, ApprovalVerdict, Approver } from "../../src/core/approval.ts";
import { defined } from "../../src/core/defined.ts";
import type { TurnEvent } from "../../src/core/event.ts";
import type { UserMessage } from "../../src/core/item.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { ChildProcess, ExitStatus, ProcessTable, Spawner } from "../../src/core/ports.ts";
import type { TurnRequest } from "../../src/core/runtime.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createFakeClock, type FakeClock, settled } from "../fakes/clock.ts";
import { createFakeCodex, type FakeCodex, type Scenario } from "../fakes/codex_server.ts";
import { createFakeFiles, type FakeFiles } from "../fakes/files.ts";
import { createFakeSpawner, type FakeProgram } from "../fakes/spawner.ts";

export const limits: CodexLimits = {
  turnMs: 600_000,
  silenceMs: 90_000,
  thinkingMs: 300_000,
  offlineMs: 60_000,
};

export interface RigOptions
  extends
    Omit<CodexRuntimeOptions, "version" | "limits">,
    Pick<CodexRuntimeDeps, "servers" | "ownServer"> {
  readonly tools?: readonly Tool[];
  readonly failures?: readonly Error[];
}

/** A turn that was played to its end. */
export interface PlayedTurn {
  readonly events: readonly TurnEvent[];
  /** When its last event came, on the clock. */
  readonly endedAt: number;
}

export interface TurnOptions extends Partial<TurnRequest> {
  readonly signal?: AbortSignal;
  /** Told of each event when it comes. */
  readonly onEvent?: (event: TurnEvent) => void;
}

/** The runtime on fakes: a fake codex for each start, and time that passes only when nothing else can go on. */
export interface Rig extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly runtime: CodexRuntime;
  readonly codex: FakeCodex;
  readonly files: FakeFiles;
  /** How the processes that were started have ended, in the order of their start; undefined: it still runs. */
  readonly exits: readonly (ExitStatus | undefined)[];
  /** What codex was sent by the processes in order: `method` of a call, `= {answer}` of an answer. */
  readonly sent: (run?: number) => readonly JsonObject[];
  /** A turn to run, as `play` runs it. */
  request(changes?: Partial<TurnRequest>): TurnRequest;
  play(options?: TurnOptions): Promise<PlayedTurn>;
  /** Lets time pass until the work is done. */
  drive<T>(work: PromiseLike<T>): Promise<T>;
}

export function createRig(
  scenarios: readonly Scenario[],
  { tools = [], failures = [], servers, ownServer, ...choices }: RigOptions = {},
): Rig {
  const clock = createFakeClock();
  const codex = createFakeCodex(scenarios);
  const files = createFakeFiles();
  const exits: (ExitStatus | undefined)[] = [];
  const spawner = watched(
    createFakeSpawner(codexOrGuard(codex.program), {
      programs: ["codex"],
      failures,
    }),
    exits,
  );
  const processDeps = { spawner, files, processes, clock, host };
  const runtime = createCodexRuntime(
    {
      start: () =>
        startCodex(processDeps, {
          bin: "codex",
          cwd: "/project",
          env: { HOME: "/home/me" },
          recordsDirectory: "/home/me/.hermes/run/codex",
        }),
      clock,
      tools,
      ...defined("servers", servers),
      ...defined("ownServer", ownServer),
      mask: (text) => text.replaceAll("hunter2", "***"),
    },
    { version: "1.0.0", limits, ...choices },
  );
  const rig: Rig = {
    clock,
    runtime,
    codex,
    files,
    exits,
    sent: (run = 1) => codex.processes[run - 1]?.received ?? [],
    request: (changes = {}) => turnRequest(changes),
    async play({ signal, onEvent, ...changes } = {}) {
      const events: TurnEvent[] = [];
      let endedAt = -1;
      const listen = async (): Promise<void> => {
        const stream = runtime.runTurn(
          turnRequest(changes),
          signal ?? new AbortController().signal,
        );
        for await (const event of stream) {
          events.push(event);
          endedAt = clock.monotonic();
          onEvent?.(event);
        }
      };
      await rig.drive(listen());
      return { events, endedAt };
    },
    async drive(work) {
      const state = { isDone: false };
      const end = (): void => {
        state.isDone = true;
      };
      void work.then(end, end);
      await settled();
      const latest = clock.monotonic() + 2 * limits.turnMs;
      while (!state.isDone && clock.monotonic() < latest) await clock.advance(50);
      if (!state.isDone) throw new Error("Nothing happened in twice the time that a turn may take");
      return await work;
    },
    async [Symbol.asyncDispose]() {
      await rig.drive(runtime[Symbol.asyncDispose]());
    },
  };
  return rig;
}

export function userMessage(text: string): UserMessage {
  return { type: "user-message", id: "user-1", parts: [{ type: "text", text }] };
}

/** Somebody who always says the same. */
export function approverOf(verdict: ApprovalVerdict): Approver & { asked: ApprovalRequest[] } {
  const asked: ApprovalRequest[] = [];
  return {
    asked,
    decide(request) {
      asked.push(request);
      return Promise.resolve(verdict);
    },
  };
}

/** Somebody who thinks until the question is withdrawn. */
export interface ThinkingApprover extends Approver {
  /** How many questions are on the screen. */
  readonly open: () => number;
  /** How many there were. */
  readonly asked: () => number;
}

export function thinkingApprover(): ThinkingApprover {
  let [open, asked] = [0, 0];
  return {
    open: () => open,
    asked: () => asked,
    decide(_request, signal) {
      open++;
      asked++;
      return new Promise((resolve) => {
        const withdraw = (): void => {
          open--;
          resolve({ decision: "deny", by: "policy" });
        };
        if (signal.aborted) withdraw();
        else signal.addEventListener("abort", withdraw, { once: true });
      });
    },
  };
}

function turnRequest(changes: Partial<TurnRequest>): TurnRequest {
  return {
    turnId: "t-1",
    sessionId: "s-1",
    model: "auto",
    instructions: "Be brief.",
    history: [],
    message: userMessage("Hi"),
    cwd: "/project",
    reasoningEffort: "medium",
    maxSteps: 10,
    approver: approverOf({ decision: "deny", by: "policy" }),
    ...changes,
  };
}

const host = { pid: 4_242, operatingSystem: "linux" };

const processes: ProcessTable = {
  name: () => Promise.resolve("all"),
  startOf: (pid) => Promise.resolve(`start of ${pid}`),
  withVariable: () => Promise.resolve([]),
  kill: () => true,
};

/** Beside codex a shell is started, which waits for a line or for the end of its input. */
function codexOrGuard(program: FakeProgram): FakeProgram {
  return async (process) => {
    if (process.request.program !== "/bin/sh") return await program(process);
    for await (const _line of process.stdin) break;
    return 0;
  };
}

function watched(spawner: Spawner, exits: (ExitStatus | undefined)[]): Spawner {
  return {
    ...spawner,
    async spawn(request): Promise<ChildProcess> {
      const child = await spawner.spawn(request);
      const index = exits.push(undefined) - 1;
      void child.exited.then((status) => {
        exits[index] = status;
      });
      return child;
    },
  };
}
