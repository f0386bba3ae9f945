import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawn, spawnSync, type StdioOptions } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ResponsesServer,
  startResponsesServer,
  type StepSource,
} from "../fakes/responses_server.ts";
import {
  callTool,
  endlessDeltas,
  hangBeforeHeaders,
  type ServerStep,
  textAnswer,
} from "../fakes/server_steps.ts";
import { binary, checkEvents, configFor, createSandbox, Running, type Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const stubborn = "trap '' TERM INT; [ -p alive ] && exec 3> alive; echo started; sleep 60";

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
    ["SIGHUP", 129],
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

  test("the deadline ends the run", async () => {
    await using server = await startResponsesServer({ steps });
    await sandbox.configure(configFor(server.url));
    const { code, stdout } = await sandbox.run(["-z", "hi", "--json", "--yolo", "--deadline", "1"]);
    expect(code).toBe(124);
    const last = checkEvents(stdout);
    expect(last).toMatchObject({ type: "turn.failed", error: { code: "turn/deadline" } });
  });
});

const stdio: StdioOptions = ["ignore", "pipe", "pipe"];

test("under nohup a hang-up is no end", async () => {
  let answer: () => void = () => undefined;
  const isAsked = new Promise<void>((asked) => {
    answer = asked;
  });
  const later = textAnswer("still here", { pieceSize: 1, everyMs: 20 });
  const announced = (): ServerStep => {
    answer();
    return later;
  };
  await using server = await startResponsesServer({ steps: [announced] });
  await sandbox.configure(configFor(server.url));
  const { root, home, work } = sandbox;
  const env = { PATH: process.env["PATH"] ?? "", HOME: root, HERMES_HOME: home };
  const run = new Running(spawn("nohup", [binary, "-z", "hi"], { cwd: work, env, stdio }));
  await isAsked;
  run.signal("SIGHUP");
  const { code, stdout } = await run.ended;
  expect([code, stdout]).toEqual([0, "still here\n"]);
});

test("two SIGINT leave at once, and children die with the program", async () => {
  const steps = [callTool("terminal", { command: stubborn })];
  await using server = await startResponsesServer({ steps });
  await sandbox.configure(configFor(server.url));
  const alive = join(sandbox.work, "alive");
  spawnSync("mkfifo", [alive]);
  // The end of a named pipe comes when the last one that holds it has ended.
  const held = readFile(alive);
  const run = sandbox.start(["-z", "hi", "--json", "--yolo"]);
  await run.until('"started');
  run.signal("SIGINT");
  run.signal("SIGINT");
  const { code, stdout } = await run.ended;
  expect(code).toBe(130);
  expect(checkEvents(stdout)).toMatchObject({ type: "turn.interrupted" });
  expect((await held).length).toBe(0);
});

test("what a command left behind dies with the program, too", async () => {
  const leave = "trap '' TERM INT; exec 3> alive; sleep 60 > /dev/null 2>&1 & echo left; exec 3>&-";
  const steps = [
    callTool("terminal", { command: leave }),
    callTool("terminal", { command: "echo started; sleep 60" }),
  ];
  await using server = await startResponsesServer({ steps });
  await sandbox.configure(configFor(server.url));
  const alive = join(sandbox.work, "alive");
  spawnSync("mkfifo", [alive]);
  const held = readFile(alive);
  const run = sandbox.start(["-z", "hi", "--json", "--yolo"]);
  await run.until('"started');
  run.signal("SIGINT");
  run.signal("SIGINT");
  expect((await run.ended).code).toBe(130);
  expect((await held).length).toBe(0);
});

describe("beside a reader that stands still", () => {
  let stdout = 0;
  let server: ResponsesServer;
  let asked: Promise<void>;

  beforeEach(async () => {
    let ask: () => void = () => undefined;
    asked = new Promise((resolve) => {
      ask = resolve;
    });
    const pipe = join(sandbox.root, "never-read");
    spawnSync("mkfifo", [pipe]);
    stdout = openSync(pipe, "r+");
    const big = textAnswer("x".repeat(1_000_000), { pieceSize: 10_000, everyMs: 1 });
    const announced = (): ServerStep => {
      ask();
      return big;
    };
    server = await startResponsesServer({ steps: [announced] });
    await sandbox.configure(configFor(server.url));
  });
  afterEach(async () => {
    closeSync(stdout);
    await server[Symbol.asyncDispose]();
  });

  test("the deadline ends the run", async () => {
    const args = ["-z", "hi", "--json", "--deadline", "1"];
    const { code, stderr } = await sandbox.run(args, { stdout });
    expect([code, stderr.includes("(turn/deadline)")]).toEqual([124, true]);
  });

  test("two SIGINT end it", async () => {
    const run = sandbox.start(["-z", "hi", "--json"], { stdout });
    await asked;
    run.signal("SIGINT");
    run.signal("SIGINT");
    const { code, stderr } = await run.ended;
    expect([code, stderr.includes("(turn/interrupted)")]).toEqual([130, true]);
  });
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
  const run = sandbox.start(["-z", "--json", "-v"], { stdin: "open" });
  await run.until("Reading the prompt from stdin");
  run.signal("SIGINT");
  const { code, stdout } = await run.ended;
  expect(code).toBe(130);
  expect(checkEvents(stdout)).toMatchObject({ type: "turn.interrupted", turn_id: null });
});
