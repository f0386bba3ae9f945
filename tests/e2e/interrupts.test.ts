import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startResponsesServer, type StepSource } from "../fakes/responses_server.ts";
import { callTool, endlessDeltas, hangBeforeHeaders, textAnswer } from "../fakes/server_steps.ts";
import { checkEvents, configFor, createSandbox, type Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const stubborn = "trap '' TERM INT; echo $$ > pid; echo started; while :; do sleep 0.05; done";

interface Situation {
  readonly name: string;
  readonly steps: readonly StepSource[];
  /** What is seen when the turn is in the middle. */
  readonly sign: string;
}

const situations: readonly Situation[] = [
  { name: "the model has not answered", steps: [hangBeforeHeaders], sign: "turn.started" },
  { name: "the answer streams", steps: [endlessDeltas(5)], sign: "item.delta" },
  {
    name: "a tool runs",
    steps: [callTool("terminal", { command: "echo started; sleep 60" })],
    sign: '"started',
  },
  {
    name: "a tool runs that ignores signals",
    steps: [callTool("terminal", { command: stubborn })],
    sign: '"started',
  },
];

describe.each(situations)("while $name", ({ steps, sign }) => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends the run cleanly", async (signal, code) => {
    await using server = await startResponsesServer({ steps });
    await sandbox.configure(configFor(server.url));
    const run = sandbox.start(["-z", "hi", "--json", "--yolo"]);
    await run.until(sign);
    run.signal(signal);
    const ended = await run.ended;
    expect([ended.code, ended.stderr]).toEqual([code, ended.stderr]);
    expect(checkEvents(ended.stdout)).toMatchObject({ type: "turn.interrupted" });
    expect(ended.stderr).toContain(`error: Interrupted by ${signal} (turn/interrupted)\n`);
  });

  test("the deadline ends the run within half a second", async () => {
    await using server = await startResponsesServer({ steps });
    await sandbox.configure(configFor(server.url));
    const { code, stdout } = await sandbox.run(["-z", "hi", "--json", "--yolo", "--deadline", "1"]);
    expect(code).toBe(124);
    const last = checkEvents(stdout);
    expect(last).toMatchObject({ type: "turn.failed", error: { code: "turn/deadline" } });
    expect(last.duration_ms ?? Infinity).toBeLessThan(1_500);
  });
});

test("two SIGINT leave at once, and children die with the program", async () => {
  const steps = [callTool("terminal", { command: stubborn })];
  await using server = await startResponsesServer({ steps });
  await sandbox.configure(configFor(server.url));
  const run = sandbox.start(["-z", "hi", "--json", "--yolo"]);
  await run.until('"started');
  run.signal("SIGINT");
  run.signal("SIGINT");
  const { code, stdout } = await run.ended;
  expect(code).toBe(130);
  expect(checkEvents(stdout)).toMatchObject({ type: "turn.interrupted" });
  const child = Number(await readFile(join(sandbox.work, "pid"), "utf8"));
  expect(await isGone(child)).toBe(true);
});

test("a reader that stands still holds up neither the deadline nor Ctrl-C", async () => {
  const pipe = join(sandbox.root, "never-read");
  spawnSync("mkfifo", [pipe]);
  const stdout = openSync(pipe, "r+");
  const big = { pieceSize: 10_000, everyMs: 1 };
  const steps = [textAnswer("x".repeat(1_000_000), big)];
  await using server = await startResponsesServer({ steps, repeat: true });
  await sandbox.configure(configFor(server.url));
  const started = performance.now();
  const late = await sandbox.run(["-z", "hi", "--json", "--deadline", "1"], { stdout });
  expect([late.code, late.stderr.includes("(turn/deadline)")]).toEqual([124, true]);
  expect(performance.now() - started).toBeLessThan(2_500);
  const run = sandbox.start(["-z", "hi", "--json"], { stdout });
  await untilCatching(run.pid);
  run.signal("SIGINT");
  run.signal("SIGINT");
  const { code, stderr } = await run.ended;
  expect([code, stderr.includes("(turn/interrupted)")]).toEqual([130, true]);
  closeSync(stdout);
});

test("a session that was interrupted is gone on with", async () => {
  await using server = await startResponsesServer({
    steps: [callTool("terminal", { command: "echo started; sleep 60" }), textAnswer("resumed")],
  });
  await sandbox.configure(configFor(server.url));
  const run = sandbox.start(["-z", "hi", "--json", "--yolo"]);
  await run.until('"started');
  run.signal("SIGINT");
  await run.ended;
  const next = await sandbox.run(["-z", "go on", "-c"]);
  expect([next.code, next.stdout]).toEqual([0, "resumed\n"]);
});

test("a reader that goes away ends the run quietly", async () => {
  await using server = await startResponsesServer({ steps: [endlessDeltas(1)] });
  await sandbox.configure(configFor(server.url));
  const run = sandbox.start(["-z", "hi", "--json"]);
  await run.until("item.delta");
  run.closeStdout();
  const { code, stderr } = await run.ended;
  expect([code, stderr]).toEqual([1, ""]);
});

test("SIGINT while stdin is waited for ends the run", async () => {
  await using server = await startResponsesServer({ steps: [] });
  await sandbox.configure(configFor(server.url));
  const run = sandbox.start(["-z", "--json", "--debug"], { stdin: "open" });
  // Nothing is printed before the prompt is there: the handler is installed when the process sleeps in its read.
  await untilCatching(run.pid);
  run.signal("SIGINT");
  const { code, stdout } = await run.ended;
  expect(code).toBe(130);
  expect(checkEvents(stdout)).toMatchObject({ type: "turn.interrupted", turn_id: null });
});

/** Whether a process is gone, or only its exit status is left; looked at until the kernel has caught up. */
async function isGone(pid: number): Promise<boolean> {
  for (let look = 0; look < 500; look++) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    if (status === "" || /^State:\s+Z/m.test(status)) return true;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  return false;
}

/** Waits until a process catches SIGINT, as the kernel tells (`SigCgt` in proc(5)). */
async function untilCatching(pid: number): Promise<void> {
  const interrupt = 1n << 1n;
  for (let look = 0; look < 500; look++) {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
    if ((caught & interrupt) !== 0n) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  throw new Error("SIGINT is not caught");
}
