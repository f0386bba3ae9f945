/** `hermes mcp serve`, with the handshake of `codex app-server` in the same run, and what it costs a turn on codex. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { JsonObject } from "../../src/core/json.ts";
import { codexVersions } from "../../tests/fakes/codex_binaries.ts";
import { callbackTurnRow } from "./callback_turn.ts";
import { median } from "./measure.ts";
import { mb, ms, type Row, times } from "./table.ts";

const hermes = resolve("dist/hermes");
const calls = 2_000;
const pipelined = 1_000;

/** @throws {Error} when dist/hermes is missing */
export async function benchMcp(runs: number): Promise<readonly Row[]> {
  if (!existsSync(hermes)) throw new Error("dist/hermes is missing: run scripts/build first");
  const directory = mkdtempSync(join(tmpdir(), "hermes-bench-mcp-"));
  try {
    const rows = [
      ...(await startRows(directory, runs)),
      ...(await callRows(directory)),
      await pipelineRow(directory, runs),
    ];
    for (const codex of codexVersions) rows.push(await callbackTurnRow(codex, runs));
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const clientInfo = { name: "bench", version: "1" };
const initialize: JsonObject = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo },
};
const codexInitialize: JsonObject = { id: 0, method: "initialize", params: { clientInfo } };

const call = (id: number): JsonObject => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "todo", arguments: {} },
});

async function startRows(directory: string, runs: number): Promise<readonly Row[]> {
  const [ours, theirs, memory]: [number[], number[], number[]] = [[], [], []];
  // In turns, so that what disturbs the machine disturbs both; the first of each reads from the disk.
  for (let run = -1; run < runs; run++) {
    const one = await started(serverOf(directory), initialize);
    one.say({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    await one.next();
    const residentMb = one.residentMb();
    await one.end();
    const peer = await started(codexOf(directory), codexInitialize);
    await peer.end();
    if (run < 0) continue;
    ours.push(one.answeredMs);
    theirs.push(peer.answeredMs);
    memory.push(residentMb);
  }
  return [
    {
      what: "mcp serve: spawn to the answer to initialize",
      measured: ms(median(ours)),
      ratio: `${times(median(ours), median(theirs))} codex app-server (${ms(median(theirs))})`,
      budget: "60 ms",
    },
    {
      what: "mcp serve: resident after tools/list",
      measured: mb(median(memory)),
      ratio: "-",
      budget: "60 MB",
    },
  ];
}

/** One call after the other: what stands between a client and a tool that does nothing. */
async function callRows(directory: string): Promise<readonly Row[]> {
  const server = await started(serverOf(directory), initialize);
  const taken: number[] = [];
  for (let id = 1; id <= calls + 100; id++) {
    const startedAt = performance.now();
    server.say(call(id));
    await server.next();
    // The first ones are compiled while they run.
    if (id > 100) taken.push(performance.now() - startedAt);
  }
  await server.end();
  const sorted = taken.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return [
    {
      what: "mcp serve: one call, p50 and p99",
      measured: `${at(0.5).toFixed(2)} ms, ${at(0.99).toFixed(2)} ms`,
      ratio: "-",
      budget: "p99 2 ms",
    },
  ];
}

async function pipelineRow(directory: string, runs: number): Promise<Row> {
  const taken: number[] = [];
  for (let run = 0; run < runs; run++) {
    const server = await started(serverOf(directory), initialize);
    const startedAt = performance.now();
    server.say(...Array.from({ length: pipelined }, (_, index) => call(index + 1)));
    for (let index = 0; index < pipelined; index++) await server.next();
    taken.push(performance.now() - startedAt);
    await server.end();
  }
  const total = median(taken);
  return {
    what: `mcp serve: ${pipelined} pipelined calls`,
    measured: `${ms(total)}, ${(total / pipelined).toFixed(2)} ms each`,
    ratio: "-",
    budget: "-",
  };
}

interface Program {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const serverOf = (directory: string): Program => ({
  path: hermes,
  args: ["mcp", "serve"],
  env: { HERMES_HOME: join(directory, "home"), HOME: directory },
});

const codexOf = (directory: string): Program => ({
  path: codexVersions.at(-1)?.path ?? "codex",
  args: ["app-server"],
  env: { HOME: directory },
});

/** A program that has answered its first message. */
async function started(program: Program, first: JsonObject): Promise<Peer> {
  const startedAt = performance.now();
  const peer = new Peer(program);
  peer.say(first);
  await peer.next();
  peer.answeredMs = performance.now() - startedAt;
  return peer;
}

class Peer {
  answeredMs = Number.NaN;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor({ path, args, env }: Program) {
    this.#child = spawn(path, args, {
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["pipe", "pipe", "ignore"],
    });
    const output = this.#child.stdout;
    if (!output) throw new TypeError("The program was started without a pipe");
    this.#lines = createInterface({ input: output })[Symbol.asyncIterator]();
  }

  say(...messages: readonly JsonObject[]): void {
    this.#child.stdin?.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
  }

  /** @throws {Error} when the program ended */
  async next(): Promise<void> {
    const { done } = await this.#lines.next();
    if (done === true) throw new Error(`${this.#child.spawnfile} ended`);
  }

  /** In megabytes (10^6 bytes). */
  residentMb(): number {
    const status = Bun.spawnSync(["cat", `/proc/${this.#child.pid ?? 0}/status`]).stdout.toString();
    return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024) / 1e6;
  }

  async end(): Promise<void> {
    const ended = new Promise((done) => {
      this.#child.once("close", done);
    });
    this.#child.stdin?.end();
    await ended;
  }
}
