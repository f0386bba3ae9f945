import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ToolContext } from "../../src/core/tool.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { machineFiles } from "../../src/platform/files.ts";
import { createSpawner } from "../../src/platform/spawner.ts";
import { BackgroundProcesses } from "../../src/tools/shell/background_processes.ts";
import { ShellSessions } from "../../src/tools/shell/shell_sessions.ts";
import { createTerminalTool, type TerminalDeps } from "../../src/tools/terminal.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeFiles } from "../fakes/files.ts";
import { createFakeSpawner, type FakeProgram } from "../fakes/spawner.ts";
import { createToolContext } from "../fakes/tool_context.ts";

type Result = Readonly<Record<string, unknown>>;

/** Parses and runs a call; the result as an object, with `isError`. */
async function call(deps: TerminalDeps, input: object, context: ToolContext): Promise<Result> {
  const tool = createTerminalTool(deps);
  const { text, isError } = await tool.run(tool.parse(JSON.stringify(input)), context);
  return { ...JSON.parse(text), isError };
}

describe("on this machine", () => {
  let home = "";
  const files = machineFiles;
  const sessions = new ShellSessions(files);
  const processes = new BackgroundProcesses(systemClock);
  const deps = (): TerminalDeps => ({
    files,
    spawner: createSpawner(process.env),
    clock: systemClock,
    host: { homeDirectory: home },
    hermesHome: join(home, ".hermes"),
    resultsDirectory: join(home, "results"),
    processes,
    sessions,
    childEnv: { PATH: process.env["PATH"] ?? "", SEEN: "yes" },
    env: {},
    timeoutMs: 20_000,
    maxOutputChars: 1_000,
    redact: (text) => text,
  });
  let sessionCount = 0;
  const run = (input: object, overrides: Partial<ToolContext> = {}) =>
    call(
      deps(),
      input,
      createToolContext({ cwd: home, sessionId: `s${++sessionCount}`, ...overrides }),
    );

  beforeAll(async () => {
    home = await realpath(await mkdtemp(join(tmpdir(), "hermes-terminal-")));
    await mkdir(join(home, "sub dir"));
  });

  afterAll(async () => {
    await processes[Symbol.asyncDispose]();
    await sessions[Symbol.asyncDispose]();
    await rm(home, { recursive: true });
  });

  test("run() gives both outputs in their order with the exit code", async () => {
    expect(await run({ command: "echo out; echo err >&2; echo out2; exit 3" })).toEqual({
      output: "out\nerr\nout2\n",
      exit_code: 3,
      error: null,
      isError: false,
    });
  });

  test("run() says what an exit code means", async () => {
    expect(await run({ command: "echo a | grep b" })).toEqual({
      output: "",
      exit_code: 1,
      error: null,
      exit_code_meaning: "No lines matched",
      isError: false,
    });
  });

  test("run() gives 128 plus its number for a signal", async () => {
    expect(await run({ command: "kill -SEGV $$" })).toEqual({
      output: "",
      exit_code: 139,
      error: null,
      exit_code_meaning: "Crashed (SIGSEGV)",
      isError: false,
    });
  });

  test("run() carries the directory over to the next command, whatever that ends like", async () => {
    const context = { sessionId: "carry" };
    const sub = join(home, "sub dir");
    const first = await run({ command: "cd 'sub dir' && false" }, context);
    expect(first).toEqual({ output: "", exit_code: 1, error: null, cwd: sub, isError: false });
    expect((await run({ command: "pwd; exit 5" }, context))["output"]).toBe(`${sub}\n`);
    expect((await run({ command: "(cd /; pwd); pwd" }, context))["output"]).toBe(`/\n${sub}\n`);
    expect((await run({ command: "pwd" }))["output"]).toBe(`${home}\n`);
  });

  test("run() uses workdir for one command only", async () => {
    const context = { sessionId: "workdir" };
    expect((await run({ command: "pwd", workdir: "/" }, context))["output"]).toBe("/\n");
    expect((await run({ command: "pwd", workdir: "~/sub dir" }, context))["output"]).toBe(
      `${join(home, "sub dir")}\n`,
    );
    expect((await run({ command: "pwd" }, context))["output"]).toBe(`${home}\n`);
  });

  test("run() goes back to the turn's directory when the session's is gone", async () => {
    const context = { sessionId: "gone" };
    await run({ command: "mkdir gone && cd gone && rmdir ../gone" }, context);
    expect((await run({ command: "mkdir gone && cd gone" }, context))["exit_code"]).toBe(0);
    await rm(join(home, "gone"), { recursive: true });
    expect((await run({ command: "pwd" }, context))["output"]).toBe(`${home}\n`);
  });

  test("run() survives unclosed quotes, heredocs and what is no shell code", async () => {
    const unclosed = await run({ command: "echo 'abc" });
    expect([unclosed["exit_code"], unclosed["isError"]]).toEqual([2, false]);
    expect(unclosed["output"]).toContain("unexpected EOF");
    expect((await run({ command: "cat <<EOF\ntext" }))["output"]).toContain("text");
    expect((await run({ command: "echo a # comment" }))["output"]).toBe("a\n");
    expect((await run({ command: "exec echo replaced" }))["output"]).toBe("replaced\n");
    expect((await run({ command: "trap 'echo own' EXIT; echo a" }))["output"]).toBe("a\nown\n");
  });

  test("run() gives commands no input and an environment of their own", async () => {
    expect((await run({ command: "cat; echo $SEEN; env | wc -l" }))["output"]).toMatch(
      /^yes\n\s*\d\n$/,
    );
  });

  test("run() cleans what a terminal would interpret", async () => {
    const { output } = await run({ command: "printf '\\033[31mred\\033[0m \\377 \\0 a\\r\\nb'" });
    expect(output).toBe("red \ufffd  a\nb");
  });

  test("run() keeps a long output in a file of its session", async () => {
    const contexts = ["long-1", "long-2"].map((sessionId) => ({ sessionId, callId: "call_1" }));
    for (const context of contexts) {
      const { output } = await run({ command: `seq 1 1000; echo ${context.sessionId}` }, context);
      expect(output).toContain(`is in ${join(home, "results", context.sessionId, "call_1.txt")}`);
    }
    const lines = Array.from({ length: 1_000 }, (_, index) => `${index + 1}\n`).join("");
    for (const { sessionId, callId } of contexts) {
      const directory = join(home, "results", sessionId);
      const path = join(directory, `${callId}.txt`);
      expect(await readFile(path, "utf8")).toBe(`${lines}${sessionId}\n`);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect((await stat(directory)).mode & 0o777).toBe(0o700);
    }
  });

  test("run() ends the whole group of a command that takes too long", async () => {
    const result = await run({
      command: "echo begun; sleep 300 & echo $! > pid; sleep 300",
      timeout: 0.3,
    });
    expect(result).toEqual({
      output: "begun\n",
      exit_code: 124,
      error: "The command took longer than 0.3 s and was ended",
      isError: true,
    });
    await waitUntilGone(Number(await readFile(join(home, "pid"), "utf8")));
  });

  test("run() ends a command that ignores SIGTERM when it is interrupted", async () => {
    const controller = new AbortController();
    const context = createToolContext({
      cwd: home,
      sessionId: "interrupt",
      signal: controller.signal,
      onOutput: () => controller.abort(),
    });
    const result = await call(
      deps(),
      { command: "trap '' TERM; echo $$ > stubborn; echo begun; while :; do sleep 300; done" },
      context,
    );
    expect(result).toEqual({
      output: expect.stringContaining("begun\n"),
      exit_code: 130,
      error: "The command was interrupted and ended",
      isError: true,
    });
    await waitUntilGone(Number(await readFile(join(home, "stubborn"), "utf8")));
  });

  test("run() does not wait for a child that holds the pipes", async () => {
    const result = await run({ command: "sleep 300 & echo $! > held; echo done" });
    expect(result).toEqual({
      output: "done\n",
      exit_code: 0,
      error: null,
      hint: expect.stringContaining("background=true"),
      isError: false,
    });
    const pid = Number(await readFile(join(home, "held"), "utf8"));
    expect(await isRunning(pid)).toBe(true);
    // Nothing that was started outlives the tools.
    await processes[Symbol.asyncDispose]();
    await waitUntilGone(pid);
  });

  test("run() looks after what a script leaves behind without holding the pipes", async () => {
    await writeFile(join(home, "start.sh"), "sleep 300 >/dev/null 2>&1 &\necho $! > left\n");
    const result = await run({ command: "sh start.sh" });
    expect(result).toEqual({ output: "", exit_code: 0, error: null, isError: false });
    const pid = Number(await readFile(join(home, "left"), "utf8"));
    expect(await isRunning(pid)).toBe(true);
    await processes[Symbol.asyncDispose]();
    await waitUntilGone(pid);
  });

  test("run() refuses what cannot work before it starts anything", async () => {
    await writeFile(join(home, "file"), "");
    const rows: readonly (readonly [object, string])[] = [
      [{ command: " " }, "command must not be empty"],
      [{ command: "a\0b" }, "command must not contain a NUL character"],
      [{ command: "x".repeat(200_000) }, "The command is longer than"],
      [{ command: "ls", timeout: 601 }, "timeout is 600 seconds at most"],
      [{ command: "ls", workdir: "" }, "path must not be empty"],
      [{ command: "ls", workdir: "nowhere" }, `${join(home, "nowhere")} is no directory`],
      [{ command: "ls", workdir: "file" }, `${join(home, "file")} is no directory`],
      [{ command: "make &" }, "A trailing & would leave the command behind"],
      [{ command: "make &", background: true }, "A trailing & would leave the command behind"],
    ];
    for (const [input, error] of rows) {
      expect(await run(input)).toEqual({
        output: "",
        exit_code: -1,
        error: expect.stringContaining(error),
        status: "error",
        isError: true,
      });
    }
  });
});

/** Whether a process runs; one that has ended and that nobody has asked about does not. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return !/\) Z /.test(status);
}

/** Resolves when a process is gone: it takes a moment to follow its signal. */
async function waitUntilGone(pid: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (!(await isRunning(pid))) return;
    await systemClock.sleep(10);
  }
  throw new Error(`Process ${pid} is still there`);
}

describe("with a program of the test", () => {
  function setUp(program: FakeProgram) {
    const clock = createFakeClock();
    const files = createFakeFiles();
    files.directory("/project");
    const spawner = createFakeSpawner(program);
    const deps: TerminalDeps = {
      files,
      spawner,
      clock,
      host: { homeDirectory: "/home/anna" },
      hermesHome: "/home/anna/.hermes",
      resultsDirectory: "/home/anna/.hermes/results",
      processes: new BackgroundProcesses(clock),
      sessions: new ShellSessions(files),
      childEnv: { A: "1" },
      env: {},
      timeoutMs: 180_000,
      maxOutputChars: 1_000,
      redact: (text) => text.replaceAll("secret", "***"),
    };
    return { clock, files, spawner, deps };
  }

  test("run() gives a command that ignores SIGTERM two seconds", async () => {
    const { clock, spawner, deps } = setUp(async ({ ignoreSignals, signaled, print }) => {
      ignoreSignals();
      print("begun\n");
      await signaled;
      print("still here\n");
      return await Promise.withResolvers<number>().promise;
    });
    const running = call(deps, { command: "x" }, createToolContext());
    await clock.advance(180_000);
    expect(spawner.signals).toEqual(["SIGTERM"]);
    await clock.advance(1_999);
    expect(spawner.signals).toEqual(["SIGTERM"]);
    await clock.advance(1);
    await clock.advance(1_000);
    expect(spawner.signals).toEqual(["SIGTERM", "SIGKILL"]);
    expect(await running).toEqual({
      output: "begun\nstill here\n",
      exit_code: 124,
      error: "The command took longer than 180 s and was ended",
      isError: true,
    });
  });

  test("run() starts again when the system is short of processes, and says so when it stays so", async () => {
    const shortage = Object.assign(new Error("EAGAIN"), { code: "EAGAIN" });
    const healing = setUp(() => 0);
    const spawner = createFakeSpawner(() => 0, { failures: [shortage, shortage] });
    const running = call({ ...healing.deps, spawner }, { command: "x" }, createToolContext());
    await healing.clock.advance(6_000);
    expect((await running)["exit_code"]).toBe(0);
    expect(healing.clock.slept.slice(0, 2)).toEqual([2_000, 4_000]);

    const lasting = createFakeSpawner(() => 0, {
      failures: Array.from({ length: 4 }, () => shortage),
    });
    const failing = call(
      { ...healing.deps, spawner: lasting },
      { command: "x" },
      createToolContext(),
    );
    await healing.clock.advance(14_000);
    expect(await failing).toEqual({ error: "Cannot start the command: EAGAIN", isError: true });
  });

  test("run() takes sh where there is no bash", async () => {
    const { deps } = setUp(() => 0);
    const spawner = createFakeSpawner(() => 0, { programs: [] });
    await call({ ...deps, spawner }, { command: "x" }, createToolContext());
    expect(spawner.requests).toEqual([
      {
        program: "/bin/sh",
        arguments: [
          "-c",
          "trap 'command pwd -P >| '\\''/tmp/hermes-shell-1/1'\\'' 2>/dev/null' EXIT; exec 2>&1\nx",
        ],
        cwd: "/project",
        env: { A: "1" },
        stdin: "null",
      },
    ]);
  });

  test("run() shows output while it comes, with secrets masked", async () => {
    const { clock, deps } = setUp(async ({ print, signaled }) => {
      print("a secret\n");
      await signaled;
      return 0;
    });
    const context = createToolContext();
    const running = call(deps, { command: "x", timeout: 1 }, context);
    await clock.advance(50);
    expect(context.shown).toEqual(["a ***\n"]);
    await clock.advance(5_000);
    expect((await running)["output"]).toBe("a secret\n");
  });

  test("run() tells that a directory is away while a temporary place cannot be made", async () => {
    const { files, deps } = setUp(() => 0);
    files.fail("makeTemporaryDirectory", "/tmp", "ENOSPC");
    expect(await call(deps, { command: "x" }, createToolContext())).toEqual({
      error: "Cannot start the command: no space left on the device",
      isError: true,
    });
  });

  test("permission() asks, refuses and allows by what the command would do", async () => {
    const { deps } = setUp(() => 0);
    const tool = createTerminalTool(deps);
    const ask = (command: string) =>
      tool.permission?.(tool.parse(JSON.stringify({ command })), createToolContext());
    expect(await ask("ls")).toEqual({ kind: "allowed" });
    expect(await ask("rm -rf build")).toEqual({
      kind: "ask",
      request: {
        subject: { kind: "command", command: "rm -rf build", cwd: "/project" },
        reason: "recursive delete",
        key: "recursive delete",
      },
    });
    expect(await ask("rm -rf ~")).toEqual({
      kind: "forbidden",
      reason: "delete of a system or home directory",
    });
  });

  test("parse() reads numbers and truth values that were written as text", () => {
    const tool = createTerminalTool(setUp(() => 0).deps);
    expect(
      tool.parse('{"command":"ls","timeout":"30","background":"true","workdir":null}'),
    ).toEqual({
      command: "ls",
      timeout: 30,
      background: true,
    });
    expect(() => tool.parse("{}")).toThrow("command");
  });
});
