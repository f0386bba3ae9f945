/** Turns on codex, against codex alone behind the barest client, in the same run. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createCodexRuntime, type CodexRuntime } from "../../src/codex/runtime.ts";
import { type CodexProcess, startCodex } from "../../src/codex/process.ts";
import type { Approver } from "../../src/core/approval.ts";
import { isJsonObject, type Json } from "../../src/core/json.ts";
import type { ChildProcess, Ports } from "../../src/core/ports.ts";
import type { TurnRequest } from "../../src/core/runtime.ts";
import { Steering } from "../../src/core/steering.ts";
import { createPorts } from "../../src/platform/ports.ts";
import { type CodexBinary, codexVersions } from "../../tests/fakes/codex_binaries.ts";
import { type CodexHome, createCodexHome } from "../../tests/fakes/codex_home.ts";
import { type ResponsesServer, startResponsesServer } from "../../tests/fakes/responses_server.ts";
import { callTool, type ServerStep, textAnswer } from "../../tests/fakes/server_steps.ts";
import { BareCodex } from "../lib/bare_codex.ts";
import { measureRun, median } from "./measure.ts";
import { mb, ms, type Row, times } from "./table.ts";

const hermes = resolve("dist/hermes");
const deltas = 100_000;

/** @throws {Error} when dist/hermes or a codex is missing */
export async function benchCodex(runs: number): Promise<readonly Row[]> {
  if (!existsSync(hermes)) throw new Error("dist/hermes is missing: run scripts/build first");
  const rows: Row[] = [];
  for (const codex of codexVersions) {
    rows.push(...(await turnRows(codex, runs)), await oneshotRow(codex, runs));
  }
  return [...rows, ...(await floodRows())];
}

interface Machine {
  readonly codex: CodexBinary;
  readonly home: CodexHome;
  readonly ports: Ports;
}

async function turnRows(codex: CodexBinary, runs: number): Promise<readonly Row[]> {
  await using server = await startResponsesServer({ steps: [textAnswer("Done.")], repeat: true });
  await using home = await createCodexHome({ serverUrl: server.url });
  const machine = { codex, home, ports: createPorts() };
  const [ours, bare]: readonly [Times[], Times[]] = [[], []];
  // In turns, so that what disturbs the machine disturbs both; the first of each reads from the disk.
  for (let run = -1; run < runs; run++) {
    const [one, other] = [await ourTurns(machine), await bareTurns(machine)];
    if (run < 0) continue;
    ours.push(one);
    bare.push(other);
  }
  const middle = (of: readonly Times[], field: keyof Times): number =>
    median(of.map((one) => one[field]));
  const row = (what: string, field: keyof Times, budget: string): Row => {
    const [mine, floor] = [middle(ours, field), middle(bare, field)];
    return {
      what: `codex ${codex.version}, ${what}`,
      measured: ms(mine),
      ratio: `codex alone ${ms(floor)}, + ${ms(mine - floor)}`,
      budget,
    };
  };
  return [
    row("cold first turn", "coldMs", "+ 25 ms"),
    row("warm turn", "warmMs", "+ 5 ms"),
    await approvalRow(machine, runs),
    await interruptRow(machine, runs),
    await steerRow(machine, runs),
  ];
}

interface Times {
  readonly coldMs: number;
  readonly warmMs: number;
}

async function ourTurns(machine: Machine): Promise<Times> {
  const startedAt = performance.now();
  await using runtime = ourRuntime(machine);
  await runTurn(runtime, machine);
  const coldMs = performance.now() - startedAt;
  const warmAt = performance.now();
  await runTurn(runtime, machine);
  return { coldMs, warmMs: performance.now() - warmAt };
}

async function bareTurns({ codex, home }: Machine): Promise<Times> {
  const startedAt = performance.now();
  await using bare = new BareCodex({ path: codex.path, cwd: home.work, env: home.env });
  await bare.initialize();
  const threadId = await openThread(bare);
  await bareTurn(bare, threadId);
  const coldMs = performance.now() - startedAt;
  const warmAt = performance.now();
  await bareTurn(bare, threadId);
  return { coldMs, warmMs: performance.now() - warmAt };
}

async function openThread(bare: BareCodex): Promise<string> {
  const { thread } = await bare.request("thread/start");
  return idOf(thread);
}

function idOf(value: Json | undefined): string {
  const id = isJsonObject(value) ? value["id"] : undefined;
  if (typeof id !== "string") throw new TypeError(`There is no id in ${JSON.stringify(value)}`);
  return id;
}

async function bareTurn(bare: BareCodex, threadId: string): Promise<void> {
  const input = [{ type: "text", text: "Say done" }];
  const { turn } = await bare.request("turn/start", { threadId, input });
  const id = idOf(turn);
  await bare.notification("turn/completed", (params) => idOf(params["turn"]) === id);
}

const allowAll: Approver = { decide: async () => ({ decision: "allow_once", by: "policy" }) };

function ourRuntime(
  { codex, home, ports }: Machine,
  onStart?: (child: CodexProcess) => CodexProcess,
): CodexRuntime {
  const program = {
    bin: codex.path,
    cwd: home.work,
    env: home.env,
    recordsDirectory: join(home.root, "runs"),
  };
  return createCodexRuntime(
    {
      start: async () => {
        const started = await startCodex(ports, program);
        return onStart?.(started) ?? started;
      },
      clock: ports.clock,
      tools: [],
      mask: (text) => text,
    },
    {
      version: "0.0.0",
      limits: { turnMs: 60_000, silenceMs: 60_000, thinkingMs: 60_000, offlineMs: 60_000 },
    },
  );
}

let turns = 0;

async function runTurn(
  runtime: CodexRuntime,
  { home }: Machine,
  options: {
    readonly signal?: AbortSignal;
    readonly steering?: Steering;
    readonly onText?: () => void;
  } = {},
): Promise<void> {
  const number = ++turns;
  const turn: TurnRequest = {
    turnId: `turn-${number}`,
    sessionId: "bench",
    model: "auto",
    instructions: "",
    history: [],
    message: {
      type: "user-message",
      id: `user-${number}`,
      parts: [{ type: "text", text: "Say done" }],
    },
    cwd: home.work,
    reasoningEffort: "medium",
    maxSteps: 1,
    approver: allowAll,
    ...(options.steering && { steering: options.steering }),
  };
  for await (const event of runtime.runTurn(turn, options.signal ?? new AbortController().signal)) {
    if (event.type === "item-delta") options.onText?.();
    if (event.type !== "turn-end" || event.outcome.status !== "failed") continue;
    throw event.outcome.error;
  }
}

/** A whole turn with one question that is answered at once, its codex's start included. */
async function approvalRow(machine: Machine, runs: number): Promise<Row> {
  const asks = callTool("exec_command", {
    cmd: "true",
    sandbox_permissions: "require_escalated",
    justification: "It must",
  });
  const steps = [asks, textAnswer("Done.")];
  const [ours, bare]: readonly [number[], number[]] = [[], []];
  for (let run = -1; run < runs; run++) {
    const one = await withServer(machine, steps, async (machineNow) => {
      const startedAt = performance.now();
      await using runtime = ourRuntime(machineNow);
      await runTurn(runtime, machineNow);
      return performance.now() - startedAt;
    });
    const other = await withServer(machine, steps, bareTurnWithApproval);
    if (run < 0) continue;
    ours.push(one);
    bare.push(other);
  }
  const [mine, floor] = [median(ours), median(bare)];
  return {
    what: `codex ${machine.codex.version}, cold turn with one approval`,
    measured: ms(mine),
    ratio: `codex alone ${ms(floor)}, + ${ms(mine - floor)}`,
    budget: "+ 30 ms",
  };
}

async function bareTurnWithApproval({ codex, home }: Machine): Promise<number> {
  const startedAt = performance.now();
  await using bare = new BareCodex({
    path: codex.path,
    cwd: home.work,
    env: home.env,
    answer: () => ({ decision: "accept" }),
  });
  await bare.initialize();
  await bareTurn(bare, await openThread(bare));
  return performance.now() - startedAt;
}

/** From the abort to the bytes on codex's stdin. */
async function interruptRow(machine: Machine, runs: number): Promise<Row> {
  const slow = textAnswer("word ".repeat(2_000), { everyMs: 5, pieceSize: 5 });
  const measured: number[] = [];
  for (let run = -1; run < runs; run++) {
    const waited = await withServer(machine, [slow], async (machineNow) => {
      let writtenAt = Number.NaN;
      const spy = spyOn(machineNow.ports, (text) => {
        if (text.includes('"turn/interrupt"')) writtenAt = performance.now();
      });
      await using runtime = ourRuntime({ ...machineNow, ports: spy });
      const stop = new AbortController();
      let abortedAt = Number.NaN;
      const onText = (): void => {
        if (stop.signal.aborted) return;
        abortedAt = performance.now();
        stop.abort();
      };
      await runTurn(runtime, machineNow, { signal: stop.signal, onText });
      return writtenAt - abortedAt;
    });
    if (run >= 0) measured.push(waited);
  }
  return {
    what: `codex ${machine.codex.version}, interrupt to the wire`,
    measured: ms(median(measured)),
    ratio: `worst ${ms(Math.max(...measured))}`,
    budget: "5 ms",
  };
}

/** From a message to the bytes on codex's stdin. */
async function steerRow(machine: Machine, runs: number): Promise<Row> {
  const slow = textAnswer("word ".repeat(20), { everyMs: 5, pieceSize: 5 });
  const measured: number[] = [];
  for (let run = -1; run < runs; run++) {
    const waited = await withServer(machine, [slow, textAnswer("Done.")], async (machineNow) => {
      let [saidAt, writtenAt] = [Number.NaN, Number.NaN];
      const spy = spyOn(machineNow.ports, (text) => {
        if (text.includes('"turn/steer"')) writtenAt = performance.now();
      });
      await using runtime = ourRuntime({ ...machineNow, ports: spy });
      const steering = new Steering();
      const onText = (): void => {
        if (!Number.isNaN(saidAt)) return;
        saidAt = performance.now();
        const parts = [{ type: "text", text: "Shorter" }] as const;
        steering.push({ type: "user-message", id: "steer", parts });
      };
      await runTurn(runtime, machineNow, { steering, onText });
      return writtenAt - saidAt;
    });
    if (run >= 0) measured.push(waited);
  }
  return {
    what: `codex ${machine.codex.version}, a message to the wire`,
    measured: ms(median(measured)),
    ratio: `worst ${ms(Math.max(...measured))}`,
    budget: "10 ms",
  };
}

/** Ports whose children tell what is written to them. */
function spyOn(ports: Ports, onWrite: (text: string) => void): Ports {
  return {
    ...ports,
    spawner: {
      ...ports.spawner,
      spawn: async (request) => {
        const child = await ports.spawner.spawn(request);
        const write: ChildProcess["write"] = (data) => {
          onWrite(String(data));
          return child.write(data);
        };
        return {
          pid: child.pid,
          stdout: child.stdout,
          stderr: child.stderr,
          exited: child.exited,
          write,
          closeStdin: () => child.closeStdin(),
          killGroup: (signal) => child.killGroup(signal),
          hasGroup: () => child.hasGroup(),
          abandon: () => child.abandon(),
        };
      },
    },
  };
}

/** What is measured with a model that answers with these steps, in a home of its own. */
async function withServer(
  { codex, ports }: Machine,
  steps: readonly ServerStep[],
  measure: (machine: Machine) => Promise<number>,
): Promise<number> {
  await using server: ResponsesServer = await startResponsesServer({ steps });
  await using home = await createCodexHome({ serverUrl: server.url });
  return await measure({ codex, home, ports });
}

/** The compiled binary on codex, against `codex exec` of the same version. */
async function oneshotRow(codex: CodexBinary, runs: number): Promise<Row> {
  await using server = await startResponsesServer({ steps: [textAnswer("Done.")], repeat: true });
  await using home = await createCodexHome({ serverUrl: server.url });
  const env = { ...home.env, HERMES_HOME: join(home.root, "hermes"), HERMES_CODEX_BIN: codex.path };
  const ours = {
    program: hermes,
    args: ["-z", "Say done", "--runtime", "codex_app_server", "--json"],
    cwd: home.work,
    env,
  };
  const theirs = {
    program: codex.path,
    args: ["exec", "--skip-git-repo-check", "--json", "Say done"],
    cwd: home.work,
    env: home.env,
  };
  const [mine, floor]: readonly [number[], number[]] = [[], []];
  for (let run = -1; run < runs; run++) {
    const [one, other] = [await measureRun(ours), await measureRun(theirs)];
    if (run < 0) continue;
    mine.push(one.wallMs);
    floor.push(other.wallMs);
  }
  const [own, peer] = [median(mine), median(floor)];
  return {
    what: `hermes -z on codex ${codex.version}`,
    measured: ms(own),
    ratio: `${times(own, peer)} \`codex exec --json\` (${ms(peer)})`,
    budget: "1.15x",
  };
}

/** A codex that sends a hundred thousand pieces of an answer: how long, and how much of them is held. */
async function floodRows(): Promise<readonly Row[]> {
  const ports = createPorts();
  const fake = resolve("scripts/bench/flood_codex.ts");
  await using home = await createCodexHome({ serverUrl: "http://127.0.0.1:9/v1" });
  const wrapper = join(home.root, "codex");
  await ports.files.replaceFile(
    wrapper,
    `#!/bin/sh\nexec "${process.execPath}" "${fake}" ${deltas}\n`,
    {
      mode: 0o755,
    },
  );
  const machine = { codex: { version: "0.0.0", path: wrapper }, home, ports };
  await using runtime = ourRuntime(machine);
  Bun.gc(true);
  const before = process.memoryUsage().rss;
  let peak = before;
  let seen = 0;
  let firstAt = 0;
  await runTurn(runtime, machine, {
    onText: () => {
      if (seen++ === 0) firstAt = performance.now();
      if (seen % 1_000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
    },
  });
  const elapsed = performance.now() - firstAt;
  return [
    {
      what: `${deltas} notifications, to events`,
      measured: `${ms(elapsed)}, + ${mb((peak - before) / 1e6)}`,
      ratio: `${seen} seen`,
      budget: "600 ms",
    },
  ];
}
